"""Search: which cameras a hub is told of in an area, and how coarsely. See searches.py."""
