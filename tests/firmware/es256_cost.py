"""Prints, as JSON, the best times in us of 1,000 modular multiplications and of one verification.

MicroPython only. The three are timed in turn, so that a busy machine slows all of them; the best
of many rounds is what remains of the work itself.
"""

import json
import time

from agent import p256

_ROUNDS = 100


def _multiply_1000(x, y, p):
    for _ in range(1000):
        x * y % p


def _us(work, *args):
    start = time.ticks_us()
    work(*args)
    return time.ticks_diff(time.ticks_us(), start)


def measure(x, y, message, signature):
    """Times with the public key (x, y) and a valid signature of it."""
    verifier = p256.Verifier(p256.make_table(x, y), x, y)
    if not (verifier.verify(message, signature) and p256.verify(x, y, message, signature)):
        raise ValueError("the signature must be valid")
    multiply, fixed, generic = [], [], []
    for _ in range(_ROUNDS):
        multiply.append(_us(_multiply_1000, x, y, p256._P))
        fixed.append(_us(verifier.verify, message, signature))
        generic.append(_us(p256.verify, x, y, message, signature))
    print(json.dumps({"multiply": min(multiply), "fixed": min(fixed), "generic": min(generic)}))
