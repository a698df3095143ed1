"""Operators: signed in at a real provider, known by pseudonym and role, bound to the hub's key."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwk
from starlette.responses import JSONResponse, RedirectResponse, Response

from porchlight.clock import Clock
from porchlight.dpop import token_hash
from porchlight.sections import OperatorRules
from porchlight.store import Store
from porchlight.who import jwks, roles
from porchlight.who.issuers import ROLES_CLAIM, SAME, Issuer, Issuers
from porchlight.who.operators import ASKED, SIGN_INS, Operators
from tests.support.desks import Hub, hub_at, register
from tests.support.hosting import API, InThread, Kit, ShiftedClock, Signer
from tests.support.provider import CALLBACK, Provider, id_token, providing
from tests.support.viewing import ask_view, until


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as running:
        yield running


@pytest.fixture
def hub(host: InThread, provider: Provider, clock: ShiftedClock) -> Hub:
    """A hub of one's own, with an issuer."""
    return hub_at(host, provider, clock)


def refused(answer: httpx.Response, status: int, reason: str) -> None:
    assert (answer.status_code, answer.json()["reason"]) == (status, reason), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def reasons(host: InThread, who: Signer) -> list[tuple[str, str | None]]:
    """Of a resident's refusals: why, and which operator."""
    found = host.entries(who, "access.refused")
    return [(entry["reason"], entry["detail"].get("operator")) for entry in found]


def test_an_operator_signs_in_and_looks_and_the_resident_reads_who(
    host: InThread, ann: Signer, porch: Kit, hub: Hub
) -> None:
    host.grant(porch, hub.key)
    desk = hub.sign_in("viewer", "no-such-role")
    assert desk.session["roles"] == ["viewer"]
    assert time.time() < desk.session["expires"] <= time.time() + 3600
    assert desk.ask("GET", "/operators/session").json()["operator"] == desk.id
    opened = desk.look(porch)
    assert opened.status_code == 201, opened.text
    assert opened.json()["expires"] <= desk.session["expires"]
    entry = host.entries(ann, "view.open")[0]
    assert (entry["hub"], entry["detail"]["operator"]) == (hub.key.thumb, desk.id)
    assert desk.ask("GET", "/views").json()["views"][0]["operator"] == desk.id


def test_a_pseudonym_is_of_one_hub_and_stays(
    host: InThread, provider: Provider, clock: ShiftedClock, hub: Hub
) -> None:
    first = hub.sign_in("viewer")
    again = hub.sign_in(sub=first.sub)
    elsewhere = hub_at(host, provider, clock).sign_in(sub=first.sub)
    assert first.id == again.id
    assert first.id != elsewhere.id
    assert len(first.id) == 22
    assert first.sub not in str(first.session)


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES384"])
def test_what_providers_sign_with(
    host: InThread, clock: ShiftedClock, provider: Provider, alg: str
) -> None:
    kind, size = ("EC", "P-384") if alg == "ES384" else ("RSA", 2048)
    mine = jwk.generate_key(kind, size, {"kid": alg, "use": "sig"})
    before = provider.keys[:]
    provider.keys[:] = [mine, *before]
    try:
        hub = hub_at(host, provider, clock, alg)
        host.call(host.parts.operators._keys._kept.clear)
        assert hub.sign_in("viewer").id
    finally:
        provider.keys[:] = before
        host.call(host.parts.operators._keys._kept.clear)


# Tokens that are not what they should be


def test_an_id_token_is_good_once(hub: Hub, provider: Provider) -> None:
    nonce = hub.begin()["nonce"]
    token = id_token(provider, provider.person("viewer"), hub.client_id, nonce)
    assert hub.bring(token).status_code == 201
    refused(hub.bring(token), 401, "bad-nonce")


def test_an_id_token_is_for_the_hub_that_began(
    host: InThread, provider: Provider, clock: ShiftedClock, hub: Hub
) -> None:
    thief = hub_at(host, provider, clock)
    register(host, thief, Issuer(provider.url, hub.client_id, ROLES_CLAIM, SAME))
    nonce = hub.begin()["nonce"]
    token = id_token(provider, provider.person("viewer"), hub.client_id, nonce)
    refused(thief.bring(token), 401, "bad-nonce")
    assert hub.bring(token).status_code == 201  # and is not used up by the attempt


