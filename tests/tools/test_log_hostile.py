"""Logs of hosts that answer whatever they like: one clear word each, and nothing is believed."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from porchkit import cli, logread
from porchkit.commands import log_verify
from porchkit.errors import LogBroken, NotTrusted
from porchkit.logread import Log
from porchlight.audit.note import COSIGNATURE, Signer
from porchlight.client import tlog

ME = "A" * 43
LOG = Signer(f"{'B' * 43}/{ME}", Ed25519PrivateKey.generate())
KEY = tlog.Key.parse(LOG.verifier.vkey)
WITNESS = Signer("neighbour/witness", Ed25519PrivateKey.generate(), COSIGNATURE)
GOOD = {"ts": 1, "type": "search"}


class Host:
    """Answers with a log of these leaves, and with these rows as its entries."""

    def __init__(self, leaves: list[bytes], rows: list[Any] | None = None) -> None:
        self._bundle = b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)
        self._rows = [] if rows is None else rows
        root = base64.b64encode(tlog.root(map(tlog.leaf_hash, leaves))).decode()
        self.head = str(LOG.sign(f"{KEY.name}\n{len(leaves)}\n{root}\n"))

    def fetch(self, path: str) -> bytes:
        return self.head.encode() if path.endswith("/checkpoint") else self._bundle

    def get(self, _path: str, _query: object) -> dict[str, Any]:
        rows, self._rows = self._rows, []
        return {"entries": rows, "more": False}


def read(host: Host) -> Log:
    return logread.read(host, ME, KEY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "leaf",
    [
        b"[]",
        b"{}",
        b"[" * 60_000,
        json.dumps(GOOD | {"ts": "1"}).encode(),
        json.dumps(GOOD | {"ts": 1 << 60}).encode(),
        json.dumps(GOOD | {"ts": -1}).encode(),
        json.dumps(GOOD | {"type": 7}).encode(),
        json.dumps(GOOD | {"jti": ["x"]}).encode(),
        json.dumps(GOOD | {"detail": "x"}).encode(),
    ],
)
def test_a_leaf_that_is_no_entry(leaf: bytes) -> None:
    with pytest.raises(tlog.Wrong, match="no entry"):
        read(Host([leaf]))


@pytest.mark.parametrize("row", [None, 5, {}, {"index": "x"}, {"index": 0, "ts": 1}])
def test_a_row_that_is_no_entry(row: Any) -> None:
    host = Host([json.dumps(GOOD).encode()], [row])
    with pytest.raises(tlog.Wrong):
        logread.compare(host, read(host))  # type: ignore[arg-type]


@pytest.mark.parametrize("written", ["\ud800", {"sha256": "x"}])
def test_words_that_are_no_text(written: Any) -> None:
    """Half a character can be in JSON, and in no statement."""
    leaf = GOOD | {"case": written, "statement": "x", "detail": None}
    row = dict.fromkeys(("camera", "hub", "hub_name", "jti", "view", "purpose", "reason", "salts"))
    row |= {"type": "search", "ts": "1970-01-01T00:00:00.001Z", "index": 0, "detail": None}
    host = Host([json.dumps(leaf).encode()], [row | {"case": "\ud800", "statement": "x"}])
    with pytest.raises(tlog.Wrong):
        logread.compare(host, read(host))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", ["9" * 5_000, "9" * 19, "\u0663", "-1", ""])
def test_a_size_that_no_log_has(size: str) -> None:
    host = Host([b"{}"])
    root = host.head.split("\n")[2]
    host.head = str(LOG.sign(f"{KEY.name}\n{size}\n{root}\n"))
    with pytest.raises(tlog.Wrong, match="not one of this log"):
        read(host)
    proof = f"{tlog.PROOF_HEAD}\nindex {size}\n{root}\n\n{host.head}"
    with pytest.raises(tlog.Wrong):
        tlog.proven(proof, b"{}", KEY)


def test_a_witness_that_the_host_does_not_name_is_told_of() -> None:
    """Else a host that shows somebody a log of their own leaves out who could tell."""
    key = tlog.Key.parse(WITNESS.verifier.vkey)
    log = read(Host([json.dumps(GOOD).encode()]))
    (row,) = log_verify._witnesses([], log, [key])
    assert (row["state"], row["proven"], row["fault"]) == ("amber", False, "not asked")


def test_green_is_the_hosts_word_unless_a_known_witness_signed() -> None:
    log = read(Host([json.dumps(GOOD).encode()]))
    said = {"name": WITNESS.verifier.name, "state": "green", "size": 1, "fault": None}
    (row,) = log_verify._witnesses([said], log, [])
    assert "by the host's word alone" in log_verify._of_witness(row, 1)
    key = tlog.Key.parse(WITNESS.verifier.vkey)
    (row,) = log_verify._witnesses([said], log, [key])
    assert (row["state"], row["proven"]) == ("amber", False)
    text = log.head.note.split("\n\n")[0] + "\n"
    head = tlog.Head(
        log.head.origin, 1, log.head.root, f"{log.head.note}{WITNESS.cosign(text, 9).line}"
    )
    (row,) = log_verify._witnesses([said], Log(head, log.leaves, log.entries), [key])
    assert log_verify._of_witness(row, 1) == f"Witness {key.name}: green, signed all 1 entries."


def test_the_log_of_somebody_else_is_not_mine() -> None:
    with pytest.raises(LogBroken, match="somebody else"):
        log_verify._key("C" * 43, None, None, KEY.vkey)


def test_no_error_moves_the_cursor(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a host or a file says is quoted in many of them."""

    def refuse(*_: object, **_more: object) -> int:
        raise NotTrusted("the host said \x1b[2J\x07")

    monkeypatch.setattr(cli, "dispatch", refuse)
    assert cli.main([]) == NotTrusted.exit_code
    assert capsys.readouterr().err == "porchlight: the host said ?[2J?\n"
