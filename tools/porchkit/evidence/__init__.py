"""Checking an exported recording without asking anybody. Written apart from the host's code: what a
host says is not checked with that host's own words."""
