"""What an ESP32's MicroPython does from reset to prompt, for a virtual board with a serial port:

    micropython -i -c '__import__("simboot")'

The folder $PORCHLIGHT_BOARD_ROOT becomes `/`. boot.py runs, then main.py, unless boot.py failed or
$PORCHLIGHT_BOARD_MAIN is "no" (a soft reset from the raw REPL). Then MicroPython's own REPL.
"""

import io
import os
import sys

import simboard
import vfs

import __main__


def _begin():
    # A session leader that opens a terminal gets it as its own: when that is hung up, so are we.
    simboard.outside.open(simboard.started_with("TTY", "/dev/null"), "rb").close()
    _load_standins()
    vfs.umount("/")
    vfs.mount(vfs.VfsPosix(simboard.started_with("ROOT", os.getcwd())), "/")
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]
    sys.argv[:] = []


def _load_standins():
    """All of them, while their folder can still be reached."""
    folder = simboard.started_with("STANDINS", ".")
    for row in simboard.outside.ilistdir(folder):
        name, dot, kind = row[0].rpartition(".")
        if kind == "py" and dot:
            __import__(name)


def _run(name):
    """Run a file of the flash as the board's program; False where it failed."""
    try:
        with open(name) as f:
            source = f.read()
    except OSError:
        return True
    try:
        __main__.__file__ = name
        exec(compile(source, name, "exec"), __main__.__dict__)
    except SystemExit:
        simboard.stop_for_reset("soft-reset")
    except BaseException as error:
        _report(error)
        return False
    return True


def _report(error):
    """The traceback as a board prints it: it does not know of this file."""
    text = io.StringIO()
    sys.print_exception(error, text)
    lines = text.getvalue().split("\n")
    print("\n".join([line for line in lines if __file__ not in line]), end="")


def _interrupted():
    """Wait for the UART (porchkit/pty/uart.py); was Ctrl-C typed while we were not there yet?"""
    simboard.tell("up")
    if sys.stdin.buffer.read(1) != b"\x03":
        return False
    print("KeyboardInterrupt: ")
    return True


_begin()
if not _interrupted() and _run("boot.py") and simboard.started_with("MAIN", "yes") == "yes":
    _run("main.py")
