"""The transparency report of a running host: counted again by hand, published, entered, shown."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from porchkit.cli import main
from porchlight.audit import entries as log
from porchlight.clock import Clock
from porchlight.errors import ConfigError, StoreError
from porchlight.registry import HUB, RESIDENT, Registry
from porchlight.store import Store
from porchlight.transparency import told
from porchlight.transparency.quarter import Quarter
from tests.support.hosting import SETTINGS, InThread, hosted, make_home
from tests.support.signing import Signer

K = 3
THEN = Quarter(2024, 2)
WORDS = '["2024-Q2"]\narea = "Springfield <b>"\ncosts = "none"\n'


class At(Clock):
    """A clock that stands."""

    def __init__(self, unix_ms: int) -> None:
        self.now_ms = unix_ms

    def unix_ms(self) -> int:
        """As set."""
        return self.now_ms


@dataclass
class Town:
    """A host with a quarter behind it."""

    host: InThread
    residents: list[Signer]
    hubs: list[Signer]

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.host.http}{path}", trust_env=False)

    def entered(self) -> list[list[dict[str, Any]]]:
        """Each resident's entries of published reports."""
        return [self.host.entries(who, "report.published") for who in self.residents]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    home = tmp_path_factory.mktemp("town") / "home"
    home.mkdir(mode=0o700)
    (home / "told.toml").write_text(WORDS)
    config = make_home(home, SETTINGS + '[report]\nfile = "told.toml"\n')
    store = Store(config.database_url)
    store.open()
    residents, hubs = _live(store)
    store.close()
    with hosted(home) as host:
        yield Town(host, residents, hubs)


def _live(store: Store) -> tuple[list[Signer], list[Signer]]:
    """Five residents and two hubs, and what happened in the second quarter of 2024."""
    registry = Registry(store, At(THEN.begins_ms))
    residents, hubs = [Signer(f"sam{n}") for n in range(5)], [Signer("fire"), Signer("mayor")]
    for kind, party in [(RESIDENT, one) for one in residents] + [(HUB, one) for one in hubs]:
        store.run_now(registry.adding_party(kind, party.name, party.key.public))
    store.run_now(
        lambda session: [log.write(session, **each) for each in _happened(residents, hubs)]
    )
    return residents, hubs


def _happened(residents: list[Signer], hubs: list[Signer]) -> Iterator[dict[str, Any]]:
    fire, mayor = hubs
    for at, who in enumerate(residents):
        about = {"resident": who.thumb, "camera": "C" * 43, "case": f"case-{at}"}
        by = {"hub": fire.thumb, "hub_name": fire.name, "purpose": "fire"}
        live = {"detail": {"action": "live"}}
        now = {"now_ms": THEN.begins_ms + at * 86_400_000}
        for type, more in (
            ("grant.seen", {"detail": {"actions": ["live"]}}),
            ("view.open", by | live),
            ("view.open", by | live),
            ("view.close", by | {"detail": {"seconds": 200, "frames": 9}, "reason": "expired"}),
            ("search", by | {"detail": {"action": "live"}}),
            ("access.refused", by | {"reason": "no-grant", "detail": {"count": 4}}),
            ("request.received", by | {"detail": {"request": f"q{at % 2}"}}),
            ("request.denied" if at % 2 else "request.expired", by),
            ("grant.seen", {"jti": f"answer-{at}", "detail": {"actions": ["clips"]}}),
            ("request.approved", by | {"jti": f"answer-{at}", "detail": {"request": "q0"}}),
        ):
            yield {"type": type, **about, **now, **more}
        yield {"type": "view.open", **about, "now_ms": THEN.ends_ms, **by, **live}  # a day too late
    alone = {"hub": mayor.thumb, "hub_name": mayor.name, "purpose": "theft"}
    first = {"resident": residents[0].thumb, "now_ms": THEN.ends_ms - 1}
    for _ in range(40):
        yield {"type": "view.open", **first, **alone, "detail": {"action": "snapshot"}}
    own = {"hub": residents[0].thumb, "hub_name": "sam0", "purpose": "own-use"}
    yield {"type": "view.open", **first, **own, "detail": {"action": "live"}}


