"""Runs these very tests where there is no pytest; with the repository, firmware and firmware/lib
on the path:  micropython -m tests.firmware.parts.run [module ...]"""

import sys

MODULES = (
    "answers",
    "clock",
    "consent",
    "filming",
    "gate",
    "handshake",
    "network",
    "sensor",
    "small",
    "store",
    "websocket",
)


def main(modules=MODULES):
    count = 0
    for name in modules:
        dotted = "tests.firmware.parts.test_" + name
        __import__(dotted)
        module = sys.modules[dotted]
        for test in sorted(dir(module)):
            if test.startswith("test_"):
                try:
                    getattr(module, test)()
                except BaseException:
                    print("FAILED", name, test)
                    raise
                count += 1
    print(count, "passed")


if __name__ == "__main__":
    main(sys.argv[1:] or MODULES)
