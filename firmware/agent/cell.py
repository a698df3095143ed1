"""One small stored record that survives a power cut at any moment.

    NAME.json  the newest generation
    NAME.bak   the one before
    NAME.new   being written

    save: write .new, rename .json to .bak, rename .new to .json
    load: of those that are whole, the one with the highest generation

At every instant at least one whole generation is on the flash. A record is canonical JSON with a
SHA-256 over itself, so a torn or decayed file is never taken for a whole one.
"""

from hashlib import sha256

from accord import b64, canon
from agent.errors import StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from agent.flash import Flash


class Cell:
    def __init__(self, flash: "Flash", name: str) -> None:
        self._flash = flash
        self._name = name
        self._generation = 0

    def load(self) -> "dict[str, Any] | None":
        """The newest whole record, None if there never was one; StoreError if all are damaged."""
        best, best_suffix, damaged = None, "", False
        for suffix in (".json", ".new", ".bak"):
            raw = self._flash.read(self._name + suffix)
            record = None if raw is None else _open(raw)
            damaged = damaged or (raw is not None and record is None and suffix != ".new")
            if record is not None and record["generation"] > self._generation:
                best, best_suffix, self._generation = record, suffix, record["generation"]
        if best is None and damaged:
            raise StoreError(self._name + ": both copies are damaged; provision the board again")
        if best_suffix == ".new":  # cut between the renames: finish, before .new is written again
            self._flash.rename(self._name + ".new", self._name + ".json")
        return best

    def save(self, values: "dict[str, Any]") -> None:
        """Store `values` (canonical JSON can hold them); on return they survive a power cut."""
        self._generation += 1
        name = self._name
        self._flash.write(name + ".new", _close(values, self._generation))
        if self._flash.read(name + ".json") is not None:
            self._flash.rename(name + ".json", name + ".bak")
        self._flash.rename(name + ".new", name + ".json")


def _digest(record: "dict[str, Any]") -> str:
    return b64.encode(sha256(canon.dumps(record)).digest())


def _close(values: "dict[str, Any]", generation: int) -> bytes:
    record = dict(values)
    record["generation"] = generation
    record["check"] = _digest(record)
    return canon.dumps(record)


def _open(raw: bytes) -> "dict[str, Any] | None":
    """The record in `raw`, None unless it is whole."""
    try:
        record = canon.loads(raw)
    except ValueError:
        return None
    if type(record) is not dict or type(record.get("generation")) is not int:
        return None
    check = record.pop("check", None)
    return record if check == _digest(record) else None
