"""Streams: framing, snapshots, the wall; one frame on the way to a viewer, never a queue."""
