"""Choosing questions so that their words do not give the answers away, and measuring whether they do."""
