"""Updates over the air: real host, real firmware, the resident's own command; and back again.

Boards' time-outs are shortened in the firmware under test, both in what the cable puts on the
board and in the releases; nothing else of them is changed.
"""

import asyncio
import json
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from accord import b64
from porchkit import cli, keys, releases
from porchkit.client import Client
from porchkit.commands import update
from porchkit.flashroot import ReleaseTrust
from porchkit.paths import firmware_root
from porchkit.provision import program
from porchkit.vboard import BoardConfig, VirtualBoard
from tests.support.hosting import PATIENCE_S, InThread, hosted
from tests.support.runtimes import find_micropython, run_micropython

MAKER = keys.generate()
# file, line as it is, line as it is here
SHORT = (
    ("agent/watchdog.py", "TIMEOUT_MS = 30_000", "TIMEOUT_MS = 6_000"),
    ("agent/slots.py", "TRIAL_MS = 75_000", "TRIAL_MS = 15_000"),
    ("agent/trial.py", "STEADY_MS = 30_000", "STEADY_MS = 700"),
)
XTENSAWIN = 10 << 10 | 3 << 8 | 6  # sys.implementation._mpy of an ESP32
FINAL = ("running", "refused", "undone")
# A state that passes by is waited for as "that far at least": it may be over before we look.
SENDING = ("sending", "restarting", *FINAL)
RESTARTING = ("restarting", *FINAL)


def change(root: Path, file: str, old: str, new: str) -> None:
    path = root / file
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} is not once in {file}"
    path.write_text(text.replace(old, new))


class Workshop:
    """Where releases are made: a copy of the firmware to change."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "firmware"
        source = firmware_root()
        skip = shutil.ignore_patterns("__pycache__")
        for room in ("agent", "lib"):
            shutil.copytree(source / room, self.root / room, ignore=skip)
        for row in SHORT:
            change(self.root, *row)

    def release(
        self, number: int = 2, name: str = "0.2.0", key: keys.PrivateKey = MAKER, **files: str
    ) -> releases.Release:
        """A release; `files` replace a module of agent/ by name, or "+" add to its end."""
        version = self.root / "agent/version.py"
        text = re.sub(r'NAME = ".*"', f'NAME = "{name}"', version.read_text())
        version.write_text(re.sub(r"RELEASE = \d+", f"RELEASE = {number}", text))
        kept = {module: (self.root / f"agent/{module}.py").read_text() for module in files}
        for module, content in files.items():
            whole = kept[module] + content[1:] if content.startswith("+") else content
            (self.root / f"agent/{module}.py").write_text(whole)
        made = releases.build(self.root, key)
        for module, content in kept.items():
            (self.root / f"agent/{module}.py").write_text(content)
        return made


class Porch:
    """One resident with one board at a running host."""

    def __init__(self, host: InThread, board: VirtualBoard, workshop: Workshop) -> None:
        self.host, self.board, self.workshop = host, board, workshop
        self.sam = host.resident()
        self.kit = host.camera(self.sam)
        self.caller = host.caller(self.sam)
        pem = host.home / "sam.pem"
        pem.write_bytes(self.sam.key.pem())
        self.key = keys.load_private(pem)
        self.client = Client(host.http, self.key)

    async def power_on(self, policy: str | None = "ask") -> None:
        authority = x509.load_pem_x509_certificate(self.host.ca.read_bytes())
        public = self.sam.key.public.jwk()
        trust = ReleaseTrust(*keys.coordinates(MAKER.public_key()), policy) if policy else None
        self.board.provision(
            BoardConfig(
                host="127.0.0.1",
                port=self.host.ports.https,
                server_name="localhost",
                ca_der=authority.public_bytes(Encoding.DER),
                board_key=self.kit.key,
                resident_x=b64.decode(public["x"]),
                resident_y=b64.decode(public["y"]),
                releases=trust,
            )
        )
        for row in SHORT:
            change(self.board.root, *row)
        await self.board.start()
        await self.until(lambda: self.camera()["clock"] == "both")

    def camera(self) -> dict[str, Any]:
        found: dict[str, Any] = self.caller.get(f"/cameras/{self.kit.id}").json()
        return found

    def state(self) -> dict[str, Any]:
        path = f"/cameras/{self.kit.id}/update"
        found: dict[str, Any] = self.caller.get(path).json()
        return found

    async def until(
        self, happened: Callable[[], Any], patience_s: float = PATIENCE_S, rarest_s: float = 0.5
    ) -> None:
        """Ask the running system again and again until it says so, ever less often: whoever asks
        takes time from the board and the host."""
        began = time.monotonic()
        while not await asyncio.to_thread(happened):
            waited = time.monotonic() - began
            assert waited < patience_s, self.board.log.read_text()[-1500:]
            await asyncio.sleep(min(0.02 + waited / 8, rarest_s))

    def hand_in(
        self, release: releases.Release, approval: bytes | None = None, **changes: Any
    ) -> None:
        now = int(time.time())
        approved: dict[str, Any] = {"camera": self.kit.id, "now": now, "for_s": 600} | changes
        of = approved.pop("of", release)
        key = approved.pop("key", self.key)
        token = approval or releases.approve(of, key=key, **approved)
        update.hand_in(self.client, self.kit.id, release, token)

    async def push(self, release: releases.Release, **changes: Any) -> dict[str, Any]:
        """Hand it in; how it ended."""
        await asyncio.to_thread(self.hand_in, release, **changes)
        await self.until(lambda: self.state()["state"] in FINAL, 90)
        return await asyncio.to_thread(self.state)

    def told(self) -> list[tuple[str, str | None]]:
        """What the resident's log says of updates."""
        rows = self.caller.get("/entries", limit=500).json()["entries"]
        return [(row["type"], row["reason"]) for row in rows if row["type"].startswith("update.")]

    async def runs(self, firmware: str, release: int, slot: str) -> None:
        """The board is online with this."""

        def so() -> bool:
            row = self.camera()
            found = (row["firmware"], row["release"], row["slot"])
            return row["online"] and found == (firmware, release, slot)

        await self.until(so, 60)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    """One for all; each test has a resident and a camera of its own there."""
    find_micropython()
    with hosted(tmp_path_factory.mktemp("host") / "home") as host:
        yield host


