"""Logs: one JSON object a line, and nothing in it that opens a door."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from porchlight import logs
from tests.support.signing import Signer

THUMB = "wiBOCKzqUxHyaTXvBskaBJvGgQbGpjYDkVQsjKoyZxk"
JTI = "5eWvcKhTSXEGvYnHcDmcmg"
TICKET = "dGhpcyBpcyBhIHRpY2tldCBvZiB0aGlydHktdHdvIGI"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("debug", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def one(lines: io.StringIO) -> dict[str, Any]:
    [line] = lines.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_line_says_when_who_and_what(lines: io.StringIO) -> None:
    logging.getLogger("porchlight.x").warning("%d boards", 3, extra={"camera": THUMB, "n": 7})
    line = one(lines)
    assert (line["level"], line["logger"], line["message"]) == (
        "warning",
        "porchlight.x",
        "3 boards",
    )
    assert (line["camera"], line["n"]) == (THUMB, 7)
    assert line["time"].endswith("Z")


def test_line_breaks_cannot_forge_a_line(lines: io.StringIO) -> None:
    logging.getLogger("x").error('a\n{"level": "error"}')
    assert "\n" in one(lines)["message"]


def test_names_stay_and_secrets_go() -> None:
    sam = Signer("sam")
    token = sam.grant(THUMB, THUMB, seq=1)
    for text, secret in (
        (f"grant {token}", token.split(".")[1]),
        (f"GET /api/v1/views/{TICKET}/{THUMB}.mjpg", TICKET),
        (sam.key.pem().decode(), sam.key.pem().decode().splitlines()[1]),
        (f"proof {sam.proof('GET', 'http://x/')}", "eyJ"),
    ):
        assert secret not in logs.hush(text)
        assert "..." in logs.hush(text)
    assert logs.hush(f"camera {THUMB} grant {JTI}") == f"camera {THUMB} grant {JTI}"


def test_secrets_go_from_extra_fields_and_traces_too(lines: io.StringIO) -> None:
    try:
        raise ValueError(f"/views/{TICKET}/x.mjpg")
    except ValueError:
        logging.getLogger("x").exception("failed", extra={"path": f"/views/{TICKET}/x.jpg"})
    assert TICKET not in lines.getvalue()
    assert "ValueError" in one(lines)["trace"]


def test_a_line_has_an_end(lines: io.StringIO) -> None:
    logging.getLogger("x").error("y " * 100_000)
    assert len(lines.getvalue()) < 10_000


def test_chatty_libraries_are_quiet(lines: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").info("GET /api/v1/views/ticket")
    logging.getLogger("sqlalchemy.engine").info("SELECT")
    assert lines.getvalue() == ""
