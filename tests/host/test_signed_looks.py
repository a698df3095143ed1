"""Signed looks: the host takes none that the hub's own key did not sign for, and keeps what it
signed. What a resident makes of it: tests/tools/test_lookcheck.py."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from accord import b64, envelope
from porchlight.client import looks
from porchlight.client.looks import Ask
from porchlight.views.signed import UNSIGNED
from tests.support.asking import Timed
from tests.support.clipping import CAUSE, clip_grant, keep
from tests.support.desks import Hub, hub_at
from tests.support.hosting import SETTINGS, InThread, Kit, ShiftedClock, Signer, hosted
from tests.support.provider import Provider, providing
from tests.support.viewing import ask_view, open_view

WHY: dict[str, Any] = {"purpose": "fire", "case": "C-1", "reason": "smoke was reported"}


def asking(kit: Kit, **changed: Any) -> Ask:
    """What open_view() asks for."""
    return replace(Ask("live", "fire", "C-1", "smoke was reported", camera=kit.id), **changed)


def refused(answer: httpx.Response, reason: str) -> None:
    assert (answer.status_code, answer.json()["reason"]) == (403, reason), answer.text
    assert answer.json()["detail"] != "no consent covers this"


@pytest.fixture
def allowed(host: InThread, fire: Signer, porch: Kit) -> Kit:
    """Ann's camera, which fire may see."""
    host.grant(porch, fire)
    return porch


def test_the_log_keeps_what_the_hub_signed(
    host: InThread, ann: Signer, fire: Signer, allowed: Kit
) -> None:
    receipt = open_view(host, fire, allowed)["receipts"][0]
    entry = host.entries(ann, "view.open")[0]
    known = {fire.thumb: fire.key.public}
    found = looks.verify(entry["statement"], known, type(fire.key.public).verify)
    assert (found.iss, found.aud) == (fire.thumb, host.thumb)
    assert found.says(asking(allowed))
    salt = b64.decode(entry["salts"]["statement"])
    commitment = {"sha256": b64.encode(hashlib.sha256(salt + entry["statement"].encode()).digest())}
    assert f'"statement":{{"sha256":"{commitment["sha256"]}"}}' in receipt["entry"]
    assert entry["statement"] not in receipt["entry"]
    others = [row for row in host.entries(ann) if row["type"] != "view.open"]
    assert {row["statement"] for row in others} == {None}


def test_any_case_can_be_signed(host: InThread, ann: Signer, fire: Signer, allowed: Kit) -> None:
    open_view(host, fire, allowed, case='Fall "Ä\\7"', reason="Rauch über dem Haus")
    assert host.entries(ann, "view.open")[0]["case"] == 'Fall "Ä\\7"'


def test_a_look_that_nobody_signed(host: InThread, ann: Signer, fire: Signer, allowed: Kit) -> None:
    refused(ask_view(host, fire, allowed, looks={}), UNSIGNED)
    (entry,) = host.entries(ann, "access.refused")
    assert (entry["reason"], entry["camera"], entry["hub"]) == (UNSIGNED, allowed.id, fire.thumb)
    assert host.entries(ann, "view.open") == []


def test_each_camera_is_signed_for(host: InThread, ann: Signer, fire: Signer, allowed: Kit) -> None:
    yard = host.camera(ann, "yard")
    host.grant(yard, fire)
    one = {allowed.id: fire.look(asking(allowed))}
    refused(ask_view(host, fire, allowed, yard, looks=one), UNSIGNED)
    both = {allowed.id: fire.look(asking(allowed)), yard.id: fire.look(asking(allowed))}
    refused(ask_view(host, fire, allowed, yard, looks=both), "look-mismatch")
    assert host.entries(ann, "view.open") == []


@pytest.mark.parametrize(
    "changed",
    [
        {"camera": "c" * 43},
        {"camera": "", "clip": "c" * 22},
        {"action": "snapshot"},
        {"purpose": "theft"},
        {"case": "C-2"},
        {"reason": ""},
        {"reason": "a cat in a tree"},
        {"operator": "somebody"},
    ],
    ids=str,
)
def test_a_statement_for_something_else(
    host: InThread, ann: Signer, fire: Signer, allowed: Kit, changed: dict[str, str]
) -> None:
    other = fire.look(asking(allowed, **changed))
    refused(ask_view(host, fire, allowed, looks={allowed.id: other}), "look-mismatch")
    assert host.entries(ann, "view.open") == []


