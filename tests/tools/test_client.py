"""The client against a real host: every request signed, the CA pinned, problems in one line."""

import asyncio
import itertools
import time
from pathlib import Path

import httpx
import pytest

from porchkit import client as client_module
from porchkit import keys
from porchkit.client import AsyncClient, Client
from porchkit.errors import CommandError, ConsentRefused, HostUnreachable
from porchlight.client.errors import problem
from porchlight.client.proofs import JTI_BYTES, Proof


def test_who_am_i_over_tls_and_over_loopback(running_host) -> None:
    ca = running_host.home.ca
    for base, given in ((running_host.base, ca), (running_host.plain, None)):
        with Client(base, running_host.resident, ca=given) as client:
            assert client.get("/me")["name"] == "sam"
        with Client(base, running_host.hub, ca=given) as client:
            assert client.get("/me")["kind"] == "hub"


def test_a_stranger_is_not_let_in(running_host) -> None:
    with (
        Client(running_host.base, keys.generate(), ca=running_host.home.ca) as client,
        pytest.raises(CommandError, match=r"not registered there.*unknown-key") as refused,
    ):
        client.get("/me")
    assert refused.value.exit_code == 1


def test_without_a_key_there_is_no_proof(running_host) -> None:
    with (
        Client(running_host.base, None, ca=running_host.home.ca) as client,
        pytest.raises(CommandError, match="no-proof"),
    ):
        client.get("/me")


def test_a_clock_that_is_wrong_is_told(running_host) -> None:
    ca, slow = running_host.home.ca, time.time() - 3600
    with (
        Client(running_host.base, running_host.resident, ca=ca, now=lambda: slow) as client,
        pytest.raises(CommandError, match=r"set the clock.*stale-proof"),
    ):
        client.get("/me")


def test_a_proof_is_good_for_one_request(running_host) -> None:
    ca, same = running_host.home.ca, b"\x07" * JTI_BYTES
    with Client(
        running_host.base, running_host.resident, ca=ca, random=lambda _size: same
    ) as client:
        client.get("/me")
        with pytest.raises(CommandError, match="replayed-proof"):
            client.get("/me")


def test_consent_says_no(running_host) -> None:
    wish = {"cameras": ["A" * 43], "action": "live", "case": "C", "purpose": "fire", "reason": "r"}
    with (
        Client(running_host.base, running_host.hub, ca=running_host.home.ca) as client,
        pytest.raises(ConsentRefused, match="no-grant") as refused,
    ):
        client.open_view(wish)
    assert (refused.value.reason, refused.value.exit_code) == ("no-grant", 3)


def test_another_hosts_ca_is_not_believed(running_host, tmp_path: Path) -> None:
    from porchkit import cli

    cli.dispatch(["init", "--home", str(tmp_path / "other")])
    other = tmp_path / "other" / "ca.pem"
    with (
        Client(running_host.base, running_host.resident, ca=other) as client,
        pytest.raises(CommandError, match="not from the expected CA"),
    ):
        client.get("/me")


def test_nobody_there() -> None:
    with (
        Client("http://127.0.0.1:1", keys.generate()) as client,
        pytest.raises(HostUnreachable, match="porchlight serve"),
    ):
        client.get("/me")


@pytest.mark.parametrize(
    ("base", "hint"),
    [
        ("", "https://NAME"),
        ("porch:8443", "https://NAME"),
        ("ftp://porch", "https://NAME"),
        ("http://192.0.2.1:8080", "plain http is for this machine"),
    ],
)
def test_addresses_that_are_none(base: str, hint: str) -> None:
    with pytest.raises(CommandError, match=hint):
        Client(base, None)


def test_a_ca_that_is_none(tmp_path: Path) -> None:
    bad = tmp_path / "ca.pem"
    bad.write_text("hello")
    with pytest.raises(CommandError, match="--ca"):
        Client("https://127.0.0.1:1", None, ca=bad)


@pytest.mark.parametrize("content", [b"<html>", b"[]", b'{"title": "no reason"}', b"null", b""])
def test_an_answer_that_is_no_problem_document(content: bytes) -> None:
    request = httpx.Request("GET", "http://127.0.0.1:9/x")
    error = problem(httpx.Response(502, content=content, request=request))
    assert str(error) == "http://127.0.0.1:9 answered 502; is it a Porchlight host?"


def test_events_begin_with_open_and_tell_of_entries(running_host) -> None:
    ca = running_host.home.ca
    with (
        Client(running_host.base, running_host.resident, ca=ca) as listener,
        Client(running_host.base, running_host.resident, ca=ca) as talker,
    ):
        events = listener.events()
        assert next(events).name == "open"
        with pytest.raises(ConsentRefused):
            talker.post("/grants", {"token": "nonsense"})
        names = [event.name for event in itertools.islice(events, 1)]
    assert names == ["entry"]


async def test_a_stream_that_is_refused_tells_why(running_host) -> None:
    async with AsyncClient(running_host.base, None, ca=running_host.home.ca) as client:
        url = f"{client_module.API}/views/{'A' * 43}/{'A' * 43}.mjpg"
        with pytest.raises(CommandError, match="no-view"):
            async for _ in client.parts(url):
                pass


async def test_a_stream_that_is_no_stream(running_host) -> None:
    async with AsyncClient(running_host.plain, None) as client:
        with pytest.raises(CommandError, match="broken stream: not an MJPEG stream"):
            async for _ in client.parts("/healthz"):
                pass


async def test_many_requests_at_once(running_host) -> None:
    async with AsyncClient(running_host.plain, running_host.resident) as client:
        found = await asyncio.gather(*(client.get("/me") for _ in range(20)))
    assert {row["name"] for row in found} == {"sam"}


def test_a_proof_names_the_path_without_its_query() -> None:
    import json

    from accord import b64

    key = keys.generate()
    proof = Proof("POST", "https://h:1/p?q=1#f", now=5, jti=bytes(16), body=b"{}")
    text = proof.signed(keys.Signing(key))
    head, claims, signature = text.split(".")
    found = json.loads(b64.decode(claims))
    assert (found["htm"], found["htu"], found["iat"]) == ("POST", "https://h:1/p", 5)
    assert len(b64.decode(found["bh"])) == 32
    assert keys.check(key.public_key(), f"{head}.{claims}".encode(), b64.decode(signature))
