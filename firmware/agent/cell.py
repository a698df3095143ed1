"""One small stored record that survives a power cut at any moment.

    NAME.json  the newest generation
    NAME.bak   the one before
    NAME.new   being written

    save: write .new, rename .json to .bak, rename .new to .json
    load: of those that are whole, the one with the highest generation

At every instant at least one whole generation is on the flash. A record is JSON with a SHA-256
over the rest of it in front, so a torn or decayed file is never taken for a whole one:

    {"check":"<43 characters>",<the rest, canonical>}
"""

from hashlib import sha256

from accord import b64, canon
from agent.errors import StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from agent.flash import Flash

_CHECK_BYTES = len('{"check":"",') + 43


class Cell:
    """`rolled_back`: load() gave an older generation, because the newest is damaged. No power cut
    does that: what the lost one said was stored, and is unknown."""

    def __init__(self, flash: "Flash", name: str) -> None:
        self._flash = flash
        self._name = name
        self._generation = 0
        self.rolled_back = False

    def load(self) -> "dict[str, Any] | None":
        """The newest whole record, None if there never was one; StoreError if all are damaged."""
        best, best_suffix, damaged = None, "", []
        for suffix in (".json", ".new", ".bak"):
            raw = self._flash.read(self._name + suffix)
            record = None if raw is None else _open(raw)
            if raw is not None and record is None and suffix != ".new":
                damaged.append(suffix)
            if record is not None and record["generation"] > self._generation:
                best, best_suffix, self._generation = record, suffix, record["generation"]
        if best is None and damaged:
            raise StoreError(self._name + ": both copies are damaged; provision the board again")
        if best_suffix == ".new":  # cut between the renames: finish, before .new is written again
            self._flash.rename(self._name + ".new", self._name + ".json")
        self.rolled_back = best_suffix == ".bak" and ".json" in damaged
        return best

    def save(self, values: "dict[str, Any]") -> None:
        """Store `values` (canonical JSON can hold them); on return they survive a power cut."""
        self._generation += 1
        name = self._name
        self._flash.write(name + ".new", _close(values, self._generation))
        if self._flash.read(name + ".json") is not None:
            self._flash.rename(name + ".json", name + ".bak")
        self._flash.rename(name + ".new", name + ".json")


def _close(values: "dict[str, Any]", generation: int) -> bytes:
    record = dict(values)
    record["generation"] = generation
    rest = canon.dumps(record)  # once: a character at a time, it is the slow part of a save
    return _check(rest) + rest[1:]


def _open(raw: bytes) -> "dict[str, Any] | None":
    """The record in `raw`, None unless it is whole."""
    rest = b"{" + raw[_CHECK_BYTES:]
    if raw[:_CHECK_BYTES] != _check(rest):
        return None
    try:
        record = canon.loads(rest)
    except ValueError:
        return None
    return record if type(record.get("generation")) is int else None


def _check(rest: bytes) -> bytes:
    return b'{"check":"%s",' % b64.encode(sha256(rest).digest()).encode()
