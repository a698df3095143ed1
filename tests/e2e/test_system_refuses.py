"""The running system, refusing: real host, real firmware, a tap that counts picture bytes.

Whatever is wrong with a grant: a hub that wants to look is turned away with a problem document,
the resident's log says so, and no picture byte passes the tap. Each test ends with pictures under
a good grant, so that a system which never shows anything cannot pass.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from accord import b64
from porchkit.tap import Tap
from porchkit.vboard import BoardConfig, VirtualBoard
from tests.support.hosting import PATIENCE_S, InThread, Kit, hosted
from tests.support.runtimes import find_micropython
from tests.support.signing import Signer

VIEW = {"action": "live", "case": "24-117", "purpose": "fire", "reason": "smoke reported"}


class House:
    """One resident, one hub, one camera with its board behind a tap, at a running host."""

    def __init__(self, host: InThread, tap: Tap, board: VirtualBoard) -> None:
        self.host, self.tap, self.board = host, tap, board
        self.sam = host.resident()
        self.hub = host.hub()
        self.kit: Kit = host.camera(self.sam)

    async def power_on(self) -> None:
        authority = x509.load_pem_x509_certificate(self.host.ca.read_bytes())
        public = self.sam.key.public.jwk()
        self.board.provision(
            BoardConfig(
                host="127.0.0.1",
                port=self.tap.port,
                server_name="localhost",
                ca_der=authority.public_bytes(Encoding.DER),
                board_key=self.kit.key,
                resident_x=b64.decode(public["x"]),
                resident_y=b64.decode(public["y"]),
            )
        )
        await self.board.start()
        await self.until(lambda: self.camera()["state"] is not None)

    def camera(self) -> dict[str, Any]:
        answer = self.host.caller(self.sam).get(f"/cameras/{self.kit.id}")
        found: dict[str, Any] = answer.json()
        return found

    async def until(self, happened: Callable[[], Any]) -> None:
        """Ask the running system again and again until it says so."""
        deadline = time.monotonic() + PATIENCE_S
        while not await asyncio.to_thread(happened):
            assert time.monotonic() < deadline, self.board.log.read_text()[-800:]
            await asyncio.sleep(0.02)

    async def hand_in(self, token: str) -> httpx.Response:
        caller = self.host.caller(self.sam)
        return await asyncio.to_thread(caller.post, "/grants", {"token": token})

    def token(self, **changes: Any) -> str:
        """A good grant, changed."""
        return self.kit.owner.grant(self.kit.id, self.hub.thumb, seq=self.kit.next_seq(), **changes)

    async def look(self, who: Signer | None = None, **changes: Any) -> httpx.Response:
        """Try to open a view."""
        body = VIEW | {"cameras": [self.kit.id]} | changes
        caller = self.host.caller(who or self.hub)
        return await asyncio.to_thread(caller.post, "/views", body)

    async def assert_refused(self, answer: httpx.Response, reason: str, entry: str) -> None:
        """A problem document, an entry that says the same, and nothing past the tap."""
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        assert answer.json()["reason"] == reason
        log = await asyncio.to_thread(self.host.entries, self.sam, entry)
        assert log[-1]["reason"] == reason
        assert self.tap.pictures.bytes == 0

    async def assert_it_shows_under_a_good_grant(self) -> None:
        assert self.tap.pictures.bytes == 0
        assert (await self.hand_in(self.token())).status_code == 201
        opened = await self.look()
        assert opened.status_code == 201, opened.text
        stream = opened.json()["urls"]["cameras"][self.kit.id]["stream"]
        async with (
            httpx.AsyncClient(base_url=self.host.http, timeout=PATIENCE_S) as client,
            client.stream("GET", stream) as answer,
        ):
            got = b""
            async for chunk in answer.aiter_bytes():
                got += chunk
                if got.count(b"\xff\xd8\xff") >= 3:
                    break
        assert self.tap.pictures.bytes > 10_000


@pytest.fixture
async def house(film: Path, tmp_path: Path) -> AsyncIterator[House]:
    find_micropython()
    with hosted(tmp_path / "home") as host:
        tap = Tap("127.0.0.1", host.ports.https)
        await tap.start()
        board = VirtualBoard(tmp_path / "board", footage=film)
        made = House(host, tap, board)
        try:
            await made.power_on()
            yield made
        finally:
            await board.stop()
            await tap.stop()


def with_claim(token: str, owner: Signer, written: Callable[[str], str]) -> str:
    """The token with its claims rewritten as text and signed again: what no tool of ours makes."""
    head, body, _ = token.split(".")
    return owner.jws(b64.decode(head).decode(), written(b64.decode(body).decode()))


async def test_tokens_with_a_strange_expiry(house: House) -> None:
    def exp(text: str) -> str:
        return str(json.loads(text)["exp"])

    written: list[tuple[str, Callable[[str], str]]] = [
        ("bad-value", lambda text: text.replace(exp(text), f'"{exp(text)}"')),
        ("not-canonical", lambda text: text.replace(exp(text), f"{exp(text)}.0")),
        ("not-canonical", lambda text: text.replace(exp(text), "1e400")),
        ("missing-claim", lambda text: text.replace(f'"exp":{exp(text)},', "")),
        ("unknown-claim", lambda text: text.replace('"exp":', '"everything":true,"exp":')),
    ]
    for reason, rewrite in written:
        answer = await house.hand_in(with_claim(house.token(), house.sam, rewrite))
        await house.assert_refused(answer, reason, "grant.refused")
        await house.assert_refused(await house.look(), "no-grant", "access.refused")
    await house.assert_it_shows_under_a_good_grant()


async def test_grants_that_do_not_hold(house: House) -> None:
    now = int(time.time())
    minute = (time.gmtime(now).tm_wday * 1440 + 720 + 3 * 1440) % 10080
    away = {"windows": [[minute, minute + 1]], "tz": "UTC0"}
    other = house.host.hub()
    await house.assert_refused(await house.look(), "no-grant", "access.refused")

    late = await house.hand_in(house.token(now=now - 7200))
    await house.assert_refused(late, "expired", "grant.refused")
    kept = {"not-yet-valid": {"nbf": now + 1800}, "outside-window": {"detail": away}}
    for reason, changes in kept.items():
        taken = await house.hand_in(house.token(**changes))
        assert taken.status_code == 201, taken.text
        await house.assert_refused(await house.look(), reason, "access.refused")
        await asyncio.to_thread(
            house.host.caller(house.sam).post, f"/grants/{taken.json()['jti']}/revoke"
        )
        await house.assert_refused(await house.look(), "revoked", "access.refused")
    await house.assert_refused(await house.look(other), "no-grant", "access.refused")
    await house.assert_it_shows_under_a_good_grant()


async def test_grants_for_others(house: House) -> None:
    eve = house.host.resident()
    theirs = house.host.camera(eve)
    elsewhere = house.sam.grant(theirs.id, house.hub.thumb, seq=1)
    await house.assert_refused(await house.hand_in(elsewhere), "wrong-camera", "grant.refused")
    forged = eve.grant(house.kit.id, house.hub.thumb, seq=9)
    await house.assert_refused(await house.hand_in(forged), "unknown-key", "grant.refused")
    unknown = house.sam.grant(house.kit.id, Signer("nobody").thumb, seq=9)
    await house.assert_refused(await house.hand_in(unknown), "unknown-hub", "grant.refused")
    older = house.token()
    good = house.token()
    flipped = older[:-20] + ("A" if older[-20] != "A" else "B") + older[-19:]
    await house.assert_refused(await house.hand_in(flipped), "bad-signature", "grant.refused")
    assert (await house.hand_in(good)).status_code == 201
    await house.assert_refused(await house.hand_in(older), "seq-replayed", "grant.refused")
    stranger = house.host.hub()
    await house.assert_refused(await house.look(stranger), "no-grant", "access.refused")
    await house.assert_it_shows_under_a_good_grant()


async def test_views_that_do_not_say_why(house: House) -> None:
    assert (await house.hand_in(house.token())).status_code == 201
    for reason, changes in (
        ("case-missing", {"case": ""}),
        ("purpose-missing", {"purpose": ""}),
        ("purpose-not-granted", {"purpose": "theft"}),
        ("purpose-not-granted", {"purpose": "own-use"}),
    ):
        await house.assert_refused(await house.look(**changes), reason, "access.refused")
    await house.assert_it_shows_under_a_good_grant()
