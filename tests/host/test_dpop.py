"""Proofs: every request is signed for itself, once, now, by a key the host knows."""

import hashlib
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord import b64
from porchlight import dpop
from porchlight.dpop import Asked, Proof, Seen
from porchlight.errors import TooMany, Unauthenticated
from tests.support.hosting import InThread, ShiftedClock
from tests.support.signing import Signer, new_id

NOW = 1_800_000_000
SAM = Signer("sam")
URL = "https://porch.local:8443/api/v1/grants"
NAMES = ("porch.local", "localhost")


def asked_for(
    method: str = "POST",
    scheme: str = "https",
    host: str = "porch.local:8443",
    path: str = "/api/v1/grants",
    body: bytes = b"{}",
) -> Asked:
    return Asked(method, scheme, host, path, body, NAMES)


ASKED = asked_for()


def proof(body: bytes = b"{}", **changes: Any) -> str:
    return SAM.proof("POST", URL, body, **({"iat": NOW} | changes))


def reason(text: str, asked: Asked = ASKED, now: int = NOW) -> str:
    with pytest.raises(Unauthenticated) as caught:
        dpop.verify(text, asked, now)
    assert caught.value.headers["WWW-Authenticate"].startswith("DPoP")
    return caught.value.reason


def test_a_proof_for_this_request_holds() -> None:
    found = dpop.verify(proof(jti="0123456789abcdef"), ASKED, NOW)
    assert (found.key.thumb, found.jti, found.iat) == (SAM.thumb, "0123456789abcdef", NOW)


@pytest.mark.parametrize("seconds", [-60, 60])
def test_a_minute_either_way_is_fresh(seconds: int) -> None:
    dpop.verify(proof(), ASKED, NOW + seconds)


@pytest.mark.parametrize("seconds", [-61, 61, 10**6])
def test_more_is_stale(seconds: int) -> None:
    assert reason(proof(), now=NOW + seconds) == "stale-proof"


WRONG_REQUESTS = [
    asked_for(method="GET"),
    asked_for(scheme="http"),
    asked_for(host="porch.local:9443"),
    asked_for(host="porch.local"),
    asked_for(host="localhost:8443"),
    asked_for(path="/api/v1/grants/"),
    asked_for(path="/api/v1/Grants"),
]


@pytest.mark.parametrize("asked", WRONG_REQUESTS, ids=str)
def test_a_proof_is_for_one_request(asked: Asked) -> None:
    assert reason(proof(), asked) == "wrong-request"


@pytest.mark.parametrize(
    "htu",
    [
        URL + "?x=1",
        URL + "#x",
        URL.replace("https://", "https://sam@"),
        "/api/v1/grants",
        "",
        "https://[::1",
        "https://porch.local:99999/api/v1/grants",
    ],
)
def test_a_strange_address_is_another_request(htu: str) -> None:
    assert reason(proof(htu=htu)) == "wrong-request"


def test_a_proof_for_another_host_cannot_be_sent_on_to_this_one() -> None:
    signed = SAM.proof("POST", "https://other.local/api/v1/grants", b"{}", iat=NOW)
    assert reason(signed, asked_for(host="other.local")) == "wrong-host"
    for host in ("", "[::1", "porch.local.evil.example", "porch.local@evil.example", "a b"):
        assert reason(proof(), asked_for(host=host)) == "wrong-host"


def test_default_ports_may_be_left_out() -> None:
    asked = asked_for(host="porch.local", path="/x", body=b"")
    for url in ("https://porch.local/x", "https://PORCH.local:443/x"):
        dpop.verify(SAM.proof("POST", url, iat=NOW), asked, NOW)


def test_a_proof_is_for_one_body() -> None:
    other = asked_for(body=b"{ }")
    assert reason(proof(), other) == "wrong-body"
    assert reason(proof(without=("bh",))) == "wrong-body"
    assert reason(proof(bh=7)) == "wrong-body"
    assert reason(proof(bh="\u00e9")) == "wrong-body"
    assert reason(proof(bh="\ud800")) == "wrong-body"


def test_no_body_needs_no_hash_but_may_have_it() -> None:
    bare = asked_for(body=b"")
    dpop.verify(proof(b""), bare, NOW)
    dpop.verify(proof(b"", bh=b64.encode(hashlib.sha256(b"").digest())), bare, NOW)
    assert reason(proof(), bare) == "wrong-body"


BAD_HEADERS: list[dict[str, Any]] = [
    {"alg": "none"},
    {"alg": "HS256"},
    {"alg": ["ES256"]},
    {"typ": "JWT"},
    {"typ": None},
    {"kid": "x"},
    {"crit": ["b64"]},
    {"jwk": SAM.key.public.jwk() | {"d": "AAAA"}},
    {"jwk": SAM.key.public.jwk() | {"use": "sig"}},
    {"jwk": SAM.key.public.jwk() | {"crv": "P-384"}},
    {"jwk": SAM.key.public.jwk() | {"x": b64.encode(bytes(32))}},
    {"jwk": SAM.key.public.jwk() | {"x": 5}},
    {"jwk": SAM.key.public.jwk() | {"x": "AA=="}},
    {"jwk": SAM.thumb},
    {"jwk": None},
]


@pytest.mark.parametrize("header", BAD_HEADERS)  # named by number: keys are new each time
def test_only_one_kind_of_header_is_taken(header: dict[str, Any]) -> None:
    assert reason(proof(header=header)) == "bad-proof"


BAD_CLAIMS: list[dict[str, Any]] = [
    {"iat": True},
    {"iat": float(NOW)},
    {"iat": str(NOW)},
    {"iat": None},
    {"jti": 7},
    {"jti": "short"},
    {"jti": "x" * 65},
    {"jti": "0123456789abcde\n"},
    {"htm": None},
    {"htu": ["x"]},
    {"nonce": "x"},
]