def test_a_statement_for_what_is_not_asked(host: InThread, fire: Signer, allowed: Kit) -> None:
    """It would lie with the host, good for a minute."""
    spare = asking(allowed, camera="c" * 43)
    given = {allowed.id: fire.look(asking(allowed)), spare.camera: fire.look(spare)}
    refused(ask_view(host, fire, allowed, looks=given), "look-mismatch")


def test_a_statement_for_another_host(host: InThread, fire: Signer, allowed: Kit) -> None:
    other = fire.look(asking(allowed), host="h" * 42 + "A")
    refused(ask_view(host, fire, allowed, looks={allowed.id: other}), "look-mismatch")


def test_a_statement_of_another_time(host: InThread, fire: Signer, allowed: Kit) -> None:
    for away in (-looks.WINDOW_S - 5, looks.WINDOW_S + 5):
        other = fire.look(asking(allowed), now=int(time.time()) + away)
        refused(ask_view(host, fire, allowed, looks={allowed.id: other}), "look-stale")


def test_a_statement_is_good_for_one_look(
    host: InThread, ann: Signer, fire: Signer, allowed: Kit
) -> None:
    given = {allowed.id: fire.look(asking(allowed))}
    open_view(host, fire, allowed, looks=given)
    refused(ask_view(host, fire, allowed, looks=given), "look-replayed")
    high = given[allowed.id].rpartition(".")  # another signature of the same statement
    r, s = b64.decode(high[2])[:32], int.from_bytes(b64.decode(high[2])[32:])
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    twin = f"{high[0]}.{b64.encode(r + (order - s).to_bytes(32))}"
    refused(ask_view(host, fire, allowed, looks={allowed.id: twin}), "look-replayed")
    assert len(host.entries(ann, "view.open")) == 1


def test_a_statement_by_somebody_else(host: InThread, fire: Signer, allowed: Kit) -> None:
    police = host.hub()
    stolen = police.look(asking(allowed))
    refused(ask_view(host, fire, allowed, looks={allowed.id: stolen}), "look-forged")
    said = {"iss": fire.thumb, "aud": host.thumb, "jti": "A" * 22, "iat": int(time.time())}
    text = envelope.signing_input(said | asking(allowed).claims(), fire.thumb, looks.TYP)
    forged = envelope.assemble(text, police.key.sign(text)).decode()
    refused(ask_view(host, fire, allowed, looks={allowed.id: forged}), "look-forged")


@pytest.mark.parametrize(
    ("typ", "changed"),
    [
        ("optin-request+jwt", {}),
        ("dpop+jwt", {}),
        (looks.TYP, {"more": "x"}),
        (looks.TYP, {"cam": None}),
        (looks.TYP, {"clip": "x"}),
        (looks.TYP, {"iat": "1800000000"}),
        (looks.TYP, {"iat": True}),
        (looks.TYP, {"jti": "short"}),
        (looks.TYP, {"act": "zoom"}),
        (looks.TYP, {"case": "C-1"}),
        (looks.TYP, {"purpose": ["fire"]}),
    ],
)
def test_what_is_no_statement(
    host: InThread, fire: Signer, allowed: Kit, typ: str, changed: dict[str, Any]
) -> None:
    said = {"iss": fire.thumb, "aud": host.thumb, "jti": "A" * 22, "iat": int(time.time())}
    claims = {k: v for k, v in (said | asking(allowed).claims() | changed).items() if v is not None}
    text = envelope.signing_input(claims, fire.thumb, typ)
    token = envelope.assemble(text, fire.key.sign(text)).decode()
    refused(ask_view(host, fire, allowed, looks={allowed.id: token}), "look-malformed")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "." * 2048])
def test_what_is_no_token(host: InThread, fire: Signer, allowed: Kit, token: str) -> None:
    refused(ask_view(host, fire, allowed, looks={allowed.id: token}), "look-malformed")


def test_a_body_of_another_shape(host: InThread, fire: Signer, allowed: Kit) -> None:
    for given in (["x"], {allowed.id: 1}, {allowed.id: "x" * 2049}, {"": "x"}, None):
        assert ask_view(host, fire, allowed, looks=given).status_code == 422


def test_consent_has_the_last_word(host: InThread, ann: Signer, fire: Signer, porch: Kit) -> None:
    answer = ask_view(host, fire, porch)
    assert (answer.status_code, answer.json()["reason"]) == (403, "no-grant")