@pytest.mark.parametrize(
    ("reason", "changed"),
    [
        ("wrong-issuer", {"iss": "http://127.0.0.1:1"}),
        ("wrong-audience", {"aud": "another-client"}),
        ("expired-token", {"exp": 1}),
        ("bad-nonce", {"nonce": "n" * 43}),
        ("wrong-key", {"cnf": {"jkt": "A" * 43}}),
    ],
)
def test_a_token_that_the_issuer_signed_for_something_else(
    hub: Hub, provider: Provider, reason: str, changed: dict[str, object]
) -> None:
    now = int(time.time())
    claims = {"iss": provider.url, "aud": hub.client_id, "sub": "x", "iat": now, "exp": now + 60}
    said = claims | {"nonce": hub.begin()["nonce"], "roles": ["admin"]} | changed
    refused(hub.bring(provider.sign(said)), 401, reason)


def test_keys_that_came_later_are_fetched_but_not_at_a_stranger_s_pace(
    host: InThread, provider: Provider, hub: Hub
) -> None:
    hub.sign_in("viewer")
    kept = host.parts.operators._keys._kept[provider.url]
    asked = provider.asked["/jwks"]
    nonce = hub.begin()["nonce"]
    provider.rotate()
    token = id_token(provider, provider.person("viewer"), hub.client_id, nonce)
    for _ in range(3):
        refused(hub.bring(token), 401, "bad-signature")  # within the minute nobody is asked again
    assert provider.asked["/jwks"] == asked
    kept.fetched -= 61
    assert hub.bring(token).status_code == 201
    assert provider.asked["/jwks"] == asked + 1


def test_an_issuer_that_is_away_signs_nobody_in(
    host: InThread, provider: Provider, clock: ShiftedClock
) -> None:
    hub = hub_at(host, provider, clock)
    away = "http://127.0.0.1:9"
    register(host, hub, Issuer(away, hub.client_id, ROLES_CLAIM, SAME))
    now = int(time.time())
    claims = {"iss": away, "aud": hub.client_id, "sub": "x", "iat": now, "exp": now + 60}
    token = provider.sign(claims | {"nonce": hub.begin()["nonce"]})
    refused(hub.bring(token), 503, "issuer-unreachable")


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"issuer": "http://127.0.0.1:1", "jwks_uri": "http://127.0.0.1:1"}),
        JSONResponse({"issuer": "{url}", "jwks_uri": "http://keys.example.org/"}),
        JSONResponse({"issuer": "{url}", "jwks_uri": "https://keys.example.org/"}),
        JSONResponse({"issuer": "{url}", "jwks_uri": "file:///etc/passwd"}),
        JSONResponse({"issuer": "{url}"}),
        JSONResponse(["{url}"]),
        Response("x" * (jwks.MAX_BYTES + 1)),
        RedirectResponse("{url}/jwks"),
        Response("no such page", 404),
    ],
)
async def test_an_issuer_that_answers_nonsense(provider: Provider, answer: Response) -> None:
    answer.body = bytes(answer.body).replace(b"{url}", provider.url.encode())
    answer.init_headers()
    provider.answer = answer
    try:
        with pytest.raises(ValueError, match=r"its|it answered|must"):
            await jwks.fetch(provider.url)
    finally:
        provider.answer = None
    assert await jwks.fetch(provider.url)


def test_sign_ins_that_are_never_ended_have_a_bound(hub: Hub) -> None:
    answers = [hub.ask("POST", "/operators/sign-in") for _ in range(SIGN_INS + 1)]
    assert [answer.status_code for answer in answers[:-1]] == [201] * SIGN_INS
    refused(answers[-1], 429, "too-many-sign-ins")
    assert answers[-1].headers["retry-after"] == "600"


def test_the_host_takes_a_code_to_the_issuer_for_a_page_that_cannot(
    hub: Hub, provider: Provider
) -> None:
    where = hub.ask("GET", "/operators/issuer").json()
    assert where == {
        "issuer": provider.url,
        "client_id": hub.client_id,
        "authorization_endpoint": f"{provider.url}/authorize",
    }
    brought = {"code": "made-up", "code_verifier": "v" * 43, "redirect_uri": CALLBACK}
    refused(hub.ask("POST", "/operators/code", brought), 401, "bad-code")
    assert hub.ask("POST", "/operators/code", brought | {"code_verifier": "short"}).is_client_error
    provider.answer = JSONResponse(
        {"issuer": provider.url, "authorization_endpoint": "javascript:alert(1)"}
    )
    try:
        refused(hub.ask("GET", "/operators/issuer"), 503, "issuer-unreachable")
        refused(hub.ask("POST", "/operators/code", brought), 503, "issuer-unreachable")
    finally:
        provider.answer = None