def test_it_says_what_an_independent_count_says(town: Town) -> None:
    """The rules of counting once more, in ten lines, from what residents read in their own logs."""
    times: dict[Any, int] = defaultdict(int)
    whose: dict[Any, set[str]] = defaultdict(set)
    hubs = {hub.thumb for hub in town.hubs}
    for who in town.residents:
        for entry in town.host.entries(who):
            if entry["ts"].startswith(("2024-04", "2024-05", "2024-06")) and entry["hub"] in hubs:
                what = (entry["type"], (entry["detail"] or {}).get("action"), entry["hub_name"])
                times[what] += (entry["detail"] or {}).get("count", 1)
                whose[what].add(who.thumb)
    counted = {what: n // K * K for what, n in times.items() if len(whose[what]) >= K}

    found = town.get("/api/v1/transparency/2024-Q2").json()
    assert found["use"]["rows"] == [
        {
            "use": "live",
            "hub": "fire",
            "purpose": "fire",
            "number": counted["view.open", "live", "fire"],
        },
        {
            "use": "search",
            "hub": "fire",
            "purpose": "fire",
            "number": counted["search", "live", "fire"],
        },
    ]
    assert [row["number"] for row in found["use"]["rows"]] == [9, 3]
    refused = counted["access.refused", None, "fire"]
    assert found["refused"]["rows"] == [{"reason": "no-grant", "hub": "fire", "number": refused}]
    assert refused == 18
    assert found["minutes_live"] == {"rows": [{"hub": "fire", "number": 15}], "total": 15}
    assert found["sharing"] == [{"hub": "fire", "number": 9}]
    assert found["technology"]["residents"] == 3
    assert found["consent"]["given"] == 3
    assert found["consent"]["emergencies_opened"] == "<3"
    assert found["requests"] == {"made": "<3", "approved": 3}  # those are not in "given" as well
    assert (found["told"]["costs"], found["told"]["breaches"]) == ("none", None)


def test_it_names_nobody(town: Town) -> None:
    for path in ("/api/v1/transparency/2024-Q2", "/transparency/2024-Q2"):
        text = town.get(path).text
        assert "fire" in text
        for secret in (*(who.thumb for who in town.residents), "sam", "CCC", "case-", "mayor"):
            assert secret not in text, secret


def test_publishing_is_in_every_log_once(town: Town) -> None:
    answer = town.get("/api/v1/transparency/2024-Q2")
    found = answer.json()
    assert answer.headers["etag"] == f'"{found["sha256"]}"'
    body = {name: value for name, value in found.items() if name != "sha256"}
    plain = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.sha256(plain).hexdigest() == found["sha256"]
    town.host.parts.reports._published.clear()  # as after a restart
    assert town.get("/api/v1/transparency/2024-Q2").json() == found
    assert main(["report", "2024-Q2", "--json", "--home", str(town.host.home)]) == 0
    for entries in town.entered():
        assert [entry["detail"] for entry in entries] == [
            {"quarter": "2024-Q2", "sha256": found["sha256"]}
        ]


def test_what_cannot_be_entered_is_not_shown(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(_: object) -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(town.host.parts.reports._store, "run", full)
    assert town.get("/api/v1/transparency/2024-Q3").status_code == 503


def test_only_quarters_that_are_over_and_were_seen(town: Town) -> None:
    now = str(Quarter.at(Clock().unix_ms()))
    for name in (now, "2024-Q1", "2999-Q1", "2024-Q5", "2024-q2", "x", "2024-Q2%0a", "20240-Q2"):
        answer = town.get(f"/api/v1/transparency/{name}")
        assert (answer.status_code, answer.json()["reason"]) == (404, "no-report"), name
    quarters = town.get("/api/v1/transparency").json()["quarters"]
    assert quarters[-1] == "2024-Q2"
    assert now not in quarters
    assert quarters == sorted(quarters, reverse=True)


def test_the_page_is_plain(town: Town) -> None:
    answer = town.get("/transparency/2024-Q2")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src")
    assert "<script" not in answer.text
    assert "Springfield &lt;b&gt;" in answer.text
    assert "&lt;3" in answer.text


def test_the_command_writes_files(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(town.host.home)]
    assert main(["report", "2024-Q2", *home]) == 0
    said = capsys.readouterr().out
    assert "live fire fire" in said
    assert main(["report", "2024-Q2", "--out", str(tmp_path / "q.html"), *home]) == 0
    assert (tmp_path / "q.html").read_text() == town.get("/transparency/2024-Q2").text
    assert main(["report", "2024-Q2", "--out", str(tmp_path / "q.json"), *home]) == 0
    found = json.loads((tmp_path / "q.json").read_text())
    assert found == town.get("/api/v1/transparency/2024-Q2").json()
    assert main(["report", "2024-Q2", "--out", str(tmp_path / "q.pdf"), *home]) == 2
    assert main(["report", "summer", *home]) == 2
    assert main(["report", "2024-Q1", *home]) == 1
    assert capsys.readouterr().err.count("\n") == 3


def test_quarters_begin_and_end() -> None:
    assert str(Quarter.at(THEN.begins_ms)) == str(Quarter.at(THEN.ends_ms - 1)) == "2024-Q2"
    assert Quarter.at(THEN.ends_ms) == THEN.next == Quarter(2024, 3)
    assert Quarter(2024, 4).next == Quarter(2025, 1)
    assert THEN.ends_ms - THEN.begins_ms == 91 * 86_400_000


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"2024-Q9": {}}, "must be a quarter"),
        ({"2024-Q2": "x"}, "must be a table"),
        ({"2024-Q2": {"cost": "x"}}, "no field"),
        ({"2024-Q2": {"costs": 7}}, "printable"),
        ({"2024-Q2": {"costs": "x\x1b[0m"}}, "printable"),
    ],
)
def test_what_the_owner_tells_is_checked(document: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        told.parse(document)
