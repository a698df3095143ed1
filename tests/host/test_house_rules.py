"""The house's rules at a running host: a second person, quotas, the place's profile. Each refusal
is in the resident's log."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from accord.errors import Refused
from porchlight.who.issuers import ROLES_CLAIM, SAME, Issuer
from tests.support.desks import Desk, Hub, hub_at, register
from tests.support.hosting import SETTINGS, InThread, Kit, ShiftedClock, Signer, hosted
from tests.support.provider import Provider, providing
from tests.support.viewing import ask_view, until

RULES = """\
[quotas]
operator_opens = 3
case_cameras = 3
[profile]
file = "county.toml"
"""
COUNTY = """\
[[forbid]]
why = "council-14"
actions = ["live"]
labels = ["*doorbell*"]

[[approve]]
why = "council-15"
purposes = ["violence"]

[[forbid]]
why = "quiet-hour"
purposes = ["medical"]
hours = ["{begins:%H:%M}-{ends:%H:%M}"]

[[approve]]
why = "two-by-night"
purposes = ["missing-person"]
hours = ["{begins:%H:%M}-{ends:%H:%M}"]
"""
PURPOSES = {"purposes": ["fire", "violence", "medical", "missing-person", "own-use"]}
BEGINS = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=30)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as running:
        yield running


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, clock: ShiftedClock) -> Iterator[InThread]:
    home = tmp_path_factory.mktemp("house") / "home"
    home.mkdir(mode=0o700)
    hour = {"begins": BEGINS, "ends": BEGINS + timedelta(hours=1)}
    (home / "county.toml").write_text(COUNTY.format(**hour))
    with hosted(home, SETTINGS + RULES, clock=clock) as running:
        yield running


@pytest.fixture
def hub(host: InThread, provider: Provider, clock: ShiftedClock) -> Hub:
    """A hub of one's own, with an issuer."""
    return hub_at(host, provider, clock)


@pytest.fixture
def porch(host: InThread, ann: Signer, hub: Hub) -> Kit:
    """Ann's camera: the hub may look when two of its people want it."""
    kit = host.camera(ann)
    host.grant(kit, hub.key, detail={"approve": "two"} | PURPOSES)
    return kit


def refused(answer: httpx.Response, status: int, reason: str) -> None:
    assert (answer.status_code, answer.json()["reason"]) == (status, reason), answer.text


def asked(desk: Desk, *kits: Kit, **changed: Any) -> dict[str, Any]:
    """Ask for a view that needs a second person; what is pending."""
    answer = desk.look(*kits, **changed)
    assert answer.status_code == 202, answer.text
    pending: dict[str, Any] = answer.json()
    assert pending["state"] == "pending"
    return pending


def approve(desk: Desk, pending: dict[str, Any]) -> httpx.Response:
    return desk.ask("POST", f"/approvals/{pending['approval']}")


def log(host: InThread, who: Signer) -> list[tuple[str, str | None, str | None]]:
    """A resident's log since their camera was granted: what, why refused, by which operator."""
    found = []
    for entry in host.entries(who):
        why = entry["reason"] if "refused" in entry["type"] else None
        found.append((entry["type"], why, (entry["detail"] or {}).get("operator")))
    return [row for row in found if row[0].startswith(("approval", "access", "view"))]


# A second person


def test_one_asks_another_approves_the_first_opens(
    host: InThread, ann: Signer, hub: Hub, porch: Kit
) -> None:
    first, second = hub.sign_in("viewer"), hub.sign_in("approver")
    pending = asked(first, porch)
    assert (pending["asked_by"], pending["approved_by"]) == (first.id, None)
    assert host.entries(ann, "view.open") == []
    listed = second.ask("GET", "/approvals").json()["approvals"]
    assert [one["approval"] for one in listed] == [pending["approval"]]
    assert (listed[0]["cameras"], listed[0]["case"]) == ([porch.id], "C-1")
    approved = approve(second, pending).json()
    assert (approved["state"], approved["approved_by"]) == ("approved", second.id)
    opened = first.look(porch, approval=pending["approval"])
    assert opened.status_code == 201, opened.text
    entry = host.entries(ann, "view.open")[0]
    assert entry["detail"]["approved_by"] == second.id
    assert log(host, ann) == [
        ("approval.asked", None, first.id),
        ("approval.given", None, second.id),
        ("view.open", None, first.id),
    ]
    assert second.ask("GET", "/approvals").json()["approvals"] == []


