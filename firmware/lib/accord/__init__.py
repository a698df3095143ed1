"""What both ends must agree on: wire messages, session, grants, permits.

Runs unchanged on MicroPython and CPython. No I/O, no clock, no logging, no imports of ours outside
this package: callers hand in bytes, keys, nonces and `now`.
"""
