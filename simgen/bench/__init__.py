"""`simgen bench`: how fast it is, measured beside its peers in the same run on the same machine."""