def test_nobody_approves_for_themselves(host: InThread, ann: Signer, hub: Hub, porch: Kit) -> None:
    both = hub.sign_in("viewer", "approver")
    pending = asked(both, porch)
    refused(approve(both, pending), 403, "self-approval")
    again = hub.sign_in(sub=both.sub)  # the same person, signed in once more
    refused(approve(again, pending), 403, "self-approval")
    refused(both.look(porch, approval=pending["approval"]), 403, "approval-pending")
    assert log(host, ann)[1:] == [
        ("approval.refused", "self-approval", both.id),
        ("approval.refused", "self-approval", both.id),
        ("access.refused", "approval-pending", both.id),
    ]


def test_an_approver_has_the_role_and_is_signed_in(
    host: InThread, ann: Signer, hub: Hub, porch: Kit
) -> None:
    pending = asked(hub.sign_in("viewer"), porch)
    other = hub.sign_in("viewer", "admin")
    refused(approve(other, pending), 403, "role-missing")
    path = f"/approvals/{pending['approval']}"
    refused(host.caller(hub.key).post(path), 403, "operator-missing")
    assert [row[1:] for row in log(host, ann)[1:]] == [
        ("role-missing", other.id),
        ("operator-missing", None),
    ]


def test_another_hub_has_nothing_to_say(
    host: InThread, provider: Provider, clock: ShiftedClock, ann: Signer, hub: Hub, porch: Kit
) -> None:
    first = hub.sign_in("viewer")
    pending = asked(first, porch)
    stranger = hub_at(host, provider, clock).sign_in("approver", "viewer")
    refused(approve(stranger, pending), 404, "no-approval")
    path = f"/approvals/{pending['approval']}"
    refused(stranger.ask("GET", path), 404, "no-approval")
    assert stranger.ask("GET", "/approvals").json()["approvals"] == []
    refused(stranger.ask("POST", f"/approvals/{'A' * 22}"), 404, "no-approval")
    host.grant(porch, stranger.hub.key)
    same = stranger.hub.sign_in(sub=first.sub)  # the same person, at another hub
    assert same.id != first.id
    refused(same.look(porch, approval=pending["approval"]), 403, "no-approval")
    assert log(host, ann)[1:] == [
        ("approval.refused", "no-approval", stranger.id),
        ("access.refused", "no-approval", same.id),
    ]


def test_an_approval_is_good_once(host: InThread, ann: Signer, hub: Hub, porch: Kit) -> None:
    first, second = hub.sign_in("viewer"), hub.sign_in("approver")
    pending = asked(first, porch)
    assert approve(second, pending).status_code == 200
    refused(approve(hub.sign_in("approver"), pending), 409, "approval-given")
    assert first.look(porch, approval=pending["approval"]).status_code == 201
    refused(first.look(porch, approval=pending["approval"]), 403, "approval-used")
    refused(approve(second, pending), 409, "approval-given")
    assert len(host.entries(ann, "view.open")) == 1


def test_of_two_who_come_at_once_with_an_approval_one_has_it(
    host: InThread, hub: Hub, porch: Kit
) -> None:
    first, second = hub.sign_in("viewer"), hub.sign_in("approver")
    assert approve(second, asked(first, porch)).status_code == 200
    approvals, who = host.parts.approvals, host.parts.registry.party(hub.key.thumb)
    assert who is not None

    async def both() -> list[BaseException | None]:
        (one,) = approvals.of(who)
        coming = (approvals.redeem(one), approvals.redeem(one))
        return await asyncio.gather(*coming, return_exceptions=True)

    assert sorted(map(str, host.wait(both()))) == ["None", "approval-used"]


