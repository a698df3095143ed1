"""A resident's agent as they run it: real host, real firmware, a real `porchlight agent`.

While it runs and reaches the board there are pictures; once it does not, the board is dark by
itself. What a resident pauses it cannot resume.
"""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from accord import b64
from porchkit import cli
from porchkit.tap import Tap
from porchkit.vboard import BoardConfig, VirtualBoard
from tests.support.hosting import PATIENCE_S, InThread, Kit, hosted
from tests.support.runtimes import find_micropython
from tests.support.signing import Signer
from tests.support.viewing import ask_view, until


class House:
    """Ann, her camera behind a tap, and what she types."""

    def __init__(self, host: InThread, tap: Tap, folder: Path) -> None:
        self.host, self.tap = host, tap
        self.ann: Signer = host.resident()
        self.fire: Signer = host.hub()
        self.kit: Kit = host.camera(self.ann)
        self.key, self.agent = folder / "ann.pem", folder / "agent.pem"
        self.key.write_bytes(self.ann.key.pem())
        self.where = ["--host", host.https, "--ca", str(host.ca)]

    async def types(self, *words: str, key: Path | None = None) -> None:
        """One command line, which must succeed."""
        line = [*words, *self.where, "--key", str(key or self.key)]
        assert await asyncio.to_thread(cli.main, line) == 0, words

    def reason(self) -> str | None:
        """What the board says of itself."""
        caller = self.host.caller(self.ann)
        said: str | None = caller.get(f"/cameras/{self.kit.id}").json()["reason"]
        return said

    def wanted(self) -> bool:
        """Whether the board is to film, as far as its host knows."""
        camera = self.host.parts.cameras.get(self.kit.id)
        return camera is not None and bool(self.host.call(lambda: camera.wants))

    def refusal(self) -> str:
        answer = ask_view(self.host, self.fire, self.kit)
        return "" if answer.is_success else str(answer.json()["reason"])

    @contextmanager
    def running(self, lease: str) -> Iterator["subprocess.Popen[str]"]:
        """`porchlight agent` in a process of its own."""
        command = [sys.executable, "-m", "porchkit.cli", "agent", self.kit.id, "--lease", lease]
        command += [*self.where, "--key", str(self.agent)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment
        ) as process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture
async def house(film: Path, tmp_path: Path) -> AsyncIterator[House]:
    find_micropython()
    with hosted(tmp_path / "home") as host:
        tap = Tap("127.0.0.1", host.ports.https)
        await tap.start()
        made = House(host, tap, tmp_path)
        board = VirtualBoard(tmp_path / "board", footage=film)
        authority = x509.load_pem_x509_certificate(host.ca.read_bytes())
        public = made.ann.key.public.jwk()
        board.provision(
            BoardConfig(
                host="127.0.0.1",
                port=tap.port,
                server_name="localhost",
                ca_der=authority.public_bytes(Encoding.DER),
                board_key=made.kit.key,
                resident_x=b64.decode(public["x"]),
                resident_y=b64.decode(public["y"]),
            )
        )
        try:
            await board.start()
            await until(lambda: made.reason() is not None)
            yield made
        finally:
            await board.stop()
            await tap.stop()


async def line_of(process: "subprocess.Popen[str]") -> str:
    """The next line it prints."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        return await asyncio.to_thread(process.stdout.readline)


async def test_pictures_while_the_agent_runs_and_dark_when_it_does_not(house: House) -> None:
    await house.types("grant", house.kit.id, "--to", house.fire.thumb, "--lease", "--purposes=fire")
    await house.types("delegate", house.kit.id, "--agent", str(house.agent), "--lease", "10m")
    assert house.refusal() == "no-lease"
    with house.running("2s") as agent:
        assert re.match("alive for .*: the board confirmed", await line_of(agent))
        opened = ask_view(house.host, house.fire, house.kit).json()
        stream = opened["urls"]["cameras"][house.kit.id]["stream"]
        async with (
            httpx.AsyncClient(base_url=house.host.http, timeout=PATIENCE_S) as client,
            client.stream("GET", stream) as pictures,
        ):
            chunks = pictures.aiter_bytes()
            await anext(chunks)
            for _ in range(2):  # it goes on past the end of the first lease
                assert (await line_of(agent)).startswith("alive for")
            assert house.reason() == "ok"
            agent.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(agent.wait, PATIENCE_S) == 0
            async for _ in chunks:
                pass  # until the host ends it, for the lease is over
    await until(lambda: house.reason() == "lease-lapsed")
    await until(lambda: not house.wanted())  # a board films on for a moment when nobody looks
    count = house.tap.pictures.bytes
    assert count > 10_000
    assert house.refusal() == "lease-lapsed"

    await house.types("agent", house.kit.id, "--once", key=house.agent)
    assert house.refusal() == ""
    await house.types("agent", house.kit.id, "--stop", key=house.agent)
    assert house.refusal() == "paused"
    await house.types("agent", house.kit.id, "--once", key=house.agent)
    assert house.refusal() == ""

    await house.types("pause", house.kit.id)
    await house.types("agent", house.kit.id, "--once", key=house.agent)
    assert house.refusal() == "paused"
    await house.types("resume", house.kit.id)
    assert house.refusal() == ""

    jti = house.host.caller(house.ann).get("/delegates").json()["delegates"][0]["jti"]
    await house.types("delegate", f"--revoke={jti}")
    late = ["agent", house.kit.id, "--once", *house.where, "--key", str(house.agent)]
    assert await asyncio.to_thread(cli.main, late) == 1
    assert house.tap.pictures.bytes == count  # nobody streamed since


async def test_a_panic_grant_and_an_incident_as_typed(house: House) -> None:
    to = ("--to", house.fire.thumb, "--purposes", "fire")
    await house.types("grant", house.kit.id, *to, "--panic", "10m")
    assert house.refusal() == "not-opened"
    await house.types("panic", house.kit.id)
    assert house.refusal() == ""
    await house.types("revoke", "all")
    await house.types("grant", house.kit.id, *to, "--incident", "2026-1170", "--for", "1h")
    assert house.refusal() == ""
    rows = house.host.caller(house.ann).get("/grants").json()["grants"]
    assert [(row["incident"], row["panic_s"]) for row in rows] == [("2026-1170", None), (None, 600)]
    longer = ["grant", house.kit.id, *to, "--incident", "1", "--for", "61m", *house.where]
    assert await asyncio.to_thread(cli.main, [*longer, "--key", str(house.key)]) == 3
