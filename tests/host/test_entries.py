"""Entries: pages of one's own log, and the closing of what a crash left open."""

import pytest

from porchlight.audit import entries as audit
from porchlight.audit.entries import close_views
from tests.support.hosting import InThread
from tests.support.signing import Signer


@pytest.fixture
def sam(host: InThread) -> Signer:
    return host.resident()


def add(host: InThread, type: str, resident: str | None, **more: object) -> int:
    return host.wait(host.parts.entries.add(type, resident=resident, **more))


def test_a_log_is_read_page_by_page(host: InThread, sam: Signer) -> None:
    numbers = [add(host, "board.online", sam.thumb) for _ in range(5)]
    caller, after, found = host.caller(sam), 0, []
    while True:
        page = caller.get("/entries", after=after, limit=2).json()
        found += [entry["n"] for entry in page["entries"]]
        if not page["entries"]:
            assert page["next"] == after
            break
        assert page["next"] == found[-1]
        after = page["next"]
    assert found[1:] == numbers  # the first is "resident.added"
    assert found == sorted(found)


def test_a_log_is_ones_own(host: InThread, sam: Signer) -> None:
    other = host.resident()
    add(host, "board.online", other.thumb)
    add(host, "board.stranger", None)
    assert {entry["type"] for entry in host.entries(sam)} == {"resident.added"}
    refused = host.caller(host.hub()).get("/entries")
    assert (refused.status_code, refused.json()["reason"]) == (403, "residents-only")


@pytest.mark.parametrize("query", [{"after": -1}, {"after": "x"}, {"limit": 0}, {"limit": 501}])
def test_pages_have_bounds(host: InThread, sam: Signer, query: dict[str, object]) -> None:
    answer = host.caller(sam).get("/entries", **query)
    assert (answer.status_code, answer.json()["reason"]) == (422, "invalid-request")


def test_an_entry_says_everything_it_was_told(host: InThread, sam: Signer) -> None:
    told = {
        "camera": "c",
        "hub": "h",
        "hub_name": "fire",
        "jti": "j",
        "view": "v",
        "purpose": "fire",
        "case": "F-1",
        "reason": "smoke",
        "detail": {"count": 2},
    }
    n = add(host, "view.open", sam.thumb, **told)
    entry = host.entries(sam, "view.open")[0]
    assert {name: entry[name] for name in told} == told
    assert entry["n"] == n
    assert entry["ts"].endswith("Z")


def test_long_words_are_cut_not_refused(host: InThread, sam: Signer) -> None:
    add(host, "search", sam.thumb, case="x" * 500, reason="y" * 500)
    entry = host.entries(sam, "search")[0]
    assert (len(entry["case"]), len(entry["reason"])) == (64, 280)


def test_unknown_types_are_our_own_mistake(host: InThread, sam: Signer) -> None:
    with pytest.raises(ValueError, match="not an entry type"):
        add(host, "view.opened", sam.thumb)


def test_several_entries_are_written_together_or_not_at_all(host: InThread, sam: Signer) -> None:
    good = {"type": "search", "resident": sam.thumb}
    with pytest.raises(ValueError, match="not an entry type"):
        host.wait(host.parts.entries.add_all([good, {**good, "type": "nonsense"}]))
    assert host.entries(sam, "search") == []
    assert len(host.wait(host.parts.entries.add_all([good, good]))) == 2


def test_only_what_is_open_is_closed(host: InThread, sam: Signer) -> None:
    def add_view(view: str, *cameras: str, closed: tuple[str, ...] = ()) -> None:
        for camera in cameras:
            add(host, "view.open", sam.thumb, view=view, camera=camera, hub="h", case="F-1")
        for camera in closed:
            add(host, "view.close", sam.thumb, view=view, camera=camera)

    def close() -> int:
        now_ms = host.parts.clock.unix_ms()
        work = host.parts.store.run(lambda session: close_views(session, now_ms, "host-restarted"))
        return host.wait(work)

    close()  # what other tests left
    add_view("one", "a", "b", closed=("a",))
    add_view("two", "a", closed=("a",))
    add_view("three", "a")
    assert (close(), close()) == (2, 0)
    rows = host.entries(sam, "view.close")
    by_restart = {(row["view"], row["camera"]) for row in rows if row["reason"] == "host-restarted"}
    assert by_restart == {("one", "b"), ("three", "a")}
    assert {row["case"] for row in rows if row["reason"]} == {"F-1"}


def test_the_types_fit_their_column() -> None:
    assert all(len(type) <= 24 for type in audit.TYPES)
