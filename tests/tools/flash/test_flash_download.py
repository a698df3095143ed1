"""The pinned download: these bytes or none."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from porchkit import boards, cli
from porchkit.errors import CommandError
from porchkit.flash import download, source, target
from tests.support import espimages

CONTENTS = espimages.merged()
GOOD = hashlib.sha256(CONTENTS).hexdigest()


class Site(HTTPServer):
    """Serves `contents` at any path but /missing, and counts who asks."""

    contents = CONTENTS
    asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/releases/firmware.bin"


class Answer(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked += 1
        if "moved" in self.path:
            self.send_response(302)
            self.send_header("Location", "/releases/firmware.bin")
            self.end_headers()
            return
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Length", str(len(self.server.contents)))
        self.end_headers()
        self.wfile.write(self.server.contents)

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def pinned(url: str, sha256: str = GOOD) -> target.Target:
    row = {"version": "0.6.0", "url": url, "sha256": sha256}
    return target.from_row({**boards.table("ai_thinker"), "firmware": row}, {})


def test_it_is_fetched_once(site: Site, tmp_path: Path) -> None:
    for _ in range(2):
        assert source.pinned(pinned(site.url), tmp_path).contents == CONTENTS
    assert site.asked == 1
    assert [path.name for path in tmp_path.iterdir()] == [f"{GOOD[:16]}-firmware.bin"]


def test_a_redirect_is_followed(site: Site, tmp_path: Path) -> None:
    moved = site.url.replace("releases", "moved")
    assert source.pinned(pinned(moved), tmp_path).sha256 == GOOD


def test_other_bytes_are_thrown_away(site: Site, tmp_path: Path) -> None:
    site.contents = CONTENTS[:-1] + b"?"
    with pytest.raises(CommandError, match="is not the file that was pinned"):
        source.pinned(pinned(site.url), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_cache_is_fetched_again(site: Site, tmp_path: Path) -> None:
    download.fetch(site.url, GOOD, tmp_path).write_bytes(b"half")
    assert source.pinned(pinned(site.url), tmp_path).contents == CONTENTS
    assert site.asked == 2


@pytest.mark.parametrize("where", ["missing", "gone"])
def test_no_file_is_one_line(site: Site, tmp_path: Path, where: str) -> None:
    url = site.url.replace("releases", where)
    if where == "gone":
        url = "http://127.0.0.1:1/firmware.bin"
    with pytest.raises(CommandError, match="--firmware FILE"):
        source.pinned(pinned(url), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_more_than_any_firmware_is_cut_off(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_MOST_BYTES", 1000)
    with pytest.raises(CommandError, match="larger than any firmware"):
        source.pinned(pinned(site.url), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_pin_nothing_is_downloaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line says which file, from where, and what to type."""
    monkeypatch.setattr(download, "fetch", lambda *_: pytest.fail("a download without a pin"))
    assert cli.main(["flash", "/dev/null", "--board", "ai_thinker"]) == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    for word in (
        "-AI_THINKER.zip",
        "release 0.6.0",
        "OV2640, OV3660 and OV5640",
        "/tag/v0.6.0",
        "https://",
        "--firmware FILE",
    ):
        assert word in line
