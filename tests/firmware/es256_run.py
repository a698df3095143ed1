"""Runs ES256 cases through agent.p256; for MicroPython and CPython alike.

A case is one line of JSON, all values hex: {"x", "y", "sig", and "msg" or "digest"}. A verdict is
two letters, first by the key's table, then without one: T accepted, F refused. A "digest" stands
in for SHA-256(message), since nobody knows messages that hash to 0 or to n.
"""

import json
from binascii import unhexlify

from agent import p256


class FixedHash:
    """Takes the place of `hashlib` in agent.p256 while one signature is checked."""

    def __init__(self, digest):
        self._digest = digest

    def sha256(self, _message):
        return self

    def digest(self):
        return self._digest


def run(lines):
    """Yield the verdict of each case; neighbours with the same key share its table."""
    last_key = verifier = None
    for line in lines:
        case = json.loads(line)
        key = int(case["x"], 16), int(case["y"], 16)
        if key != last_key:
            last_key, verifier = key, _verifier(*key)
        yield _verdict(key, verifier, case)


def _verifier(x, y):
    try:
        return p256.Verifier(p256.make_table(x, y), x, y)
    except ValueError:
        return None


def _verdict(key, verifier, case):
    signature = unhexlify(case["sig"])
    message = unhexlify(case.get("msg", ""))
    real = p256.hashlib
    if "digest" in case:
        p256.hashlib = FixedHash(unhexlify(case["digest"]))
    try:
        fixed = verifier is not None and verifier.verify(message, signature)
        generic = p256.verify(key[0], key[1], message, signature)
    finally:
        p256.hashlib = real
    return ("T" if fixed is True else "F") + ("T" if generic is True else "F")
