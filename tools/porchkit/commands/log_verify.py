"""`porchlight log verify`: is my log whole, and was nothing done that I did not allow?"""

import argparse
import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from accord import grant
from accord.errors import Refused
from accord.grant import Grant
from porchkit import keys, logcheck, logheads, logread, lookcheck
from porchkit.client import Client
from porchkit.errors import CommandError, LogBroken, UsageError
from porchkit.logheads import Kept
from porchkit.logread import Log
from porchkit.lookcheck import UNSIGNED, Verdict
from porchkit.options import Session
from porchkit.words import clean, local_time
from porchlight.client import tlog

_REASONS = {
    "unknown-grant": "under a grant that you never signed",
    "never-opened": "the end of a look that never began",
    "never-closed": "a look that never ended, though its grant did",
    "too-long": "a look that went on after its grant had ended",
    "sent-unseen": "the board counted pictures that nobody looked at",
    "clock-went-back": "dated before the entry above it",
    "no-grant": "by somebody whom no grant of yours names",
    "revoked": "after you took the grant back",
    "not-opened": "under an emergency grant that nobody had opened",
    "wrong-camera": "for another camera than the grant is for",
    "look-keyless": "signed by a hub whose key the host does not show",
    "look-forged": "not signed by the hub that it names",
    "look-mismatch": "the hub signed for something else",
    "look-replayed": "the hub signed for another look, and once",
    "look-other-time": "the hub signed for a look at another time",
    "look-withheld": "what the hub signed is gone, and you did not erase it",
}
_AMBER = {
    "unsigned": "no hub signed this look",
    "gone": "what a hub signed for this look was erased, by you as the log says",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare what only `log verify` takes."""
    group = parser.add_argument_group("log verify")
    group.add_argument(
        "--log-key", metavar="KEY", help="the log's key, if you have it from somebody you trust"
    )
    group.add_argument(
        "--witness", metavar="KEY", action="append", default=[], help="a witness's key; repeatable"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Verify, keep the head, tell. LogBroken (exit code 5) if something does not hold."""
    me = keys.thumb(session.key.public_key())
    trusted = [_trusted(vkey) for vkey in args.witness]
    with session.client as client:
        about = client.get(f"/log/{me}")
        kept = logheads.load(session.home.path, me)
        key = _key(me, args.log_key, kept, str(about["vkey"]))
        try:
            log = logread.read(client, me, key)
            _goes_on(log, kept, session.home.path)
            shown = logread.compare(client, log)
        except tlog.Wrong as wrong:
            raise LogBroken(f"your log does not hold: {wrong}") from None
        findings = logcheck.check(log.entries, _grants(client, log, session.key), me)
    host, known = key.name.partition("/")[0], lookcheck.hub_keys(about.get("hubs"))
    looks = lookcheck.Reader(host, me, known).check(log.entries, shown.said)
    findings = sorted(findings + looks.findings, key=lambda found: found.index)
    _keep(session.home.path, me, key, log)
    witnesses = _witnesses(about["witnesses"], log, trusted)
    signed = {"signed": looks.signed, "unsigned": looks.unsigned, "gone": looks.gone}
    more = {"erased": shown.erased, "witnesses": witnesses, **signed}
    _tell(args.json, log, kept, findings, more)
    if findings:
        count = len({found.index for found in findings})
        raise LogBroken(
            f"{count} entries of your log are outside of what you allowed{_beside(looks)}"
        )
    return 0


def _beside(looks: Verdict) -> str:
    return ", or of what a hub signed" if looks.findings else ""


def _key(me: str, chosen: str | None, kept: Kept | None, offered: str) -> tlog.Key:
    """The log's key: as seen the first time, whatever is offered now."""
    try:
        key = tlog.Key.parse(chosen or (kept.vkey if kept else offered))
    except tlog.Wrong as wrong:
        raise (UsageError if chosen else CommandError)(str(wrong)) from None
    if key.name.partition("/")[2] != me:
        raise LogBroken("the host offers the log of somebody else as yours")
    if key.vkey != offered or (kept and kept.vkey != key.vkey):
        raise LogBroken(
            f"the host signs your log with another key than {key.name.partition('/')[0][:8]}…, the "
            "one you know; ask who runs it"
        )
    return key


def _goes_on(log: Log, kept: Kept | None, home: Path) -> None:
    """tlog.Wrong unless what was seen last is how this log begins."""
    if kept is None:
        return
    begins = log.head.size >= kept.size
    if begins and tlog.root(log.leaves[: kept.size]).hex() == kept.root:
        return
    evidence = home / logheads.ROOM / f"{log.head.origin.partition('/')[2]}.fork"
    evidence.write_text(f"{kept.note}\n{log.head.note}", "utf-8")
    when = local_time(kept.seen_at)
    what = "has changed" if begins else f"has {log.head.size} entries now"
    raise tlog.Wrong(
        f"it had {kept.size} entries on {when}, and {what}; both heads, signed by the host, are in "
        f"{evidence}: show them to anybody"
    )


def _keep(home: Path, me: str, key: tlog.Key, log: Log) -> None:
    head = log.head
    made = Kept(key.vkey, head.size, head.root.hex(), head.note, int(time.time()))
    logheads.save(home, me, made)


def _grants(client: Client, log: Log, key: keys.PrivateKey) -> dict[str, Grant]:
    """The grants that the log speaks of, as far as the resident signed them."""
    public = key.public_key()
    pinned = {keys.thumb(public): public}
    found = {}
    for jti in dict.fromkeys(_jtis(log.entries)):
        try:
            token = str(client.get(f"/grants/{jti}")["token"]).encode("ascii", "replace")
            found[jti] = grant.verify(token, pinned, keys.check)
        except Refused:
            continue  # not the resident's: as good as none
        except CommandError as error:
            if not str(error).endswith("(no-grant)"):
                raise
    return {jti: each for jti, each in found.items() if each.jti == jti}


def _jtis(entries: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """Those that can be asked for."""
    for entry in entries:
        jti = str(entry.get("jti", ""))
        if jti and jti.replace("-", "").replace("_", "").isalnum():
            yield jti


def _trusted(vkey: str) -> tlog.Key:
    try:
        return tlog.Key.parse(vkey)
    except tlog.Wrong as wrong:
        raise UsageError(f"--witness: {wrong}") from None


def _witnesses(
    rows: Iterable[Mapping[str, Any]], log: Log, trusted: Iterable[tlog.Key]
) -> list[dict[str, Any]]:
    """What each witness says. `proven`: by its own signature, for its key is known; of others, and
    of how far they came, there is only the host's word. One that the host does not name is told
    of all the same."""
    said = ("name", "state", "size", "fault")
    found = {str(row["name"]): {name: row[name] for name in said} for row in rows}
    found = {name: row | {"proven": False} for name, row in found.items()}
    for key in trusted:
        row = found.setdefault(key.name, {"name": key.name, "size": 0, "fault": "not asked"})
        signed = tlog.cosigned_at(log.head.note, key) is not None
        row |= {"state": "green" if signed else "amber", "proven": signed}
    return list(found.values())


def _tell(
    as_json: bool,
    log: Log,
    kept: Kept | None,
    findings: list[logcheck.Finding],
    more: Mapping[str, Any],
) -> None:
    if as_json:
        rows = [{"index": f.index, "type": f.type, "reason": f.reason} for f in findings]
        print(json.dumps({"size": log.head.size, "findings": rows, **more}))
        return
    since = "you see it for the first time: its key is taken on trust"
    if kept is not None:
        when = local_time(kept.seen_at)
        since = f"only added to since {when}, when it had {kept.size}"
    print(f"Your log is whole: {log.head.size} entries, {since}.")
    looks = sum(entry["type"] == "view.open" for entry in log.entries)
    outside = sum(not found.reason.startswith(UNSIGNED) for found in findings)
    print(f"Looks at your cameras: {looks}; {outside or 'nothing'} outside of your grants.")
    for found in findings:
        entry = log.entries[found.index]
        why = _REASONS.get(found.reason, found.reason)
        print(f"  {local_time(int(entry['ts']) // 1000)}  {clean(found.type)}: {clean(why)}")
    print(f"Signed by the hub that asked, recordings counted too: {more['signed']}.")
    for what, why in _AMBER.items():
        for index in more[what]:
            when = local_time(int(log.entries[index]["ts"]) // 1000)
            print(f"  {when}  amber: {why}; there is the host's word alone")
    if more["erased"]:
        print(f"Words that you erased: {more['erased']}.")
    for row in more["witnesses"]:
        print(clean(_of_witness(row, log.head.size)))


def _of_witness(row: Mapping[str, Any], size: int) -> str:
    if row["proven"]:
        return f"Witness {row['name']}: green, signed all {size} entries."
    fault = f" ({row['fault']})" if row["fault"] else ""
    word = f"Witness {row['name']}: {row['state']}, up to entry {row['size']}{fault}"
    return f"{word}, by the host's word alone."