def test_an_approval_is_for_what_was_asked_by_who_asked(
    host: InThread, ann: Signer, hub: Hub, porch: Kit
) -> None:
    first, second = hub.sign_in("viewer"), hub.sign_in("approver", "viewer")
    other = host.camera(ann)
    host.grant(other, hub.key, detail={"approve": "two"})
    pending = asked(first, porch)
    assert approve(second, pending).status_code == 200
    how = {"approval": pending["approval"]}
    for changed in (
        *({"action": "snapshot"}, {"case": "C-2"}, {"case": "c-1"}, {"reason": "another"}),
        {"purpose": "medical"},
    ):
        refused(first.look(porch, **how | changed), 403, "approval-mismatch")
    for kits in ((porch, other), (other,), (porch, porch)):
        refused(first.look(*kits, **how), 403, "approval-mismatch")
    refused(second.look(porch, **how), 403, "approval-of-another")
    assert first.look(porch, **how).status_code == 201


@pytest.mark.parametrize("late", ["approving", "opening"])
def test_ten_minutes_for_all_of_it(
    host: InThread, clock: ShiftedClock, ann: Signer, hub: Hub, porch: Kit, late: str
) -> None:
    first, second = hub.sign_in("viewer"), hub.sign_in("approver")
    pending = asked(first, porch)
    if late == "opening":
        assert approve(second, pending).status_code == 200
    clock.ahead_s += 600
    try:
        if late == "approving":
            refused(approve(second, pending), 410, "approval-expired")
        refused(first.look(porch, approval=pending["approval"]), 403, "approval-expired")
    finally:
        clock.ahead_s -= 600
    refusals = [row[1] for row in log(host, ann) if row[1]]
    assert refusals == ["approval-expired"] * (2 if late == "approving" else 1)


def test_a_hub_without_operators_has_no_second_person(
    host: InThread, ann: Signer, fire: Signer
) -> None:
    kit = host.camera(ann)
    host.grant(kit, fire, detail={"approve": "two"} | PURPOSES)
    refused(ask_view(host, fire, kit), 403, "approval-missing")
    plain = host.camera(ann)
    host.grant(plain, fire, detail=PURPOSES)
    refused(ask_view(host, fire, plain, purpose="violence"), 403, "approval-missing")
    assert ask_view(host, fire, plain).status_code == 201


def test_what_is_refused_anyway_is_not_asked_for(
    host: InThread, ann: Signer, hub: Hub, porch: Kit
) -> None:
    desk = hub.sign_in("viewer")
    refused(desk.look(porch, purpose="theft"), 403, "purpose-not-granted")
    refused(desk.look(porch, host.camera(ann)), 403, "no-grant")
    assert desk.ask("GET", "/approvals").json()["approvals"] == []


def test_who_approved_and_is_dismissed_has_not_approved(
    host: InThread, ann: Signer, hub: Hub, porch: Kit
) -> None:
    first, second, admin = (hub.sign_in(role) for role in ("viewer", "approver", "admin"))
    pending = asked(first, porch)
    assert approve(second, pending).status_code == 200
    assert admin.ask("DELETE", f"/operators/{second.id}").status_code == 204
    refused(first.look(porch, approval=pending["approval"]), 403, "approval-pending")
    assert ("approval.refused", "signed-out", second.id) in log(host, ann)
    assert approve(hub.sign_in("approver"), pending).status_code == 200  # somebody else may
    assert first.look(porch, approval=pending["approval"]).status_code == 201


def test_dismissed_after_their_session_ran_out(host: InThread, hub: Hub, porch: Kit) -> None:
    first, second, admin = (hub.sign_in(role) for role in ("viewer", "approver", "admin"))
    pending = asked(first, porch)
    assert approve(second, pending).status_code == 200
    assert second.ask("DELETE", "/operators/session").status_code == 204  # a captain goes home
    assert first.ask("GET", f"/approvals/{pending['approval']}").json()["state"] == "approved"
    assert admin.ask("DELETE", f"/operators/{second.id}").status_code == 204
    refused(first.look(porch, approval=pending["approval"]), 403, "approval-pending")
    refused(admin.ask("DELETE", f"/operators/{second.id}"), 404, "no-session")


