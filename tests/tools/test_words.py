"""What a resident reads: entries in words, and nothing that could move the cursor."""

import pytest

from porchkit import weeks
from porchkit.sentences import sentence
from porchkit.words import clean, listed, local_time, table
from porchlight.audit.entries import TYPES

# In the host's own log, which no resident reads.
OF_THE_HOST = {"hub.added", "hub.issuer", "board.stranger"}
NAMES = {"CAM": "porch"}
WEEK = {"hub": "H", "hub_name": "fire", "purpose": "theft", "views": 2, "plays": 1, "seconds": 3900}


def _entry(type: str, **more: object) -> dict[str, object]:
    return {"type": type, "camera": "CAM", "hub": "HUBTHUMB", "hub_name": "fire", **more}


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (_entry("grant.seen"), "you allowed fire to use porch"),
        (
            _entry("grant.seen", detail={"actions": ["register"]}),
            "you let fire know that there is porch, and no more",
        ),
        (
            _entry("view.open", purpose="fire", case="C-7", reason="smoke seen"),
            'fire opened porch (case C-7, purpose fire, "smoke seen")',
        ),
        (
            _entry("approval.asked", case="C-7", reason="smoke", detail={"operator": "Xy123456"}),
            "fire wants to open porch; a second one there has to agree "
            '(case C-7, operator Xy1234, "smoke")',
        ),
        (
            _entry("approval.refused", reason="self-approval"),
            "nobody could agree at fire that it opens porch: "
            "it has to be another one than who asked",
        ),
        (_entry("view.close", reason="revoked"), "fire stopped seeing porch: consent ended"),
        (_entry("access.refused", reason="expired"), "fire was refused porch: the grant ran out"),
        (_entry("access.refused", reason="new-word"), "fire was refused porch: new-word"),
        (
            _entry("request.received", purpose="fire", case="C-7", reason="smoke seen"),
            'fire asked you for recordings (case C-7, purpose fire, "smoke seen")',
        ),
        (_entry("request.approved"), "you allowed fire recordings of porch"),
        (_entry("board.online"), "porch connected"),
        (
            _entry("digest", hub=None, camera=None, detail={"lines": [WEEK, {"refused": 2}]}),
            "the week in short: fire, for theft: 2 live views (1 h 5 min) and 1 clip opened; "
            "others: 2 tries refused",
        ),
        (_entry("digest", detail={"lines": []}), f"the week in short: {weeks.NOTHING}"),
        (_entry("board.refused", reason="bad-mac"), "the host sent porch away: bad-mac"),
        (
            _entry("board.refused", reason="old-boot"),
            "the host sent porch away: it forgot how often it started; provision it with --new-key",
        ),
        (_entry("never.heard", reason="why"), "never.heard: why"),
        (_entry("view.open", hub_name=None), "HUBTHUMB… opened porch"),
        (
            _entry("grant.seen", hub=None, detail={"hubs": ["HUBTHUMB", "CAM"]}),
            "you allowed HUBTHUMB… and porch to use porch",
        ),
        (_entry("view.open", hub=None), "somebody opened porch"),
    ],
)
def test_sentences(entry: dict[str, object], text: str) -> None:
    assert sentence(entry, NAMES) == text


@pytest.mark.parametrize("type", sorted(TYPES - OF_THE_HOST))
def test_whatever_a_log_may_tell_has_words(type: str) -> None:
    assert type not in sentence(_entry(type), NAMES)


def test_a_hubs_words_cannot_draw_on_the_terminal() -> None:
    entry = _entry("view.open", reason="\x1b[2J\r\nnothing to see {camera}")
    assert "\x1b" not in sentence(entry, NAMES)
    assert "?[2J??nothing to see {camera}" in sentence(entry, NAMES)


def test_clean_keeps_letters_of_any_language() -> None:
    assert clean("Grüße 玄関\u202e\x07") == "Grüße 玄関??"


def test_listed() -> None:
    assert [listed([]), listed("a"), listed("ab"), listed("abc")] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_table_lines_up_and_is_clean() -> None:
    assert table(("A", "B"), [("long", "\n"), ("x", "y")]) == "A     B\nlong  ?\nx     y"


def test_local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()
    assert local_time("2026-11-05T12:00:00.250Z") == "2026-11-05 13:00:00"
    assert local_time(1_793_880_000) == "2026-11-05 13:00:00"
    monkeypatch.undo()
    time.tzset()
