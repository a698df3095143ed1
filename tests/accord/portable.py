"""What the portable tests lean on: vectors, raises(), and a runner for MicroPython.

The test_*.py files beside this one run under pytest and, unchanged, under MicroPython:
`micropython tests/accord/portable.py` with firmware/lib and firmware on MICROPYPATH.
"""

import json
import sys

_HERE = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
MODULES = "b64 book canon grant lease mac names permit session statement tz wire".split(" ")  # noqa: SIM905
# Where a test tries every place there is: all on CPython, some on MicroPython, few on 32 bits,
# where no memory is freed while Python runs. Odd, since base64 repeats every fourth letter.
STRIDE = 1 if sys.implementation.name == "cpython" else 5 if sys.maxsize > 2**32 else 37


def vectors(name):
    with open(_HERE + "/../vectors/" + name) as f:
        return json.loads(f.read())


def raises(kind, function, *args, **kwargs):
    """The error of that very kind which the call must raise."""
    try:
        function(*args, **kwargs)
    except kind as error:
        return error
    raise AssertionError("nothing was raised")


def refused(reason, function, *args, **kwargs):
    from accord.errors import Refused

    found = raises(Refused, function, *args, **kwargs).reason
    assert found == reason, (found, reason)


def remote(reason, function, *args, **kwargs):
    from accord.errors import RemoteError

    found = raises(RemoteError, function, *args, **kwargs).reason
    assert found == reason, (found, reason)


def es256(public, message, signature):
    """Verify with what this runtime has: agent.p256 runs on all of them."""
    from agent import p256

    x, y = int.from_bytes(public[:32], "big"), int.from_bytes(public[32:], "big")
    return p256.verify(x, y, message, signature)


def run(modules):
    """Call every test of the modules named, as pytest would; prints how many passed."""
    count = 0
    for name in modules:
        __import__(name)
        module = sys.modules[name]
        for test in sorted(dir(module)):
            if test.startswith("test_"):
                try:
                    getattr(module, test)()
                except BaseException:
                    print("FAILED", name, test)
                    raise
                count += 1
    print(count, "passed")


def main(modules=MODULES):
    sys.path.insert(0, _HERE)
    run(["test_" + name for name in modules])


if __name__ == "__main__":
    main()
