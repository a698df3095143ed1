"""Witnesses: what they cosign, what they answer, and a log that shows two faces to two of them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from porchlight.audit import asking, note, tree
from porchlight.audit.asking import Asking
from porchlight.audit.checkpoint import Checkpoint, Submission
from porchlight.audit.logkeys import load
from porchlight.audit.note import Signer
from porchlight.client import tlog
from porchlight.errors import ConfigError
from porchlight.store import Witnessed
from tests.support.hosting import SETTINGS, InThread, hosted
from tests.support.viewing import until

SIZE_TYPE = "text/x.tlog.size"
ONCE = 3_600.0


class Grown:
    """A log of another host, with as many histories as it likes."""

    def __init__(self, name: str) -> None:
        self.signer = Signer(name, Ed25519PrivateKey.generate())
        self.leaves = [tree.leaf_hash(b"%d" % number) for number in range(20)]

    def head(self, size: int, leaves: list[bytes] | None = None) -> note.Note:
        root = tree.frontier((leaves or self.leaves)[:size]).root()
        return self.signer.sign(Checkpoint(self.signer.verifier.name, size, root).text)

    def sent(self, old: int, size: int, leaves: list[bytes] | None = None) -> str:
        """A submission with the proof that belongs to these leaves."""
        kept = leaves or self.leaves
        proof = [tree.frontier(kept[a:b]).root() for a, b in tree.consistency(old, size)]
        return Submission(old, tuple(proof), self.head(size, kept)).body


LOG, OTHER, UNKNOWN = Grown("oak/ann"), Grown("oak/ben"), Grown("oak/zoe")
WATCH = f'[witness]\nwatch = ["{LOG.signer.verifier.vkey}", "{OTHER.signer.verifier.vkey}"]\n'


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InThread]:
    with hosted(tmp_path_factory.mktemp("witness") / "home", SETTINGS + WATCH) as running:
        yield running


@pytest.fixture(autouse=True)
def _forget(witness: InThread) -> None:
    witness.store.run_now(lambda session: session.query(Witnessed).delete())


def post(witness: InThread, body: str | bytes) -> httpx.Response:
    return httpx.post(f"{witness.http}/witness/add-checkpoint", content=body, trust_env=False)


def key_of(witness: InThread) -> tlog.Key:
    return tlog.Key.parse(httpx.get(f"{witness.http}/witness", trust_env=False).text.strip())


def test_it_cosigns_what_goes_on_from_what_it_saw(witness: InThread) -> None:
    key, old = key_of(witness), 0
    for size in (3, 3, 4, 8, 20):
        answer = post(witness, LOG.sent(old, size))
        assert answer.status_code == 200, answer.text
        assert tlog.cosigned_at(f"{LOG.head(size)}{answer.text}", key)
        assert tlog.cosigned_at(f"{LOG.head(size - 1)}{answer.text}", key) is None
        old = size


def test_the_first_view_decides(witness: InThread) -> None:
    """The host forks the log: what the witness saw stands, whatever is shown to others."""
    assert post(witness, LOG.sent(0, 9)).status_code == 200
    dropped = LOG.leaves[:4] + LOG.leaves[5:]
    swapped = LOG.leaves[:4] + LOG.leaves[5:3:-1] + LOG.leaves[6:]
    rewritten = [*LOG.leaves[:8], tree.leaf_hash(b"nothing happened"), *LOG.leaves[9:]]
    for forged in (dropped, swapped, rewritten):
        same_size = post(witness, LOG.sent(9, 9, forged))
        assert (same_size.status_code, same_size.text) == (409, "9\n")
        assert same_size.headers["content-type"].startswith(SIZE_TYPE)
        assert post(witness, LOG.sent(9, 12, forged)).status_code == 422
        assert post(witness, LOG.sent(0, 12, forged)).status_code == 409
    shorter = post(witness, LOG.sent(5, 7))
    assert (shorter.status_code, shorter.text) == (409, "9\n")
    assert post(witness, LOG.sent(9, 12)).status_code == 200


def test_two_views_shown_to_two_witnesses(witness: InThread, tmp_path: Path) -> None:
    """Each cosigns what it was shown first; neither can be brought to cosign the other's."""
    fork = [*LOG.leaves[:5], tree.leaf_hash(b"other"), *LOG.leaves[6:]]
    with hosted(tmp_path / "second", SETTINGS + WATCH) as second:
        assert post(witness, LOG.sent(0, 10)).status_code == 200
        assert post(second, LOG.sent(0, 10, fork)).status_code == 200
        for size, status in ((10, 409), (12, 422)):
            assert post(second, LOG.sent(10, size)).status_code == status
            assert post(witness, LOG.sent(10, size, fork)).status_code == status


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ("", 400, "bad-submission"),
        (b"old 0\n\n\xff", 400, "bad-submission"),
        ("old 0\n\nhello\n\n\u2014 a AAAAAAA=\n", 400, "bad-submission"),
        (UNKNOWN.sent(0, 3), 404, "unknown-log"),
        (LOG.sent(0, 3).replace("\n3\n", "\n4\n"), 403, "bad-signature"),
        (
            Submission(0, (), note.Note(LOG.head(3).text, OTHER.head(3).signatures)).body,
            403,
            "bad-",
        ),
        (Submission(4, (), LOG.head(3)).body, 400, "bad-size"),
        (Submission(0, (bytes(32),), LOG.head(3)).body, 422, "bad-proof"),
    ],
    ids=["empty", "bytes", "no head", "unknown", "changed", "stranger", "back", "too much"],
)
def test_what_it_refuses(witness: InThread, body: str | bytes, status: int, reason: str) -> None:
    answer = post(witness, body)
    assert answer.status_code == status
    assert answer.json()["reason"].startswith(reason)
    assert post(witness, LOG.sent(0, 3)).status_code == 200  # and it had seen nothing of it


