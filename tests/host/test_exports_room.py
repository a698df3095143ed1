"""Exports on a host without room, of clips that go meanwhile, and many at once."""

import contextlib
import errno
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from porchlight.clips.plays import MAX_OPEN
from porchlight.clips.rows import Clip
from porchlight.exports import bundle
from tests.support.bundles import granted
from tests.support.clipping import CAUSE
from tests.support.hosting import InThread, Kit
from tests.support.signing import Signer


@pytest.fixture
def clip(host: InThread, fire: Signer, porch: Kit) -> Clip:
    """Granted to the hub, to look at and to take away."""
    return granted(host, fire, porch)


def on_disk(host: InThread) -> set[Path]:
    return set((host.config.home / "exports").iterdir())


def ask(host: InThread, who: Signer, clip: Clip, **cause: str) -> tuple[int, str]:
    answer = host.caller(who).post(f"/clips/{clip.id}/exports", cause)
    return answer.status_code, answer.json().get("reason", "")


def test_a_full_disk_is_told_and_nothing_is_left(
    host: InThread, fire: Signer, clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_: object) -> None:
        path.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    before = on_disk(host)
    monkeypatch.setattr(bundle, "write", full)
    assert ask(host, fire, clip, **CAUSE) == (503, "not-made")
    assert on_disk(host) == before


def test_a_clip_whose_file_went(host: InThread, ann: Signer, clip: Clip) -> None:
    before = on_disk(host)
    host.parts.clips.path(clip).unlink()
    assert ask(host, ann, clip) == (404, "no-clip")
    assert on_disk(host) == before


def test_however_many_are_asked_for_at_once_only_so_many_are_made(
    host: InThread, fire: Signer, clip: Clip
) -> None:
    callers = [host.caller(fire) for _ in range(MAX_OPEN + 8)]
    with ThreadPoolExecutor(len(callers)) as pool:
        path = f"/clips/{clip.id}/exports"
        answers = list(pool.map(lambda caller: caller.post(path, CAUSE), callers))
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] * MAX_OPEN + [429] * 8


@contextlib.contextmanager
def held(monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> Iterator[threading.Event]:
    """Whoever calls that waits for the end of the block; the event: somebody does."""
    come, go_on, real = threading.Event(), threading.Event(), getattr(where, name)

    def wait(*asked: Any, **more: Any) -> Any:
        come.set()
        assert go_on.wait(10)
        return real(*asked, **more)

    monkeypatch.setattr(where, name, wait)
    try:
        yield come
    finally:
        go_on.set()


def test_what_is_taken_back_while_a_copy_is_made_is_not_released(
    host: InThread, ann: Signer, fire: Signer, clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the log would tell of a release after the revocation, and its resident be alarmed."""
    before, told = on_disk(host), len(host.entries(ann, "clip.released"))
    with ThreadPoolExecutor(1) as pool:
        with held(monkeypatch, host.parts.handouts, "_copy") as come:
            asked = pool.submit(ask, host, fire, clip, **CAUSE)
            assert come.wait(10)
            host.caller(ann).post(f"/grants/{clip.jti}/revoke")
        assert asked.result() == (403, "revoked")
    assert len(host.entries(ann, "clip.released")) == told
    assert on_disk(host) == before
