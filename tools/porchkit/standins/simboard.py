"""The wires between the stand-ins and whoever runs this virtual board (porchkit/vboard.py).

Knobs come in through `sim.json` in the chip's folder ($PORCHLIGHT_BOARD_CHIP, else the current
one). What happens to the hardware goes out as lines over a pipe whose number is in
$PORCHLIGHT_BOARD_LINK. Without either - someone runs `micropython main.py` by hand - the stand-ins
still work, with their defaults and no supervisor.

A board's `/` may be a folder of its own (simboot.py). The stand-ins use the machine's files, which
`outside` reaches whatever is mounted.
"""

import json
import sys
import time

import uos
import vfs

EXIT_RESET = 75  # nobody supervises: what the process ends with where a board would reset

_FRESH_MS = 100  # stat() tells whole seconds: a change may hide from it for so long

outside = vfs.VfsPosix()
_link = None
_known = None  # (what stat() said, when we looked, the knobs)


def knobs():
    """All knobs as they are now; {} where there is no sim.json. Asked for many times a frame, so
    the file is read again only when it may have changed."""
    global _known
    now = time.ticks_ms()
    try:
        stat = outside.stat(chip_file("sim.json"))
        seen = (stat[1], stat[6], stat[8])  # inode, size, time
        if _known and _known[0] == seen and time.ticks_diff(now, _known[1]) < _FRESH_MS:
            return _known[2]
        with outside.open(chip_file("sim.json"), "r") as f:
            _known = (seen, now, json.loads(f.read()))
    except OSError:
        return {}
    return _known[2]


def knob(name, default):
    """One knob as it is now, or `default` where it is absent or null."""
    value = knobs().get(name)
    return default if value is None else value


def unix_ms():
    """The host's own clock, which is the truth here (the board's may be wrong)."""
    return time.time_ns() // 1000000 + _EPOCH_MS


def chip_file(name):
    """The path of a file of the chip's, for `outside`."""
    return started_with("CHIP", "") + name


def started_with(name, default):
    """A word that the supervisor gave this run of the process, such as the reset's cause."""
    word = uos.getenv("PORCHLIGHT_BOARD_" + name)
    return default if word is None else word


def tell(line):
    """Say something to the supervisor; True where there is one. When it is gone, so are we:
    a virtual board does not outlive the program that powers it."""
    global _link
    if _link is None:
        number = uos.getenv("PORCHLIGHT_BOARD_LINK")
        if number is None:
            return False
        _link = open(int(number), "wb")  # noqa: SIM115 - open as long as the board is
    try:
        _link.write((line + "\n").encode())
    except OSError:
        sys.exit(EXIT_RESET)
    return True


def stop_for_reset(cause):
    """The processor resets: nothing of the program runs on, no `finally` and no `except`."""
    while tell("reset " + cause):
        time.sleep_ms(1000)  # the supervisor kills this process before this ends
    sys.exit(EXIT_RESET)


# gmtime(0) says whether this port counts from 1970 or from 2000.
_EPOCH_MS = 946684800000 if time.gmtime(0)[0] == 2000 else 0
EPOCH_S = _EPOCH_MS // 1000