def test_logs_do_not_mix(witness: InThread) -> None:
    assert post(witness, LOG.sent(0, 9)).status_code == 200
    assert post(witness, OTHER.sent(0, 4)).status_code == 200
    assert post(witness, OTHER.sent(9, 9)).text == "4\n"


def test_two_at_once_never_roll_each_other_back(witness: InThread) -> None:
    assert post(witness, LOG.sent(0, 5)).status_code == 200
    with ThreadPoolExecutor(6) as many:
        answers = list(many.map(lambda size: post(witness, LOG.sent(5, size)), range(6, 12)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]


# Asking


def others(witness: InThread, host: InThread, url: str = "") -> list[asking.Other]:
    where = url or f"{witness.https}/witness"
    words = (where, key_of(witness).vkey, str(witness.ca))
    return asking.others(host.home, [words])


@contextlib.asynccontextmanager
async def asked(
    host: InThread, chosen: list[asking.Other], gap_s: float = 0.01
) -> AsyncIterator[Asking]:
    """A host's asking with these witnesses, in this test's loop."""
    running = Asking(host.parts.logs, chosen, gap_s)
    task = asyncio.create_task(running.run())
    try:
        yield running
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def watched(witness: InThread, host: InThread, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A resident of `host` whose log the witness watches."""
    ann = host.resident()
    verifier = load(host.home).signer(ann.thumb).verifier
    monkeypatch.setitem(witness.parts.witness._logs, verifier.name, verifier)

    async def only() -> list[str]:
        return [ann.thumb]

    monkeypatch.setattr(host.parts.logs, "residents", only)
    return ann


@contextlib.asynccontextmanager
async def serving(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """Whoever calls is talked to until they go: at this URL."""
    gone: list[asyncio.Event] = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = asyncio.Event()
        gone.append(mine)
        with contextlib.suppress(ConnectionError), contextlib.closing(writer):
            await talk(reader, writer)
        mine.set()

    async with await asyncio.start_server(meet, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for each in gone:
            await each.wait()


def fault(running: Asking, who: Any) -> str | None:
    """Why the only witness did not cosign."""
    return running.fault(who.thumb, running.names[0])


async def until_cosigned(host: InThread, who: Any, size: int) -> None:
    async with asyncio.timeout(10):
        while True:
            _, seen = await host.parts.logs.seen(who.thumb)
            if seen and seen[0].size == size:
                return
            await asyncio.sleep(0.01)


async def test_witnesses_are_asked_behind_what_happens(
    witness: InThread, host: InThread, watched: Any
) -> None:
    async with asked(host, others(witness, host)) as running:
        await until_cosigned(host, watched, 1)
        host.wait(host.parts.entries.add("board.online", resident=watched.thumb))
        running.grown(watched.thumb)
        await until_cosigned(host, watched, 2)
        assert fault(running, watched) is None
    signed = host.caller(watched).get(f"/log/{watched.thumb}/checkpoint").text
    assert tlog.cosigned_at(signed, key_of(witness))
    row = host.caller(watched).get(f"/log/{watched.thumb}").json()["witnesses"][0]
    assert (row["state"], row["size"]) == ("green", 2)
    host.wait(host.parts.entries.add("board.online", resident=watched.thumb))
    row = host.caller(watched).get(f"/log/{watched.thumb}").json()["witnesses"][0]
    assert (row["state"], row["size"]) == ("amber", 2)


async def test_witnesses_that_never_answer_keep_none_from_answering(
    witness: InThread, host: InThread, watched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the first time, and not the second, while they are still being waited for."""
    monkeypatch.setattr(asking, "TIMEOUT_S", 3_600.0)
    monkeypatch.setattr(asking, "PATIENCE_S", 3_600.0)
    waiting = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        waiting.set()
        await reader.read()

    async with serving(hold) as url:
        (good,) = others(witness, host)
        dead = [
            replace(good, url=url, key=Signer(name, Ed25519PrivateKey.generate(), 4).verifier)
            for name in ("dead/1", "dead/2")
        ]
        async with asked(host, [dead[0], good, dead[1]]) as running:
            await waiting.wait()
            await until_cosigned(host, watched, 1)
            host.wait(host.parts.entries.add("board.online", resident=watched.thumb))
            running.grown(watched.thumb)
            await until_cosigned(host, watched, 2)
            assert running.names == ["dead/1", good.key.name, "dead/2"]


async def test_a_witness_that_answers_without_end_is_silent(
    witness: InThread, host: InThread, watched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each piece comes in time, and the whole never does."""
    monkeypatch.setattr(asking, "PATIENCE_S", 0.05)

    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with serving(drip) as url:
        chosen = [replace(one, url=url) for one in others(witness, host)]
        async with asked(host, chosen, ONCE) as running:
            await until(lambda: fault(running, watched) == asking.SILENT)


async def test_a_host_that_forgot_is_told_how_far_the_witness_is(
    witness: InThread, host: InThread, watched: Any
) -> None:
    for _ in range(4):
        host.wait(host.parts.entries.add("board.online", resident=watched.thumb))
    early = await host.parts.logs.submission(watched.thumb, 0)
    assert early is not None
    assert post(witness, early.body).status_code == 200  # and its answer was lost
    host.wait(host.parts.entries.add("board.online", resident=watched.thumb))
    async with asked(host, others(witness, host)):
        await until_cosigned(host, watched, 6)


async def test_a_witness_that_saw_another_log_says_so(
    witness: InThread, host: InThread, watched: Any
) -> None:
    fork = Grown("x")
    fork.signer = load(host.home).signer(watched.thumb)
    for size in (1, 9):  # of the same length, and longer than this log is
        witness.store.run_now(lambda session: session.query(Witnessed).delete())
        assert post(witness, fork.sent(0, size)).status_code == 200
        async with asked(host, others(witness, host), ONCE) as running:
            await until(lambda: fault(running, watched) == asking.DIFFERS)


@pytest.mark.parametrize("path", ["/healthz", "/nowhere"])
async def test_a_witness_that_is_none_is_silent(
    witness: InThread, host: InThread, watched: Any, path: str
) -> None:
    async with asked(host, others(witness, host, witness.https + path), ONCE) as running:
        await until(lambda: fault(running, watched) == asking.SILENT)


async def test_a_witness_that_is_away_is_silent(
    witness: InThread, host: InThread, watched: Any
) -> None:
    async with asked(host, others(witness, host, "https://127.0.0.1:9"), ONCE) as running:
        await until(lambda: fault(running, watched) == asking.SILENT)


def test_settings_that_cannot_be(witness: InThread, tmp_path: Path) -> None:
    vkey = key_of(witness).vkey
    for words in (("https://x", vkey, "none.pem"), ("https://x", LOG.signer.verifier.vkey)):
        with pytest.raises(ConfigError, match=r"witness\.ask: https://x: "):
            asking.others(tmp_path, [words])


async def test_a_host_asks_whom_its_settings_name(
    witness: InThread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = f"{witness.https}/witness {key_of(witness).vkey} {witness.ca}"
    settings = f'{SETTINGS}[witness]\nask = ["{other}"]\nseconds = 1\n'
    with hosted(tmp_path / "asking", settings) as host:
        ann = host.resident()
        verifier = load(host.home).signer(ann.thumb).verifier
        monkeypatch.setitem(witness.parts.witness._logs, verifier.name, verifier)
        host.wait(host.parts.entries.add("board.online", resident=ann.thumb))
        await until(
            lambda: host.caller(ann).get(f"/log/{ann.thumb}/checkpoint").text.count("—") == 2
        )
        row = host.caller(ann).get(f"/log/{ann.thumb}").json()["witnesses"][0]
    assert (row["name"], row["state"], row["fault"]) == (key_of(witness).name, "green", None)
