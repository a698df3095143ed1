"""Before a hub looks: proof that the look stands in the log of whoever allowed it.

A receipt holds the entry's bytes, the way from them to a checkpoint, and the key that signed both.
What a hub holds it to is not in it: this host's thumb (which is that key's), its own, what it asked
for, and whose grant it is. A host that shows pictures and enters nothing has none of this to give.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from accord import b64, canon, names
from porchlight.client import tlog
from porchlight.client.errors import Problem, Unproven, Wait
from porchlight.client.session import Session

MOST_KNOWN: Final = 4_096  # grants and logs of one host, and receipts
FRESH_S: Final = 300  # between an entry and now: clocks, and what it took to answer


@dataclass(frozen=True)
class Look:
    """What an entry has to say: its type, the id of the view or export, and what for."""

    type: str
    view: str
    purpose: str


@dataclass(frozen=True)
class Entered:
    """An entry that is in a log, by a receipt that holds."""

    resident: str
    said: dict[str, Any]


class Receipts:
    """Of one hub at one host."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._grants: dict[str, tuple[object, object]] = {}  # jti: who signed it, which camera
        self._heads: dict[str, tlog.Head] = {}  # the newest of each log
        self._used: dict[str, Any] = {}  # log and index: an entry is of one look

    async def of_cameras(self, receipts: Sequence[Any], look: Look, cameras: Sequence[str]) -> None:
        """Unproven unless there is one that holds for each of these cameras."""
        left = set(cameras)
        for receipt in receipts:
            left.discard((await self._entered(receipt, look)).said["camera"])
        if left:
            raise Unproven(f"there is no receipt for {min(left)}")

    async def of_clip(self, receipt: Any, look: Look, clip: str) -> None:
        """Unproven unless it holds for this clip."""
        detail = (await self._entered(receipt, look)).said.get("detail")
        if not isinstance(detail, dict) or detail.get("clip") != clip:
            raise Unproven("the receipt is of another clip")

    async def _entered(self, receipt: Any, look: Look) -> Entered:
        host = (await self._session.standing()).host
        try:
            head = _checked(receipt, host, self._thumb())
            entered = Entered(head.origin.rpartition("/")[2], _read(receipt["entry"]))
        except tlog.Wrong as wrong:
            raise Unproven(str(wrong)) from None
        self._meet(head)
        wanted = {"hub": self._thumb(), "type": look.type, "view": look.view}
        wanted |= {"purpose": look.purpose.strip()}
        strange = [name for name, value in wanted.items() if entered.said.get(name) != value]
        if strange:
            raise Unproven(f"the entry has another {strange[0]}")
        allowed = await self._grant(str(entered.said.get("jti")))
        if allowed != (entered.resident, entered.said.get("camera")):
            raise Unproven("the log is not of the resident who allowed this")
        self._use(f"{head.origin} {receipt['index']}", entered.said.get("ts"))
        return entered

    def _use(self, which: str, ts: object) -> None:
        """A look has an entry of its own, written now: the id of a view is the host's to choose,
        so an old one would go with its old receipt."""
        if which in self._used:
            raise Unproven("the receipt was given before, for another look")
        if type(ts) is not int or abs(ts / 1000 - self._session.make.now()) > FRESH_S:
            raise Unproven("the entry is of another time")
        _keep(self._used, which, True)

    def _meet(self, head: tlog.Head) -> None:
        """Two heads of one size are two logs: one for the hub and one for its resident."""
        known = self._heads.get(head.origin)
        if known is not None and known.size == head.size and known.root != head.root:
            raise Unproven("this log was another one before")
        if known is None or known.size < head.size:
            _keep(self._heads, head.origin, head)

    async def _grant(self, jti: str) -> tuple[object, object]:
        """Who signed a grant that names this hub, and for which camera."""
        if jti not in self._grants:
            try:
                row = await self._session.ask("GET", f"/grants/{quote(jti, safe='')}")
                said = canon.loads(b64.decode(str(row["token"]).split(".")[1]))
                found = str(said["iss"]), str(said["sub"])
            except Wait:
                raise
            except (Problem, KeyError, TypeError, ValueError, IndexError):
                raise Unproven("the host shows no grant for this") from None
            _keep(self._grants, jti, found)
        return self._grants[jti]

    def _thumb(self) -> str:
        key = self._session.make.key
        if key is None:
            raise ValueError("a receipt is for somebody: a hub without a key has none")
        jwk = key.jwk()
        return names.key_thumb(b64.decode(jwk["x"]), b64.decode(jwk["y"]))


def _checked(receipt: Any, host: str, to: str) -> tlog.Head:
    """The checkpoint of a receipt that this host (its thumb) signed for `to`; tlog.Wrong."""
    if not isinstance(receipt, Mapping):
        raise tlog.Wrong("that is no receipt")
    key = tlog.Key.parse(str(receipt.get("vkey")))
    if key.kind != tlog.LOG or key.thumb != host or key.name.partition("/")[0] != host:
        raise tlog.Wrong("it is signed by another key than this host's")
    return tlog.check_receipt(receipt, key, to)


def _read(entry: str) -> dict[str, Any]:
    try:
        said = json.loads(entry)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise tlog.Wrong("its entry is none")
    return said


def _keep(known: dict[str, Any], name: str, value: object) -> None:
    if len(known) >= MOST_KNOWN:
        known.clear()
    known[name] = value
