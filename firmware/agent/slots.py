"""Which program on this flash runs: the boot record, and what falls back to what.

    slot ""    /agent /lib   by cable; the last resort; no update touches it
    slot "a"   /a/...        an update
    slot "b"   /b/...        the next one

    slot.json  {"slot"                   what runs when nothing is on trial
                "trial", "coming"        the slot on trial and its version; "": none
                "starts"                 how often the trial may still be started
                "highest"                the highest version that ever proved itself
                "release"                which release the last update was: its handle, as text
                "approved"               iat of the newest approval that was used, unix s
                "given_up"               handle of the release that was given up last
                "crashes"                starts in a row of the proven slot that a crash caused
                "asked", "auto", "begun" see count_begun()
                "news"}                  what the host has not yet heard of `release`

The loader makes one of these and hands it to the program, so slot ""'s own code writes the record
whatever runs. A program in a slot knows no more of it than what is public here; that must stay.
"""

from agent.cell import Cell
from agent.errors import StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from agent.flash import Flash

STARTS = 2  # the second one only after a power cut: what hung or crashed once is given up
TRIAL_MS = 75_000  # from the start to the proof; the watchdog's own time comes on top
CRASHES = 5  # so many in a row, and a slot that has proved itself gives way all the same
FAILED_STARTS = 3  # so many in a row that did not even start: one may be a lack of memory
MOST_BEGUN = 8  # transfers by one approval: no host may wear out the flash with it
RUNNING, UNDONE = "update-running", "update-undone"
_NEWS_MAX = 32  # an Answer's reason
_FRESH: "dict[str, Any]" = {
    "slot": "",
    "trial": "",
    "coming": 0,
    "starts": 0,
    "highest": 0,
    "release": "",
    "approved": 0,
    "given_up": "",
    "crashes": 0,
    "asked": 0,
    "auto": 0,
    "begun": 0,
    "news": "",
}


class Guard:
    """The watchdog of a trial: once the trial's time is over it cannot be fed any more."""

    def __init__(self, wdt: "Any", elapsed_ms: "Callable[[], int]") -> None:
        self._wdt = wdt
        self._elapsed_ms = elapsed_ms
        self.proven = False

    @property
    def over(self) -> bool:
        """Has the time run out?"""
        return not self.proven and self._elapsed_ms() > TRIAL_MS

    def feed(self) -> None:
        if not self.over:
            self._wdt.feed()


