"""Whether hubs stand behind the looks in a resident's log: each entry of a look keeps the statement
that the hub's own key signed when it asked (porchlight/client/looks.py).

Pure: entries, statements and keys in, findings out. A host cannot make such a statement, and a hub
cannot deny one; what is left is a look without any, for which there is the host's word alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accord.errors import Refused
from porchkit import keys
from porchkit.logcheck import GRACE_S, Entry, Finding, is_look
from porchlight.client import looks
from porchlight.client.looks import Ask, Statement

UNSIGNED = "look-"  # how the reasons here begin
# 2026-11-23: hosts asked for no statements before. An entry cannot be dated back to then: the log
# goes on in time (logcheck), and from where it was when it was seen last.
SINCE = 1_795_392_000
Used = tuple[str, str, int]
_CLIPS = {"clip.played": "clips", "clip.released": "export"}


@dataclass(frozen=True)
class Said:
    """What is shown beside an entry that has a statement; None: it is gone."""

    statement: str | None
    case: str
    reason: str


@dataclass
class Verdict:
    """`signed`: how many looks are. `unsigned`: the indices of those that are not, since SINCE;
    `gone`: of those whose statement was erased. For both there is the host's word alone."""

    findings: list[Finding] = field(default_factory=list)
    signed: int = 0
    unsigned: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Reader:
    """`host`: its thumb, as the log's origin has it; `me`: the resident's; `keys`: of hubs, by
    thumb, as far as they are known."""

    host: str
    me: str
    keys: Mapping[str, keys.PublicKey]

    def check(self, entries: Sequence[Entry], said: Mapping[int, Said]) -> Verdict:
        """Every look in the log, oldest first. `said`: by index, of entries with a statement."""
        verdict, used, erased = Verdict(), set[Used](), _erased(entries)
        for index, entry in enumerate(entries):
            if not self._is_look(entry):
                continue
            if "statement" not in entry:
                verdict.unsigned += [index] if int(entry["ts"]) >= SINCE * 1000 else []
                continue
            shown = said.get(index)
            if shown is not None and shown.statement is not None:
                reason = self._fault(entry, shown, shown.statement, used)
            elif index < erased.get(index, -1):
                verdict.gone.append(index)
                continue
            else:
                reason = "look-withheld"
            verdict.signed += not reason
            if reason:
                verdict.findings.append(Finding(index, reason, str(entry["type"])))
        return verdict

    def _is_look(self, entry: Entry) -> bool:
        """Whether a hub saw something, whatever its entry is called: residents need no statement
        for what is theirs."""
        return entry.get("hub") != self.me and is_look(entry, self.me)

    def _fault(self, entry: Entry, shown: Said, text: str, used: set[Used]) -> str:
        """Why the statement is none for this entry; "" if it is."""
        hub = str(entry.get("hub"))
        if hub not in self.keys:
            return "look-keyless"
        try:
            statement = looks.verify(text, {hub: self.keys[hub]}, keys.check)
        except Refused:
            return "look-forged"
        if statement.aud != self.host or not statement.says(_ask(entry, shown)):
            return "look-mismatch"
        # The time as well: a hub may use its own number again, and blame the host.
        this = hub, statement.jti, statement.iat
        if this in used:
            return "look-replayed"
        used.add(this)
        return "" if _near(entry, statement) else "look-other-time"


def hub_keys(offered: Any) -> dict[str, keys.PublicKey]:
    """The keys that a host shows as those of hubs, each under its true thumb."""
    found = {}
    for jwk in offered.values() if isinstance(offered, dict) else ():
        try:
            key = keys.from_jwk(jwk)
        except (ValueError, KeyError, TypeError):
            continue
        found[keys.thumb(key)] = key
    return found


def _ask(entry: Entry, shown: Said) -> Ask:
    """What a hub must have signed for this entry."""
    detail = entry.get("detail") or {}
    kind = str(entry["type"])
    what = {"camera": str(entry.get("camera", ""))}
    if kind in _CLIPS:
        what = {"clip": str(detail.get("clip", ""))}
    action = _CLIPS.get(kind) or str(detail.get("action", ""))
    purpose, operator = str(entry.get("purpose", "")), str(detail.get("operator") or "")
    return Ask(action, purpose, shown.case, shown.reason, **what, operator=operator)


def _near(entry: Entry, statement: Statement) -> bool:
    return abs(int(entry["ts"]) // 1000 - statement.iat) <= looks.WINDOW_S + GRACE_S


def _erased(entries: Iterable[Entry]) -> dict[Any, int]:
    """The indices of the entries whose words were erased, and of the entries that say so last. By
    the resident, as the host says: nobody signs an erasure."""
    told = ((at, entry) for at, entry in enumerate(entries) if entry["type"] == "words.erased")
    named = ((at, (entry.get("detail") or {}).get("index")) for at, entry in told)
    return {index: at for at, index in named if type(index) is int}