@pytest.mark.parametrize("claims", BAD_CLAIMS, ids=str)
def test_types_are_strict(claims: dict[str, Any]) -> None:
    assert reason(proof(**claims)) == "bad-proof"


@pytest.mark.parametrize("claim", ["htm", "htu", "iat", "jti"])
def test_every_claim_is_needed(claim: str) -> None:
    assert reason(proof(without=(claim,))) == "bad-proof"


@pytest.mark.parametrize("number", ["1e400", "NaN", "-Infinity", "1800000000.0"])
def test_numbers_that_are_none_are_refused(number: str) -> None:
    header = '{"alg":"ES256","typ":"dpop+jwt","jwk":{}}'
    claims = f'{{"htm":"POST","htu":"{URL}","iat":{number},"jti":"{new_id()}"}}'
    assert reason(SAM.jws(header, claims)) == "bad-proof"


def test_a_signature_by_another_key_does_not_hold() -> None:
    other = Signer("other")
    forged = other.proof("POST", URL, b"{}", iat=NOW, header={"jwk": SAM.key.public.jwk()})
    assert reason(forged) == "bad-signature"


def test_every_changed_character_is_refused() -> None:
    whole = proof()
    for at in range(0, len(whole), 7):
        changed = whole[:at] + ("A" if whole[at] != "A" else "B") + whole[at + 1 :]
        assert reason(changed) in ("bad-proof", "bad-signature", "wrong-request", "wrong-body",
                                   "stale-proof")  # fmt: skip


@given(
    st.one_of(st.text(max_size=200), st.from_regex(r"\A[\w-]{0,40}\.[\w-]{0,40}\.[\w-]{0,90}\Z"))
)
def test_anything_else_is_refused_in_one_way(text: str) -> None:
    assert reason(text) in ("no-proof", "bad-proof")


def test_deep_and_long_proofs_are_refused() -> None:
    assert reason(SAM.jws("[" * 1000, "{}")) == "bad-proof"
    assert reason("x" * 3000) == "bad-proof"


def made(jti: str, key: Signer = SAM) -> Proof:
    return Proof(key.key.public, jti, NOW)


def test_a_proof_is_good_once_while_it_is_fresh() -> None:
    seen = Seen(since=NOW)
    seen.once(made("a"), NOW)
    for later in (0, 60, 120):
        with pytest.raises(Unauthenticated, match="replayed-proof"):
            seen.once(made("a"), NOW + later)
    seen.once(made("b"), NOW + 60)
    seen.once(made("a", Signer("other")), NOW)


def test_what_was_signed_before_this_run_is_not_taken() -> None:
    """The run before may have seen it."""
    with pytest.raises(Unauthenticated, match="stale-proof"):
        Seen(since=NOW + 1).once(made("a"), NOW + 2)


def test_memory_is_bounded_for_each_key_alone() -> None:
    seen = Seen(since=NOW, per_key=3)
    for jti in "abc":
        seen.once(made(jti), NOW)
    with pytest.raises(TooMany) as caught:
        seen.once(made("d"), NOW)
    assert caught.value.headers["Retry-After"]
    seen.once(made("a", Signer("other")), NOW)
    seen.once(made("d"), NOW + 121)  # the first three are stale by now


def ask(host: InThread, signed: str | None, base: str | None = None) -> httpx.Response:
    headers = [] if signed is None else [("DPoP", signed)]
    verify = host.tls() if base == host.https else False
    with httpx.Client(verify=verify, trust_env=False) as http:
        return http.get(f"{base or host.http}/api/v1/me", headers=headers)


def test_the_host_knows_who_asks(host: InThread) -> None:
    sam, fire = host.resident("sam"), host.hub("fire")
    assert host.caller(sam).get("/me").json() == {
        "kind": "resident", "thumb": sam.thumb, "name": "sam", "host": host.thumb, "operator": None,
        "roles": [], "may": [], "expires": None, "issuer": None,
    }  # fmt: skip
    assert host.caller(fire, over_tls=True).get("/me").json()["kind"] == "hub"


def test_without_a_known_key_there_is_no_answer(host: InThread) -> None:
    url = f"{host.http}/api/v1/me"
    for signed, why in ((None, "no-proof"), (Signer("x").proof("GET", url), "unknown-key")):
        answer = ask(host, signed)
        assert (answer.status_code, answer.json()["reason"]) == (401, why)
        assert answer.headers["www-authenticate"].startswith("DPoP")


def test_a_proof_works_once_and_at_one_listener(host: InThread) -> None:
    sam = host.resident()
    signed = sam.proof("GET", f"{host.http}/api/v1/me")
    assert ask(host, signed, host.https).json()["reason"] == "wrong-request"
    assert ask(host, signed).status_code == 200
    assert ask(host, signed).json()["reason"] == "replayed-proof"


def test_two_proofs_are_none(host: InThread) -> None:
    sam = host.resident()
    headers = [("DPoP", sam.proof("GET", f"{host.http}/api/v1/me")) for _ in range(2)]
    with httpx.Client(trust_env=False) as http:
        answer = http.get(f"{host.http}/api/v1/me", headers=headers)
    assert answer.json()["reason"] == "bad-proof"


def test_the_hosts_clock_decides_what_is_fresh(host: InThread, clock: ShiftedClock) -> None:
    sam = host.resident()
    clock.ahead_s = 300
    try:
        assert host.caller(sam).get("/me").json()["reason"] == "stale-proof"
    finally:
        clock.ahead_s = 0