def test_a_hub_has_its_issuer_asked_only_so_often(host: InThread, hub: Hub) -> None:
    """Each question is a TLS connection of the host's, whatever the page brings."""
    parts = host.serving.app.state.parts
    party = parts.registry.party(hub.key.thumb)
    for _ in range(ASKED):
        parts.operators.to_ask(party)
    brought = {"code": "made-up", "code_verifier": "v" * 43, "redirect_uri": CALLBACK}
    for answer in (
        hub.ask("GET", "/operators/issuer"),
        hub.ask("POST", "/operators/code", brought),
    ):
        refused(answer, 429, "too-many-sign-ins")
        assert answer.headers["retry-after"] == "60"


def test_the_page_is_told_what_the_one_who_is_there_may_do(host: InThread, hub: Hub) -> None:
    nobody = hub.ask("GET", "/me").json()
    assert (nobody["issuer"], nobody["operator"], nobody["may"]) == (hub.provider.url, None, [])
    desk = hub.sign_in("viewer", "approver")
    told = desk.ask("GET", "/me").json()
    assert (told["operator"], told["may"]) == (desk.id, ["approve", "look", "read"])
    assert told["expires"] == desk.session["expires"]


def test_a_hub_without_an_issuer_signs_nobody_in(host: InThread, fire: Signer) -> None:
    refused(host.caller(fire).post("/operators/sign-in"), 404, "no-issuer")


# A stolen token


def test_a_stolen_token_opens_nothing(
    host: InThread, provider: Provider, clock: ShiftedClock, hub: Hub, porch: Kit
) -> None:
    host.grant(porch, hub.key)
    token = hub.sign_in("viewer", "admin").token
    thief = hub_at(host, provider, clock)
    view = {"cameras": [porch.id], "action": "live", "case": "C", "purpose": "fire"}
    for method, path, body in [("POST", "/views", view), ("GET", "/operators", None)]:
        refused(thief.ask(method, path, body, token=token), 401, "no-session")  # their own key
    refused(hub.ask("GET", "/operators", token=token, by=Signer("x")), 401, "unknown-key")
    refused(hub.ask("GET", "/operators", token=token, ath=""), 401, "wrong-token")
    refused(hub.ask("GET", "/operators", token=token, ath=token_hash("x")), 401, "wrong-token")
    refused(hub.ask("GET", "/operators", ath=token_hash(token)), 401, "wrong-token")
    refused(hub.ask("GET", "/operators", token=token, scheme="Bearer"), 401, "bad-token")
    refused(hub.ask("GET", "/operators", token="A" * 43), 401, "no-session")
    assert hub.ask("GET", "/operators", token=token).status_code == 200


def test_tokens_and_nonces_are_kept_as_hashes_only(host: InThread, hub: Hub) -> None:
    begun, desk = hub.begin(), hub.sign_in("viewer")
    kept = b"".join(path.read_bytes() for path in host.home.glob("porchlight.db*"))
    assert desk.id.encode() in kept
    assert desk.token.encode() not in kept
    assert begun["nonce"].encode() not in kept
    assert desk.sub.encode() not in kept


# Roles


def test_no_operator_no_view_where_the_hub_has_an_issuer(
    host: InThread, ann: Signer, porch: Kit, hub: Hub
) -> None:
    host.grant(porch, hub.key)
    refused(ask_view(host, hub.key, porch), 403, "operator-missing")
    refused(host.caller(hub.key).get("/cameras"), 403, "operator-missing")
    assert host.caller(hub.key).get("/me").status_code == 200
    assert reasons(host, ann) == [("operator-missing", None)]


def test_an_operator_without_a_role_for_it_is_refused_and_entered(
    host: InThread, ann: Signer, porch: Kit, hub: Hub
) -> None:
    host.grant(porch, hub.key)
    desk = hub.sign_in("approver", "auditor", "admin")
    refused(desk.look(porch), 403, "role-missing")
    assert reasons(host, ann) == [("role-missing", desk.id)]
    nobody = hub.sign_in()
    refused(nobody.look(porch), 403, "role-missing")
    refused(nobody.ask("GET", "/grants"), 403, "role-missing")


