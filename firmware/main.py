"""The loader: picks one of the programs on this flash, runs it, and falls back when it fails.

    /agent /lib           slot "": what the cable put there
    /a/... /b/...         slots "a" and "b": updates, each whole (agent/slots.py says which runs)
    /provision.json       {"state": "partial"}: half laid out by the cable; then nothing runs

No update replaces this file or slot "", so both stay as simple as they can be. On a trial the
watchdog is armed and the start is counted before the first line of the new program is read.
"""

import asyncio
import json
import sys
import time
from errno import ENOENT

import machine

if "lib" not in sys.path:
    sys.path.append("lib")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.slots import Slots

INTERRUPTED = "interrupted"  # what a program returns after Ctrl-C
UNPROVISIONED = "not-provisioned"  # what it returns where no other program would do better


def main() -> None:
    """Run the board. Returns, to the REPL, only for someone who works on it over USB."""
    _hold()
    if not _is_whole():
        print("loader: provisioning was cut short; run `porchlight provision` again")
        return
    slots = _choose()
    try:
        ended = _run(slots)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: of itself it starts the same again for ever
        sys.print_exception(error)
        if slots.slot:  # slot "" is the last resort: nothing to fall back to but the prompt
            _fall_back(slots, type(error).__name__)
        return
    if ended == INTERRUPTED:
        slots.settle()  # whoever works here resets it often, and it is not to blame
    elif slots.trial or (slots.slot and ended != UNPROVISIONED):
        _fall_back(slots, "ended")


def _run(slots: "Slots") -> str:
    from agent import program

    if slots.slot and not program.__file__.startswith(slots.slot + "/"):
        raise ImportError("%s holds no program" % slots)  # slot ""'s was found in its stead
    return program.main(slots)


def _is_whole() -> bool:
    """Did provisioning come to its end? Where there is no mark, the files came by other means."""
    try:
        with open("provision.json") as file:
            found = json.loads(file.read())
    except OSError as error:
        return error.errno == ENOENT
    except ValueError:
        return False  # torn: cut short while it was being marked
    return type(found) is dict and found.get("state") == "whole"


def _hold() -> None:
    """Before anything else: some boards cut their own power unless a pin is held."""
    try:
        from agent import board
        from agent.flash import Flash

        board.hold(machine, Flash())
    except Exception as error:  # another chip's pins, half a file: what can run shall run
        print("loader: pins to hold: %s" % error)


def _choose() -> "Slots":
    """Decide by slot ""'s own rules, then let the chosen slot's modules stand before them."""
    from agent.elapsed import Elapsed
    from agent.flash import Flash
    from agent.slots import Guard, Slots
    from agent.watchdog import TIMEOUT_MS

    slots = Slots(Flash())
    try:
        slots.begin(_cause())
    except Exception as error:  # whatever is wrong with the record, slot "" needs none
        print("loader: the boot record cannot be read: %s" % error)
        slots = Slots(Flash())
        slots.damaged = True
    print("loader: %s" % slots)
    if slots.trial:
        wdt = machine.WDT(timeout=TIMEOUT_MS)
        elapsed = Elapsed(time.ticks_ms, time.ticks_diff, asyncio.sleep_ms)  # type: ignore[arg-type]
        slots.guard = Guard(wdt, elapsed.ms)
    if slots.slot:
        sys.path[:] = [slots.slot, slots.slot + "/lib"] + sys.path
        for name in list(sys.modules):
            if name.split(".")[0] in ("agent", "accord"):
                del sys.modules[name]
    return slots


def _cause() -> str:
    """Why the chip started: "power", "watchdog" or "reset"."""
    cause = machine.reset_cause()
    if cause == machine.WDT_RESET:
        return "watchdog"
    return "power" if cause == machine.PWRON_RESET else "reset"


def _fall_back(slots: "Slots", why: str) -> None:
    """Write down that this program is given up, and start again with another."""
    print("loader: %s is given up: %s" % (slots.slot, why))
    try:
        slots.give_up(why)
    finally:  # a trial's starts are counted anyway
        machine.reset()


if __name__ == "__main__":
    main()