class Slots:
    """`slot` runs; `trial`: it has to prove itself yet; `guard`: its watchdog, if it is one.
    `damaged`: nobody knows which versions ran here, so no update is taken."""

    def __init__(self, flash: "Flash") -> None:
        self._flash = flash
        self._cell = Cell(flash, "slot")
        self._record: dict[str, Any] = dict(_FRESH)
        self.slot = ""
        self.trial = False
        self.damaged = False
        self.guard: Guard | None = None

    def __str__(self) -> str:
        name = "slot " + self.slot if self.slot else "the cable's program"
        return name + (", on trial" if self.trial else "")

    def begin(self, cause: str) -> None:
        """Decide what runs; `cause` of this start: "power", "watchdog" or "reset". A trial's start
        is counted, durably, before this returns; if it cannot be, the trial does not start."""
        self._load()
        if self._flash.read("maintenance") is not None:
            return  # someone works over USB: what the cable puts there runs, and nothing else
        record = self._record
        self.slot = record["slot"]
        try:
            if not record["trial"]:
                self._count_crash(cause)
            elif record["starts"] == STARTS or (record["starts"] > 0 and cause == "power"):
                record["starts"] -= 1
                self._save()
                self.slot, self.trial = record["trial"], True
            else:
                words = {"watchdog": "hung", "power": "power-cut"}
                self._drop_trial(words.get(cause, "restarted"))
        except OSError:
            self.slot = record["slot"]

    @property
    def target(self) -> str:
        """The slot that an update goes to: never one that runs, or would."""
        return "b" if "a" in (self.slot, self._record["slot"]) else "a"

    @property
    def pending(self) -> bool:
        """Is one on trial, or will be at the next start?"""
        return bool(self._record["trial"])

    @property
    def highest(self) -> int:
        highest: int = self._record["highest"]
        return highest

    @property
    def approved(self) -> int:
        approved: int = self._record["approved"]
        return approved

    @property
    def given_up(self) -> str:
        given_up: str = self._record["given_up"]
        return given_up

    @property
    def news(self) -> "tuple[str, str] | None":
        """(handle as text, word) that the host has still to hear of, or None."""
        record = self._record
        return (record["release"], record["news"]) if record["news"] else None

    def count_begun(self, version: int, iat: int) -> bool:
        """May the files of release `version` come, by the approval of `iat` or, with 0, without
        one? MOST_BEGUN times each, and never by an older approval than before, or without one a
        lower version, also than was given up. Counted durably; OSError: they may not."""
        name, mark = ("asked", iat) if iat else ("auto", version)
        newest = self._record[name]
        begun = 0 if mark > newest else self._record["begun"]
        if mark < newest or begun >= MOST_BEGUN:
            return False
        self._change({name: mark, "begun": begun + 1})
        return True

    def try_next(self, version: int, release: str, approved: int) -> None:
        """From the next start on, `target` is on trial. `release`: its handle; `approved`: iat of
        the approval, 0 without one. OSError: it is not, and all is as before."""
        self._change(
            {
                "trial": self.target,
                "coming": version,
                "starts": STARTS,
                "release": release,
                "approved": max(approved, self.approved),
                "crashes": 0,
                "news": "",
            }
        )

    def confirm(self) -> None:
        """The trial has proved itself: from now on it is what runs. OSError: not yet."""
        highest = max(self.highest, self._record["coming"])
        self._change({"slot": self.slot, "trial": "", "highest": highest, "news": RUNNING})
        self.trial = False
        if self.guard is not None:
            self.guard.proven = True

    def give_up(self, why: str) -> None:
        """What runs is given up, from the next start on: a trial for what ran before it, a slot
        that has proved itself for slot "", but only after FAILED_STARTS. `why`: a short word."""
        record = self._record
        if self.trial:
            self.trial = False
            self._drop_trial(why)
        elif self.slot and record["slot"] == self.slot and record["crashes"] + 1 >= FAILED_STARTS:
            record["slot"] = ""
            self._note_undone(why)

    def settle(self) -> None:
        """What runs has run for long: crashes before that are forgotten, if the flash allows."""
        if self._record["crashes"]:
            try:
                self._change({"crashes": 0})
            except OSError:
                pass  # whoever calls does so again

    def told(self) -> None:
        """The host has heard the news."""
        self._change({"news": ""})

    def _count_crash(self, cause: str) -> None:
        """What has proved itself crashed, unless power was cut; once too often, and it is over."""
        record = self._record
        if not self.slot or cause == "power":
            return
        record["crashes"] += 1
        if record["crashes"] < CRASHES:
            self._save()
        else:
            self.slot = record["slot"] = ""
            self._note_undone("hung" if cause == "watchdog" else "restarted")

    def _drop_trial(self, why: str) -> None:
        self._record["trial"] = ""
        self._note_undone(why)

    def _note_undone(self, why: str) -> None:
        record = self._record
        record["given_up"] = record["release"]
        record["auto"] = max(record["auto"], record["coming"])
        record["crashes"] = 0
        record["news"] = (UNDONE + " " + why)[:_NEWS_MAX]
        self._save()

    def _change(self, values: "dict[str, Any]") -> None:
        """All of it, durably, or nothing: OSError."""
        before = dict(self._record)
        self._record.update(values)
        try:
            self._save()
        except OSError:
            self._record = before
            raise

    def _load(self) -> None:
        try:
            found = self._cell.load()
        except StoreError:
            self.damaged = True
            return
        self.damaged = found is not None and not _is_sound(found)
        if found is not None and not self.damaged:
            self._record.update(found)

    def _save(self) -> None:
        if not self.damaged:
            self._cell.save({name: self._record[name] for name in _FRESH})


def _is_sound(found: "dict[str, Any]") -> bool:
    """Is each value of its kind? What a program older than this one did not write is missing."""
    values = [(fresh, found.get(name, fresh)) for name, fresh in _FRESH.items()]
    sound = [type(value) is type(fresh) for fresh, value in values]
    return False not in sound and {found["slot"], found["trial"]} <= {"", "a", "b"}
