"""Signed notes, checkpoints, cosignatures: to the letter of C2SP, and nothing beside it."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from porchlight.audit import note
from porchlight.audit.checkpoint import Checkpoint, Submission, decimal, inclusion_text
from porchlight.audit.note import COSIGNATURE, Signer, Verifier

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOG = Signer("example.com/log", KEY)
WITNESS = Signer("witness.example/w1", KEY, COSIGNATURE)
HEAD = Checkpoint("example.com/log", 7, bytes(32))
# From the Go ecosystem's own documentation of vkeys: name, hash of name and key, type and key.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngo"
    "tpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_of_another_implementation_holds() -> None:
    key = Verifier.from_vkey(PETER)
    assert key.vkey == PETER
    assert key.find(note.parse(PETERS))
    assert key.find(note.parse(PETERS.replace("your problem,", "my problem,"))) is None


def test_a_checkpoint_is_what_was_signed() -> None:
    signed = LOG.sign(HEAD.text)
    again = note.parse(str(signed))
    assert again == signed
    assert LOG.verifier.find(again)
    assert Checkpoint.parse(again.text) == HEAD
    assert str(signed) == str(LOG.sign(HEAD.text))


def test_a_cosignature_says_when() -> None:
    line = WITNESS.cosign(HEAD.text, 1_700_000_000).line
    both = note.parse(f"{LOG.sign(HEAD.text)}{line}")
    assert WITNESS.verifier.cosigned_at(both) == 1_700_000_000
    assert LOG.verifier.find(both)
    assert LOG.verifier.cosigned_at(both) is None
    value = both.signatures[1].value
    later = note.Signature(WITNESS.verifier.name, WITNESS.verifier.key_id, b"\0\0\0\1" + value[4:])
    assert WITNESS.verifier.find(note.Note(HEAD.text, (later,))) is None
    negative = note.Signature(WITNESS.verifier.name, WITNESS.verifier.key_id, b"\xff" + value[1:])
    assert WITNESS.verifier.find(note.Note(HEAD.text, (negative,))) is None


def test_one_key_under_two_kinds_or_names_is_two() -> None:
    ids = {
        Signer("a", KEY).verifier.key_id,
        Signer("a", KEY, COSIGNATURE).verifier.key_id,
        Signer("b", KEY).verifier.key_id,
    }
    assert len(ids) == 3
    assert Signer("a", KEY).verifier.find(Signer("b", KEY).sign("x\n")) is None


def test_signatures_of_strangers_are_ignored() -> None:
    other = Signer("example.com/log", Ed25519PrivateKey.generate())
    signed = note.Note(HEAD.text, other.sign(HEAD.text).signatures)
    assert LOG.verifier.find(signed) is None
    both = note.Note(HEAD.text, other.sign(HEAD.text).signatures + LOG.sign(HEAD.text).signatures)
    assert LOG.verifier.find(both)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n\u2014 name AAAAAAA=",
        "text\n\n- name AAAAAAA=\n",
        "text\n\n\u2014 name AAAAAA==\n",
        "text\n\n\u2014 name AAAAAAB=\n",
        "text\n\n\u2014 na+me AAAAAAA=\n",
        "text\n\n\u2014  AAAAAAA=\n",
        "te\txt\n\n\u2014 name AAAAAAA=\n",
        "text\r\n\n\u2014 name AAAAAAA=\n",
        "text\n\n" + "\u2014 name AAAAAAA=\n" * 65,
        "x" * 70_000 + "\n\n\u2014 name AAAAAAA=\n",
    ],
)
def test_what_is_no_note(raw: str) -> None:
    with pytest.raises(ValueError, match="not"):
        note.parse(raw)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("Peter", "Pe+er"),
        PETER + "A",
        PETER[:-4],
    ],
)
def test_what_is_no_key(vkey: str) -> None:
    with pytest.raises(ValueError, match="not"):
        Verifier.from_vkey(vkey)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        f"a\n01\n{note.b64(bytes(32))}\n",
        f"a\n-1\n{note.b64(bytes(32))}\n",
        f"a\n{2**63}\n{note.b64(bytes(32))}\n",
        f"a\n1\n{note.b64(bytes(31))}\n",
        f"\n1\n{note.b64(bytes(32))}\n",
        f"a\n1\n{note.b64(bytes(32))}",
        f"a\n1\n{note.b64(bytes(32))}\n\n",
        f"a\n\u0661\n{note.b64(bytes(32))}\n",
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(ValueError, match="no"):
        Checkpoint.parse(text)


def test_lines_after_the_third_are_signed_too() -> None:
    text = HEAD.text + "extension\n"
    assert Checkpoint.parse(text) == HEAD
    assert LOG.verifier.find(LOG.sign(text))


def test_a_submission_comes_back_as_it_went() -> None:
    sent = Submission(3, (bytes(32), b"\1" * 32), LOG.sign(HEAD.text))
    assert Submission.parse(sent.body) == sent
    assert sent.body.startswith("old 3\nAAAA")
    none = Submission(0, (), LOG.sign(HEAD.text))
    assert Submission.parse(none.body) == none


@pytest.mark.parametrize("body", ["", "old 3\n", "new 3\n\n", "old 03\n\n", "old 3\nAA==\n\n"])
def test_what_is_no_submission(body: str) -> None:
    with pytest.raises(ValueError, match="no"):
        Submission.parse(body + str(LOG.sign(HEAD.text)) if body.endswith("\n\n") else body)


def test_a_submission_has_63_steps_at_most() -> None:
    with pytest.raises(ValueError, match="not a submission"):
        Submission.parse(Submission(1, (bytes(32),) * 64, LOG.sign(HEAD.text)).body)


def test_an_inclusion_proof_as_text() -> None:
    text = inclusion_text(4, [bytes(32)], LOG.sign(HEAD.text))
    lines = text.split("\n")
    assert lines[:4] == ["c2sp.org/tlog-proof@v1", "index 4", note.b64(bytes(32)), ""]
    assert note.parse("\n".join(lines[4:])) == LOG.sign(HEAD.text)


def test_decimals() -> None:
    assert [decimal(text) for text in ("0", "7", str(2**63 - 1))] == [0, 7, 2**63 - 1]
