"""`simgen bench`: measures simgen's speed, and that of other renderers in the same run on the same
machine."""