@pytest.fixture
async def porch(host: InThread, film: Path, tmp_path: Path) -> AsyncIterator[Porch]:
    board = VirtualBoard(tmp_path / "board", footage=film)
    porch = Porch(host, board, Workshop(tmp_path))
    try:
        with porch.client:
            yield porch
    finally:
        await board.stop()


async def test_a_good_update_runs_and_the_next_one_too(porch: Porch) -> None:
    await porch.power_on()
    await porch.runs("0.1.0", 1, "cable")
    for number, slot in ((2, "a"), (3, "b")):
        ended = await porch.push(porch.workshop.release(number, f"0.{number}.0"))
        assert (ended["state"], ended["reason"]) == ("running", "")
        await porch.runs(f"0.{number}.0", number, slot)
    offered = ["update.offered", "update.begun", "update.restart", "update.running"]
    assert [kind for kind, _ in await asyncio.to_thread(porch.told)] == offered * 2
    assert porch.board.resets == ["reset", "reset"]
    await porch.board.stop()
    await porch.board.start()  # and it stays
    await porch.runs("0.3.0", 3, "b")


async def test_a_compiled_release_runs_where_it_was_compiled_for(porch: Porch) -> None:
    asked = run_micropython("import sys; print(sys.implementation._mpy)")
    await porch.power_on()
    porch.workshop.release(2, "0.2.0")
    shutil.copy(firmware_root() / "main.py", porch.workshop.root)
    here = releases.build(porch.workshop.root, MAKER, int(asked.stdout))
    assert "agent/program.mpy" in here.files
    assert (await porch.push(here))["state"] == "running"
    await porch.runs("0.2.0", 2, "a")
    porch.workshop.release(3, "0.3.0")
    program._made.cache_clear()  # it keeps what it made of this folder
    elsewhere = releases.build(porch.workshop.root, MAKER, XTENSAWIN)
    ended = await porch.push(elsewhere, now=int(time.time()) + 1)
    assert (ended["state"], ended["reason"]) == ("undone", "ValueError")
    await porch.runs("0.2.0", 2, "a")


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"gate": "def half(:\n"}, "SyntaxError"),
        ({"program": "def main(slots):\n    raise ValueError\n"}, "ValueError"),
        ({"gate": "import time\ntime.sleep(1000)\n"}, "hung"),
        ({"connection": "+\nOPEN_MS = 1\n"}, "unconnected"),
        ({"dialogue": "+\nDialogue._take = None\n"}, "TypeError"),
    ],
    ids=["at its import", "at its start", "hangs", "never connects", "while it talks"],
)
async def test_an_update_that_fails_is_undone_by_itself(
    porch: Porch, files: dict[str, str], why: str
) -> None:
    await porch.power_on()
    began = time.monotonic()
    ended = await porch.push(porch.workshop.release(**files))
    assert (ended["state"], ended["reason"]) == ("undone", why)
    assert time.monotonic() - began < 90
    await porch.runs("0.1.0", 1, "cable")
    assert (await asyncio.to_thread(porch.told))[-1] == ("update.undone", why)
    good = await porch.push(porch.workshop.release(3, "0.3.0"), now=int(time.time()) + 1)
    assert good["state"] == "running"