@pytest.mark.parametrize("role", roles.MAY)
def test_a_role_may_what_the_table_says(hub: Hub, role: str) -> None:
    desk = hub.sign_in(role)
    for path in ("/grants", "/views", "/approvals", "/operators", "/requests"):
        allowed = roles.may([role], roles.takes("GET", API + path))
        assert desk.ask("GET", path).status_code == (200 if allowed else 403), path


def test_every_route_has_a_line_in_the_table(host: InThread) -> None:
    """What is in no line, no operator may do: a new noun says in roles.NOUNS who may."""
    paths = host.serving.app.openapi()["paths"]
    proven = [path for path in paths if path.startswith(API) and "{ticket}" not in path]
    assert [path for path in proven if not roles.NOUNS.keys() & set(path.split("/"))] == []
    assert roles.takes("GET", f"{API}/no-such-noun") == roles.NOBODY
    assert not any(roles.may([role], roles.NOBODY) for role in roles.MAY)


def test_with_operators_required_a_key_alone_may_nothing(tmp_path: Path, fire: Signer) -> None:
    store = Store(f"sqlite:///{tmp_path / 'x.db'}")
    store.open()
    issuers = Issuers(store, Clock())
    who = _Anyone("A" * 43, is_resident=False)
    lenient = Operators(store, issuers, Clock())
    strict = Operators(store, issuers, Clock(), OperatorRules(required=True))
    assert lenient.objection(who, None, roles.LOOK) is None
    assert strict.objection(who, None, roles.LOOK) == "operator-missing"
    assert strict.objection(_Anyone("B" * 43, is_resident=True), None, roles.LOOK) is None
    store.close()


class _Anyone:
    def __init__(self, thumb: str, *, is_resident: bool) -> None:
        self.thumb = thumb
        self.is_resident = is_resident


# Leaving


def test_signing_out_ends_the_session_and_its_views(
    host: InThread, ann: Signer, porch: Kit, hub: Hub
) -> None:
    host.grant(porch, hub.key)
    desk, other = hub.sign_in("viewer"), hub.sign_in("viewer")
    for one in (desk, other):
        assert one.look(porch).status_code == 201
    assert desk.ask("DELETE", "/operators/session").status_code == 204
    refused(desk.ask("GET", "/views"), 401, "no-session")
    closed = host.entries(ann, "view.close")
    assert [entry["reason"] for entry in closed] == ["signed-out"]
    assert len(other.ask("GET", "/views").json()["views"]) == 1


def test_who_signs_out_while_a_view_is_opened_gets_none(
    host: InThread, ann: Signer, porch: Kit, hub: Hub
) -> None:
    """The session ends when all rules were asked, and the entry is being written."""
    host.grant(porch, hub.key)
    desk = hub.sign_in("viewer")
    entries = host.parts.entries
    write = entries.add_with_receipts

    async def late(*drafts: Any) -> Any:
        await host.parts.operators.sign_out(host.parts.registry.party(hub.key.thumb), desk.id)
        return await write(*drafts)

    entries.add_with_receipts = late
    try:
        refused(desk.look(porch), 403, "signed-out")
    finally:
        del entries.add_with_receipts
    assert [entry["reason"] for entry in host.entries(ann, "view.close")] == ["signed-out"]


def test_an_admin_ends_another_s_session(hub: Hub) -> None:
    desk, admin = hub.sign_in("viewer"), hub.sign_in("admin")
    refused(desk.ask("DELETE", f"/operators/{admin.id}"), 403, "role-missing")
    listed = admin.ask("GET", "/operators").json()["operators"]
    assert {one["operator"] for one in listed} == {desk.id, admin.id}
    assert admin.ask("DELETE", f"/operators/{desk.id}").status_code == 204
    refused(desk.ask("GET", "/grants"), 401, "no-session")
    refused(admin.ask("DELETE", f"/operators/{desk.id}"), 404, "no-session")


def test_a_session_ends_by_itself(hub: Hub, clock: ShiftedClock) -> None:
    desk = hub.sign_in("viewer")
    clock.ahead_s += 3600
    try:
        refused(desk.ask("GET", "/grants"), 401, "no-session")
    finally:
        clock.ahead_s -= 3600


async def test_another_issuer_ends_all_sessions(host: InThread, hub: Hub) -> None:
    desk = hub.sign_in("viewer")
    before = Issuer(hub.provider.url, hub.client_id, ROLES_CLAIM, SAME)
    register(host, hub, replace(before, client_id="another"))
    await until(lambda: desk.ask("GET", "/grants").status_code == 401)
