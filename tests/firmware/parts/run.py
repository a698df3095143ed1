"""Runs these very tests where there is no pytest; with the repository, firmware and firmware/lib
on the path:  micropython -m tests.firmware.parts.run [module ...]"""

import sys

from tests.accord.portable import run

MODULES = (
    "allowance",
    "answers",
    "board",
    "clock",
    "consent",
    "filming",
    "gate",
    "handshake",
    "lease",
    "network",
    "rolls",
    "sensor",
    "sight",
    "slots",
    "small",
    "store",
    "thumbnail",
    "update",
    "websocket",
)


def main(modules=MODULES):
    run(["tests.firmware.parts.test_" + name for name in modules])


if __name__ == "__main__":
    main(sys.argv[1:] or MODULES)