async def test_nobody_elses_update(porch: Porch) -> None:
    """Each refused by the board, entered with its word; then a good one is taken."""
    await porch.power_on()
    now, good = int(time.time()), porch.workshop.release()
    other = porch.workshop.release(4, "0.4.0")
    stranger = keys.generate()
    forged = releases.Release(
        good.token[:-6] + b"AAAAAA", good.listing, good.files, "0.2.0", 2, good.maker
    )
    cases: list[tuple[str, releases.Release, dict[str, Any]]] = [
        ("unknown-key", porch.workshop.release(key=stranger), {}),
        ("bad-signature", forged, {}),
        ("wrong-camera", good, {"camera": keys.thumb(stranger.public_key())}),
        ("other-release", good, {"of": other}),
        ("expired", good, {"now": now - 700}),
        ("too-long", good, {"for_s": 8 * 86_400}),
        ("unknown-key", good, {"key": stranger}),
        ("malformed", good, {"approval": b"yes"}),
        ("not-newer", porch.workshop.release(1, "0.1.0"), {}),
    ]
    for why, release, changes in cases:
        ended = await porch.push(release, **changes)
        assert (ended["state"], ended["reason"]) == ("refused", why)
        assert (await asyncio.to_thread(porch.told))[-1] == ("update.refused", why)
    assert porch.board.resets == []
    assert (await porch.push(good))["state"] == "running"
    older = await porch.push(porch.workshop.release(1, "0.1.0"), now=now + 30)
    assert (older["state"], older["reason"]) == ("refused", "older")


def with_list(release: releases.Release, old: str, new: str) -> releases.Release:
    """The release as a maker gone bad would sign it: its list changed."""
    listing = release.listing.replace(old.encode(), new.encode())
    assert listing != release.listing
    files = {path.replace(old, new): content for path, content in release.files.items()}
    claims = {
        "iss": release.maker,
        "v": 1,
        "version": release.number,
        "name": release.name,
        "files": len(files),
        "bytes": release.size,
        "list": releases._digest(listing),
        "list_bytes": len(listing),
    }
    token = releases.sign(claims, releases.RELEASE_TYP, MAKER)
    return releases.Release(token, listing, files, release.name, release.number, release.maker)


async def test_not_even_the_maker_reaches_out_of_the_slot(porch: Porch) -> None:
    await porch.power_on("auto")
    release = porch.workshop.release()
    for old, new in (
        ("agent/gate.py", "agent/../../board.key"),
        ("agent/gate.py", "../main.py"),
        ("agent/gate.py", "resident.json"),
    ):
        ended = await porch.push(with_list(release, old, new))
        assert (ended["state"], ended["reason"]) == ("refused", "bad-path")
    assert (porch.board.root / "board.key").read_bytes() == porch.kit.key


@pytest.mark.parametrize("policy", [None, "never"])
async def test_a_resident_who_wants_no_updates_gets_none(porch: Porch, policy: str | None) -> None:
    await porch.power_on(policy)
    ended = await porch.push(porch.workshop.release())
    assert (ended["state"], ended["reason"]) == ("refused", "policy")


async def test_a_policy_of_auto_needs_no_approval(porch: Porch) -> None:
    await porch.power_on("auto")
    ended = await porch.push(porch.workshop.release(), approval=b"none")
    assert ended["state"] == "running"