def test_a_restart_forgets_no_statement_ahead_of_its_clock(tmp_path: Path) -> None:
    """Used by the run before, and still good by its time: the host would write it down twice."""
    home = tmp_path / "home"
    with hosted(home) as host:
        fire, kit = host.hub(), host.camera(host.resident())
        host.grant(kit, fire)
        given = {kit.id: fire.look(asking(kit), now=int(time.time()) + 50)}
        open_view(host, fire, kit, looks=given)
    with hosted(home) as host:
        hub = Timed(host.http, fire, ShiftedClock(58))  # so is the proof of its request
        body = {"cameras": [kit.id], "action": "live", **WHY, "looks": given}
        refused(hub.post("/views", body), "look-stale")
        fresh = {kit.id: fire.look(asking(kit), now=int(time.time()) + 55)}
        assert hub.post("/views", body | {"looks": fresh}).status_code == 201
        hub.close()


def test_a_host_may_take_looks_without(tmp_path: Path) -> None:
    """[views] signed = false; what is signed wrongly it refuses all the same."""
    settings = SETTINGS.replace("[views]\n", "[views]\nsigned = false\n")
    with hosted(tmp_path / "home", settings) as host:
        fire, ann = host.hub(), host.resident()
        kit = host.camera(ann)
        host.grant(kit, fire)
        assert ask_view(host, fire, kit, looks={}).status_code == 201
        wrong = fire.look(asking(kit, case="C-2"))
        refused(ask_view(host, fire, kit, looks={kit.id: wrong}), "look-mismatch")
        (entry,) = host.entries(ann, "view.open")
        assert (entry["statement"], "statement" in entry["salts"]) == (None, False)


# Clips


def test_what_is_signed_for_a_clip(host: InThread, ann: Signer, fire: Signer, porch: Kit) -> None:
    actions = {"actions": ["clips", "export"]}
    clip = keep(host, porch, clip_grant(host, porch, fire, detail=actions))
    hub, path = host.caller(fire), f"/clips/{clip.id}"
    assert hub.post(f"{path}/plays", {"action": "clips", **CAUSE}).status_code == 201
    assert hub.post(f"{path}/exports", CAUSE).status_code == 201
    cause = {name: CAUSE[name] for name in ("case", "purpose")}
    assert hub.get(f"{path}/thumbnail.jpg", **cause).status_code == 200
    rows = [row for row in host.entries(ann) if row["type"] in ("clip.played", "clip.released")]
    why = (CAUSE["purpose"], CAUSE["case"], CAUSE.get("reason", ""))
    asks = [Ask(action, *why, clip=clip.id) for action in ("clips", "export")]
    asks.append(replace(asks[0], reason=""))
    known = {fire.thumb: fire.key.public}
    for row, ask in zip(rows, asks, strict=True):
        assert looks.verify(row["statement"], known, type(fire.key.public).verify).says(ask)


def test_a_clip_that_nobody_signed_for(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    clip = keep(host, porch, clip_grant(host, porch, fire, detail={"actions": ["clips", "export"]}))
    hub, path = host.caller(fire), f"/clips/{clip.id}"
    other = fire.look(Ask("clips", CAUSE["purpose"], CAUSE["case"], clip="c" * 22))
    for look, reason in (("", UNSIGNED), (other, "look-mismatch")):
        refused(hub.post(f"{path}/plays", {"action": "clips", "look": look, **CAUSE}), reason)
        refused(hub.post(f"{path}/exports", {"look": look, **CAUSE}), reason)
    assert host.entries(ann, "clip.played") == host.entries(ann, "clip.released") == []


# Operators


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as running:
        yield running


@pytest.fixture
def desks(host: InThread, provider: Provider, clock: ShiftedClock) -> Hub:
    return hub_at(host, provider, clock)


def test_a_statement_names_who_is_signed_in(
    host: InThread, ann: Signer, porch: Kit, desks: Hub
) -> None:
    host.grant(porch, desks.key)
    one, other = desks.sign_in("viewer"), desks.sign_in("viewer")
    for operator in ("", other.id):
        refused(one.look(porch, looks=_by(desks.key, porch, operator)), "look-mismatch")
    assert one.look(porch, looks=_by(desks.key, porch, one.id)).status_code == 201
    assert host.entries(ann, "view.open")[0]["detail"]["operator"] == one.id
    me = one.ask("GET", "/me").json()
    assert (me["host"], me["operator"]) == (host.thumb, one.id)


def _by(key: Signer, kit: Kit, operator: str) -> dict[str, str]:
    return {kit.id: key.look(asking(kit, operator=operator))}