def test_what_somebody_asked_for_goes_with_them(host: InThread, hub: Hub, porch: Kit) -> None:
    first, second, admin = (hub.sign_in(role) for role in ("viewer", "approver", "admin"))
    pending = asked(first, porch)
    assert approve(second, pending).status_code == 200
    assert admin.ask("DELETE", f"/operators/{first.id}").status_code == 204
    again = hub.sign_in(sub=first.sub)
    assert again.id == first.id
    refused(again.look(porch, approval=pending["approval"]), 403, "approval-expired")


def test_dismissed_while_it_is_entered_that_they_approve(
    host: InThread, hub: Hub, porch: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = hub.sign_in("viewer"), hub.sign_in("approver")
    pending = asked(first, porch)
    approvals, who = host.parts.approvals, host.parts.registry.party(hub.key.thumb)
    assert who is not None
    enter = approvals._enter

    async def slowly(type: str, *more: Any, **how: Any) -> None:
        await enter(type, *more, **how)
        if type == "approval.given":
            await host.parts.operators.sign_out(who, second.id)
            await approvals.void(who, second.id)

    monkeypatch.setattr(approvals, "_enter", slowly)
    refused(approve(second, pending), 403, "signed-out")
    refused(first.look(porch, approval=pending["approval"]), 403, "approval-pending")


def test_an_approval_taken_back_cannot_be_used_any_more(
    host: InThread, hub: Hub, porch: Kit
) -> None:
    first, second = hub.sign_in("viewer"), hub.sign_in("approver")
    assert approve(second, asked(first, porch)).status_code == 200
    approvals, who = host.parts.approvals, host.parts.registry.party(hub.key.thumb)
    assert who is not None

    async def between() -> None:
        (one,) = approvals.of(who)  # a view has checked it, and is not open yet
        assert await approvals.void(who, second.id) == 1
        await approvals.redeem(one)

    with pytest.raises(Refused, match="approval-used"):
        host.wait(between())


def test_at_another_issuer_nothing_goes_on(
    host: InThread, provider: Provider, hub: Hub, porch: Kit
) -> None:
    first, second = hub.sign_in("viewer"), hub.sign_in("approver")
    pending = asked(first, porch)
    assert approve(second, pending).status_code == 200
    before = Issuer(provider.url, hub.client_id, ROLES_CLAIM, SAME)
    for issuer in (None, before):  # one person is two at two issuers
        register(host, hub, issuer)
    refused(first.look(porch, approval=pending["approval"]), 401, "no-session")
    again = hub.sign_in(sub=first.sub)
    refused(again.look(porch, approval=pending["approval"]), 403, "no-approval")


def test_revoked_while_it_waited(host: InThread, ann: Signer, hub: Hub) -> None:
    kit = host.camera(ann)
    jti = host.grant(kit, hub.key, detail={"approve": "two"})
    first, second = hub.sign_in("viewer"), hub.sign_in("approver")
    pending = asked(first, kit)
    assert approve(second, pending).status_code == 200
    host.caller(ann).post(f"/grants/{jti}/revoke")
    refused(first.look(kit, approval=pending["approval"]), 403, "revoked")


# The place's profile


def test_the_profile_wants_a_second_person(host: InThread, ann: Signer, hub: Hub) -> None:
    kit = host.camera(ann)
    host.grant(kit, hub.key, detail=PURPOSES)
    first, second = hub.sign_in("viewer"), hub.sign_in("approver")
    pending = asked(first, kit, purpose="violence")
    assert approve(second, pending).status_code == 200
    how = {"purpose": "violence", "approval": pending["approval"]}
    assert first.look(kit, **how).status_code == 201
    assert first.look(kit).status_code == 201  # for a fire one is enough


def test_the_profile_forbids_whatever_the_grant_says(
    host: InThread, ann: Signer, fire: Signer, hub: Hub
) -> None:
    kit = host.camera(ann, "Front Doorbell")
    host.grant(kit, fire, ann)
    refused(ask_view(host, fire, kit), 403, "profile-forbids")
    assert ask_view(host, fire, kit, action="snapshot").status_code == 201
    assert ask_view(host, ann, kit, case="", purpose="").status_code == 201  # one's own
    entry = host.entries(ann, "access.refused")[0]
    assert (entry["reason"], entry["detail"]["rule"]) == ("profile-forbids", "council-14")
    # Whom no grant names is told nothing of what kind of camera it is.
    refused(ask_view(host, hub.key, kit), 403, "operator-missing")
    refused(hub.sign_in("viewer").look(kit), 403, "no-grant")


async def test_a_view_ends_when_the_forbidden_hours_begin(
    host: InThread, clock: ShiftedClock, ann: Signer, hub: Hub
) -> None:
    kit = host.camera(ann)
    host.grant(kit, hub.key, detail=PURPOSES)
    desk = hub.sign_in("viewer")
    opened = desk.look(kit, purpose="medical")
    assert opened.status_code == 201, opened.text
    assert opened.json()["expires"] == BEGINS.timestamp()
    clock.ahead_s += 1800
    try:
        refused(desk.look(kit, purpose="medical"), 403, "profile-forbids")
        await until(lambda: desk.ask("GET", "/views").json()["views"] == [])
    finally:
        clock.ahead_s -= 1800
    assert [entry["reason"] for entry in host.entries(ann, "view.close")] == ["profile-forbids"]


async def test_a_view_of_one_person_ends_when_the_hours_of_two_begin(
    host: InThread, clock: ShiftedClock, ann: Signer, hub: Hub
) -> None:
    kit = host.camera(ann)
    host.grant(kit, hub.key, detail=PURPOSES)
    alone, two = hub.sign_in("viewer"), hub.sign_in("approver")
    opened = alone.look(kit, purpose="missing-person")
    assert opened.json()["expires"] == BEGINS.timestamp()
    clock.ahead_s += 1800
    try:
        await until(lambda: alone.ask("GET", "/views").json()["views"] == [])
        pending = asked(alone, kit, purpose="missing-person")
        assert approve(two, pending).status_code == 200
        again = alone.look(kit, purpose="missing-person", approval=pending["approval"])
        assert again.status_code == 201
    finally:
        clock.ahead_s -= 1800
    assert host.entries(ann, "view.close")[0]["reason"] == "approval-missing"


# Quotas


def test_one_more_than_the_quota(host: InThread, ann: Signer, hub: Hub) -> None:
    kits = [host.camera(ann) for _ in range(2)]
    for kit in kits:
        host.grant(kit, hub.key)
    desk, colleague = hub.sign_in("viewer"), hub.sign_in("viewer")
    assert desk.look(*kits).status_code == 201
    spent = desk.look(*kits)
    refused(spent, 429, "too-many-opens")
    assert 3500 < int(spent.headers["retry-after"]) <= 3600
    assert desk.look(kits[0]).status_code == 201
    refused(desk.look(kits[0]), 429, "too-many-opens")
    assert colleague.look(kits[0]).status_code == 201
    entries = host.entries(ann, "access.refused")
    assert {(e["reason"], e["detail"]["operator"]) for e in entries} == {
        ("too-many-opens", desk.id)
    }
    assert {e["camera"] for e in entries} == {kit.id for kit in kits}


def test_one_camera_more_than_a_case_may_have(host: InThread, ann: Signer, fire: Signer) -> None:
    kits = [host.camera(ann) for _ in range(4)]
    for kit in kits:
        host.grant(kit, fire)
    for kit in kits[:3]:
        assert ask_view(host, fire, kit, case="C-9").status_code == 201
    refused(ask_view(host, fire, kits[3], case="C-9"), 429, "too-many-cameras")
    assert ask_view(host, fire, kits[0], case="C-9").status_code == 201
    assert ask_view(host, fire, kits[3], case="C-10").status_code == 201
