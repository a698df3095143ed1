"""The page: one HTML file that holds pictures, verdicts and looks, and asks the network nothing.

Its modules in web/ are joined into one script in the order of _MODULES. The page's own policy
allows that script and that style by their hashes, pictures from inside the page, and nothing else.
"""

import base64
import hashlib
import html
import json
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from porchkit.replay.figures import Figures, figures
from porchkit.replay.report import Judged, text
from porchkit.replay.run import THRESHOLD, Settings, Verdict
from porchkit.replay.source import Reel

INDEX = "index.html"
_WEB = Path(__file__).with_name("web")
_MODULES = ("reel", "words", "zones", "draw", "chart", "painter", "app")
_KEPT, _SENT, _LEARNING, _UNREADABLE = range(4)  # as reel.mjs knows them


def render(
    reel: Reel,
    verdicts: Sequence[Verdict],
    settings: Settings,
    command: str,
    shown: Sequence[int] | None = None,
) -> str:
    """The page of one reel. `shown`: the frames with their pictures, in order; all where None.
    Their verdicts have looks. `command`: what tries the zones painted on the page."""
    shown = range(len(verdicts)) if shown is None else shown
    content = {
        "name": reel.name,
        "command": command,
        "threshold": THRESHOLD,
        "sensitivity": settings.sensitivity,
        "zones": settings.zones,
        "summary": _summary(figures(verdicts, reel.labels)),
        "frames": {
            "score": [verdict.score for verdict in verdicts],
            "state": [_state(verdict) for verdict in verdicts],
            "label": list(reel.labels.label) if reel.labels else None,
            "past": list(reel.labels.prime) if reel.labels else [],
            "title": list(reel.titles),
        },
        "shown": [_shown(number, verdicts[number]) for number in shown],
        "jpegs": [_base64(reel.pictures[number]) for number in shown],
        "looks": _base64(zlib.compress(b"".join(_looks(verdicts[n]) for n in shown), 9)),
    }
    return _assembled("page.html", {"name": html.escape(reel.name)}, content)


def index(judged: Sequence[Judged]) -> str:
    """Links to the pages of several reels, with the table a terminal shows."""
    links = "\n".join(
        f'<li><a href="{quote(name)}.html">{html.escape(name)}</a></li>'
        for name in (reel.name for reel, _ in judged)
    )
    return _assembled("index.html", {"links": links, "table": html.escape(text(judged))}, None)


def _assembled(template: str, words: dict[str, str], content: dict[str, Any] | None) -> str:
    """A template with its {{holes}} filled, in one pass: what is filled in is not looked at."""
    style = (_WEB / "page.css").read_text("utf-8")
    script = _script() if content is not None else ""
    fill = {
        **words,
        "style": style,
        "script": script,
        "style_hash": _hash(style),
        "script_hash": _hash(script),
        "content": _inert(json.dumps(content, separators=(",", ":"))),
    }
    page = (_WEB / template).read_text("utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda hole: fill[hole[1]], page)


def _script() -> str:
    """The modules as one: their imports taken out, their exports plain."""
    joined = "".join((_WEB / f"{name}.mjs").read_text("utf-8") for name in _MODULES)
    joined = re.sub(r"^import .*?;\n", "", joined, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^export ", "", joined, flags=re.MULTILINE)


def _inert(text: str) -> str:
    """JSON that cannot end the element it stands in."""
    return text.replace("<", "\\u003c")


def _hash(text: str) -> str:
    """As a content security policy wants it."""
    return f"sha256-{_base64(hashlib.sha256(text.encode()).digest())}"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _state(verdict: Verdict) -> int:
    if verdict.reason:
        return _UNREADABLE
    if verdict.learning:
        return _LEARNING
    return _SENT if verdict.sent else _KEPT


def _shown(number: int, verdict: Verdict) -> dict[str, Any]:
    looks = verdict.looks
    return {
        "frame": number,
        "bytes": verdict.size,
        "reason": verdict.reason,
        "box": verdict.box,
        "cols": looks.cols if looks else 0,
        "rows": looks.rows if looks else 0,
    }


def _looks(verdict: Verdict) -> bytes:
    looks = verdict.looks
    return looks.thumbnail + looks.background + looks.mask if looks else b""


def _summary(row: Figures) -> str:
    """One sentence about the whole reel."""
    said = f"{row.frames} frames: {row.sent} sent"
    if row.learning:
        said += f" ({row.learning} while learning)"
    if row.unreadable:
        said += f", {row.unreadable} not readable"
    if row.share_kept is not None:
        said += f", {100 * row.share_kept:.0f} % of the bytes kept back"
    if row.recall is not None and row.false_alarms is not None:
        said += f". Of the labelled motion {100 * row.recall:.0f} % was sent"
        said += f", of the quiet {100 * row.false_alarms:.0f} %"
    return said + "."
