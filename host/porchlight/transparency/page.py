"""A report as a page to print: plain HTML, no script, nothing from elsewhere."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.2rem .6rem;"
    "border-bottom:1px solid #8886}td:last-child,th:last-child{text-align:right}"
    "code{overflow-wrap:anywhere}"
)
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_OTHERS: Final = "others"
_UNSAID: Final = "Nothing was reported."
_TOLD: Final = {
    "area": "Where cameras are, as coarsely as the owner says it",
    "complaints": "Complaints and concerns",
    "audits": "Audits, and what was done about violations",
    "breaches": "Breaches and unauthorised access to data",
    "effectiveness": "Whether it served its purpose",
    "records_requests": "Public records requests",
    "costs": "Costs, and who pays them",
    "changes": "Changes that are asked for",
}


def render(report: Mapping[str, Any]) -> bytes:
    """The page of a report; every word in it is escaped."""
    title = escape(f"Transparency report {report['quarter']}: {report['host']}")
    body = "\n".join(_sections(report))
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<style>{_STYLE}</style>\n<h1>{title}</h1>\n{body}\n</html>\n"
    ).encode()


def _sections(report: Mapping[str, Any]) -> Iterable[str]:
    technology, k = report["technology"], report["k"]
    yield _paragraph(
        f"From {report['from']} until {report['until']}. A number concerns at least {k} residents "
        f'and is rounded down to a multiple of {k}; "<{k}" stands for everything else, nothing at '
        f"all included. What is too small for a line of its own is among {_OTHERS}, if that is "
        "large enough. Totals are of what is shown."
    )
    yield _section("Technology", _paragraph(technology["about"]))
    yield _pairs(
        {"residents registered": technology["residents"], "cameras": technology["cameras"]}
    )
    yield _section("How it was used", _table(("use", "hub", "purpose"), report["use"]))
    yield _section("Minutes looked at live", _table(("hub",), report["minutes_live"]))
    yield _section("With whom it was shared", _lines(("hub", "number"), report["sharing"]))
    yield _section("Case numbers used widely", _table(("flag", "hub"), report["case_reuse"]))
    yield _section("Permissions", _pairs(report["consent"]))
    yield _section("Requests for recordings", _pairs(report["requests"]))
    yield _section("What was refused", _table(("reason", "hub"), report["refused"]))
    for name, heading in _TOLD.items():
        yield _section(heading, _paragraph(report["told"][name] or _UNSAID))
    yield _section("SHA-256 of this report", f"<p><code>{escape(report['sha256'])}</code></p>")


def _section(heading: str, content: str) -> str:
    return f"<h2>{escape(heading)}</h2>\n{content}"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _pairs(numbers: Mapping[str, int | str]) -> str:
    rows = [{"what": name.replace("_", " "), "number": number} for name, number in numbers.items()]
    return _lines(("what", "number"), rows)


def _table(names: tuple[str, ...], found: Mapping[str, Any]) -> str:
    total = {names[0]: "total", "number": found["total"]} | dict.fromkeys(names[1:], "")
    return _lines((*names, "number"), [*found["rows"], total])


def _lines(names: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    lines = ("".join(f"<td>{escape(_said(row[name]))}</td>" for name in names) for row in rows)
    body = "".join(f"<tr>{line}</tr>\n" for line in lines)
    return f"<table>\n<tr>{head}</tr>\n{body}</table>"


def _said(value: object) -> str:
    return _OTHERS if value is None else str(value)