async def test_power_cuts_while_it_comes_and_while_it_starts(porch: Porch) -> None:
    """Wherever they fall, the old program or the new one is online after each."""
    await porch.power_on()
    await asyncio.to_thread(porch.hand_in, porch.workshop.release())
    for part in (0.05, 0.5, 0.95):
        await porch.until(
            lambda p=part: porch.state()["sent"] > p * porch.state()["bytes"], rarest_s=0.05
        )
        await porch.board.stop()
        await porch.until(lambda: not porch.camera()["online"])
        await porch.board.start()
        await porch.until(lambda: porch.camera()["online"])
    await porch.until(lambda: porch.state()["state"] in RESTARTING, 60)
    await porch.board.stop()
    await porch.until(lambda: not porch.camera()["online"])
    await porch.board.start()
    await porch.until(lambda: porch.state()["state"] in FINAL, 90)
    assert (await asyncio.to_thread(porch.state))["state"] == "running"
    await porch.runs("0.2.0", 2, "a")


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        (lambda raw: raw[:-1], "wrong-size"),
        (lambda raw: raw[:-1] + b"!", "wrong-hash"),
        (lambda raw: raw + b"# more", "wrong-size"),
    ],
    ids=["truncated", "changed", "longer"],
)
async def test_a_host_that_spoils_a_file(
    porch: Porch, spoilt: Callable[[bytes], bytes], why: str
) -> None:
    """It took in the good ones, and sends others."""
    await porch.power_on()
    await porch.board.stop()
    await porch.until(lambda: not porch.camera()["online"])
    await asyncio.to_thread(porch.hand_in, porch.workshop.release())

    def spoil() -> None:
        files = porch.host.parts.updates.get(porch.kit.id).bundle.files
        files["agent/gate.py"] = spoilt(files["agent/gate.py"])

    await asyncio.to_thread(porch.host.call, spoil)
    await porch.board.start()
    await porch.until(lambda: porch.state()["state"] in FINAL)
    ended = await asyncio.to_thread(porch.state)
    assert (ended["state"], ended["reason"]) == ("refused", why)
    assert porch.board.resets == []


async def test_the_residents_own_command(
    porch: Porch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await porch.power_on()
    good, bad = tmp_path / "good.release", tmp_path / "bad.release"
    releases.save(porch.workshop.release(3, "0.3.0"), good)
    releases.save(porch.workshop.release(2, "0.2.0", gate="1 // 0\n"), bad)
    where = ["--host", porch.host.https, "--ca", str(porch.host.ca)]
    where += ["--key", str(porch.host.home / "sam.pem"), "--home", str(tmp_path)]

    async def command(*more: object) -> tuple[int, str, str]:
        words = ["update", porch.kit.id, *where, *map(str, more)]
        code = await asyncio.to_thread(cli.main, words)
        said = capsys.readouterr()
        return code, said.out, said.err

    code, out, _ = await command()
    assert (code, out) == (0, "porch runs release 1 (0.1.0), by cable\n")
    code, _, err = await command(bad)
    assert (code, "say --yes" in err) == (2, True)
    code, out, err = await command(bad, "--yes")
    assert (code, "tries it" in out, "what it ran before: ZeroDiv" in err) == (1, True, True), err
    await asyncio.sleep(max(0.0, 1.1 - time.time() % 1))  # approvals are told apart by the second
    code, out, _ = await command(good, "--yes", "--json")
    assert (code, json.loads(out)["state"]) == (0, "running")
    code, out, _ = await command("--json")
    assert (code, json.loads(out)) == (0, {"firmware": "0.3.0", "release": 3, "slot": "a"})
    code, _, err = await command(good, "--yes")
    assert (code, "not newer" in err) == (3, True)


async def test_never_while_sharing_without_a_word_in_the_log(porch: Porch) -> None:
    await porch.power_on()
    hub = porch.host.hub()
    await asyncio.to_thread(porch.host.grant, porch.kit, hub)
    body = {"action": "live", "case": "24-117", "purpose": "fire", "reason": "smoke"}
    caller = porch.host.caller(hub)
    opened = await asyncio.to_thread(caller.post, "/views", body | {"cameras": [porch.kit.id]})
    stream = opened.json()["urls"]["cameras"][porch.kit.id]["stream"]

    async with (
        httpx.AsyncClient(base_url=porch.host.http, timeout=PATIENCE_S) as client,
        client.stream("GET", stream) as answer,
    ):
        parts = answer.aiter_bytes()
        await anext(parts)
        await asyncio.to_thread(porch.hand_in, porch.workshop.release())
        await porch.until(lambda: porch.state()["state"] in SENDING)
        await anext(parts)
        await porch.until(lambda: porch.state()["state"] in FINAL, 90)
    rows = await asyncio.to_thread(porch.host.entries, porch.sam, "update.begun")
    assert [row["detail"]["sharing"] for row in rows][-1] is True
    ended = await asyncio.to_thread(porch.state)
    assert (ended["state"], ended["reason"]) == ("running", "")


async def test_who_does_not_own_the_camera_updates_nothing(porch: Porch) -> None:
    release = porch.workshop.release()
    body = {"release": release.token.decode(), "list": release.listing.decode()}
    for who, status in ((porch.host.resident(), 404), (porch.host.hub(), 403)):
        caller = porch.host.caller(who)
        for method, path in (("POST", ""), ("POST", "/files"), ("GET", ""), ("DELETE", "")):
            sent = None if method in ("GET", "DELETE") else {"files": {}} if path else body
            answer = caller.ask(method, f"/cameras/{porch.kit.id}/update{path}", sent)
            assert answer.status_code == status, (method, path, answer.text)
