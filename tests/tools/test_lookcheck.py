"""Statements beside a log's looks: what hubs signed is what the entries say, or it is found."""

from dataclasses import replace
from typing import Any

import pytest

from porchkit import keys
from porchkit.lookcheck import SINCE, Reader, Said, Verdict, hub_keys
from porchlight.client import looks
from porchlight.client.looks import Ask
from tests.support.signing import Signer

HOST, ANN = "h" * 42 + "A", Signer("ann")
FIRE, POLICE = Signer("fire", host=HOST), Signer("police", host=HOST)
CAMERA, CLIP = "c" * 43, "k" * 22
T = 1_800_000_000
ASK = Ask("live", "fire", "C-1", "smoke", camera=CAMERA)
Entry = dict[str, Any]


def opened(at: int = T, **changed: Any) -> Entry:
    said = {"hub": FIRE.thumb, "camera": CAMERA, "purpose": "fire", "statement": {"sha256": "x"}}
    entry = {"type": "view.open", "ts": at * 1000, **said, "detail": {"action": "live"}}
    return {name: value for name, value in (entry | changed).items() if value is not None}


def shown(token: str | None, **changed: str) -> Said:
    return replace(Said(token, "C-1", "smoke"), **changed)


def verdict(*pairs: tuple[Entry, Said | None], **known: Signer) -> Verdict:
    jwks = {who.thumb: who.jwk() for who in (known or {"fire": FIRE, "police": POLICE}).values()}
    said = {index: one for index, (_, one) in enumerate(pairs) if one is not None}
    return Reader(HOST, ANN.thumb, hub_keys(jwks)).check([entry for entry, _ in pairs], said)


def faults(*pairs: tuple[Entry, Said | None], **known: Signer) -> list[tuple[int, str]]:
    return [(each.index, each.reason) for each in verdict(*pairs, **known).findings]


def test_looks_that_hubs_signed() -> None:
    view = opened(), shown(FIRE.look(ASK, now=T - 1))
    by = replace(ASK, operator="op")
    operated = opened(detail={"action": "live", "operator": "op"}), shown(FIRE.look(by, now=T))
    clip = Ask("clips", "fire", "C-1", "smoke", clip=CLIP)
    played = opened(type="clip.played", detail={"clip": CLIP}), shown(FIRE.look(clip, now=T))
    taken = replace(clip, action="export")
    released = opened(type="clip.released", detail={"clip": CLIP}), shown(FIRE.look(taken, now=T))
    found = verdict(view, operated, played, released)
    assert (found.findings, found.signed, found.unsigned) == ([], 4, [])


@pytest.mark.parametrize(
    "changed",
    [
        {"camera": "d" * 43},
        {"purpose": "theft"},
        {"detail": {"action": "snapshot"}},
        {"detail": {"action": "live", "operator": "op"}},
        {"detail": None},
        {"type": "clip.played", "detail": {"clip": CLIP}},
    ],
    ids=str,
)
def test_an_entry_that_says_something_else(changed: Entry) -> None:
    assert faults((opened(**changed), shown(FIRE.look(ASK, now=T)))) == [(0, "look-mismatch")]


@pytest.mark.parametrize("words", [{"case": "C-2"}, {"reason": "a cat"}, {"reason": ""}])
def test_other_words_than_were_signed(words: dict[str, str]) -> None:
    assert faults((opened(), shown(FIRE.look(ASK, now=T), **words))) == [(0, "look-mismatch")]


def test_a_statement_for_another_host() -> None:
    elsewhere = FIRE.look(ASK, now=T, host="g" * 42 + "A")
    assert faults((opened(), shown(elsewhere))) == [(0, "look-mismatch")]


def test_a_look_that_the_host_invented() -> None:
    """With what it has: a statement of another hub, of another view, of another day, or none."""
    true = opened(), shown(FIRE.look(ASK, now=T))
    stolen = opened(T + 5), shown(POLICE.look(ASK, now=T + 5))
    again = opened(T + 9, view="w"), true[1]
    assert faults(true, stolen, again) == [(1, "look-forged"), (2, "look-replayed")]
    old = opened(T + 9_000), shown(FIRE.look(ASK, now=T + 10))
    assert faults(true, old) == [(1, "look-other-time")]
    for made_up in ("", "x.y.z", true[1].statement.rpartition(".")[0] + "." + "A" * 86):
        assert faults((opened(), shown(made_up))) == [(0, "look-forged")]


def test_a_hub_that_uses_a_number_again() -> None:
    """It signed both, so the host made up neither."""
    jti = bytes(16)
    pairs = [(opened(at), shown(numbered(jti, at))) for at in (T, T + 600)]
    assert faults(*pairs) == []
    assert faults(*pairs, pairs[1]) == [(2, "look-replayed")]


def numbered(jti: bytes, at: int) -> str:
    return looks.signed(ASK, FIRE, HOST, now=at, jti=jti)


def test_a_look_without_a_statement_is_amber() -> None:
    bare = opened(statement=None), None
    found = verdict(bare, (opened(), shown(FIRE.look(ASK, now=T))), bare)
    assert (found.findings, found.signed, found.unsigned) == ([], 1, [0, 2])
    before = opened(SINCE - 1, statement=None), None
    assert verdict(before).unsigned == []


def test_residents_sign_nothing() -> None:
    own = opened(hub=ANN.thumb, statement=None), None
    search = opened(type="search", statement=None), None
    found = verdict(own, search)
    assert (found.findings, found.unsigned) == ([], [])


def test_a_statement_that_is_gone() -> None:
    """The resident may erase it, with an entry that says so; nobody else may."""
    gone = opened(), shown(None, case="", reason="")
    assert faults(gone) == [(0, "look-withheld")]
    erased = {"type": "words.erased", "ts": (T + 60) * 1000, "detail": {"index": 0}}
    found = verdict(gone, (erased, None))
    assert (found.findings, found.signed, found.gone) == ([], 0, [0])
    assert faults(gone, (erased | {"detail": {"index": 1}}, None)) == [(0, "look-withheld")]
    assert faults((opened(), None)) == [(0, "look-withheld")]
    before = erased | {"detail": {"index": 1}}
    assert faults((before, None), gone) == [(1, "look-withheld")]


def test_a_look_by_another_name() -> None:
    """Whatever names a hub and a grant is a look, whether its type is known here or not."""
    named = opened(type="picture.taken", jti="g", statement=None), None
    assert verdict(named).unsigned == [0]
    for told in ("access.refused", "view.close", "panic.opened", "approval.given"):
        assert verdict((opened(type=told, jti="g", statement=None), None)).unsigned == []


def test_a_key_that_is_not_shown() -> None:
    pair = opened(), shown(FIRE.look(ASK, now=T))
    assert faults(pair, police=POLICE) == [(0, "look-keyless")]


def test_keys_are_known_by_their_true_thumbs() -> None:
    """A host that shows its own key as that of a hub has shown none."""
    assert list(hub_keys({FIRE.thumb: POLICE.jwk()})) == [POLICE.thumb]
    bad = [{}, {"kty": "EC"}, FIRE.jwk() | {"x": "A" * 43}, FIRE.jwk() | {"crv": "P-384"}, 1, None]
    bad += [FIRE.jwk() | {"x": x} for x in (5, None, ["A" * 43], "\xe9", "")]
    assert hub_keys(dict(enumerate(bad))) == {}
    assert hub_keys(None) == {}
    found = hub_keys({FIRE.thumb: FIRE.jwk()})[FIRE.thumb]
    assert looks.verify(FIRE.look(ASK, now=T), {FIRE.thumb: found}, keys.check).says(ASK)
