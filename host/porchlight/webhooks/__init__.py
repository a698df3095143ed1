"""Webhooks: a resident's or hub's own grant and view events, sent to an address of theirs, signed,
in order, at least once. The log is the queue: nothing is stored a second time to be sent."""
