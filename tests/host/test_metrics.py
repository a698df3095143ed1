"""/metrics counts what happens and tells of nobody."""

import re

import httpx
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from porchlight.counting import Spread
from porchlight.metrics import Metrics
from tests.support.hosting import InThread, handle_of
from tests.support.viewing import board_at, open_view, picture, stream_url, until, watching

FIGURES = (
    "porchlight_boards_online",
    "porchlight_views_open",
    "porchlight_tasks",
    "porchlight_connections",
    "porchlight_frames_in_total",
    "porchlight_frame_bytes_in_total",
    "porchlight_frames_out_total",
    "porchlight_frame_bytes_out_total",
    "porchlight_frames_skipped_total",
    "porchlight_sequence_gaps_total",
    "porchlight_sequence_repeats_total",
    "porchlight_board_sessions_total",
    "porchlight_refusals_total",
    "porchlight_loop_lag_seconds_bucket",
    "process_resident_memory_bytes",
)


def scraped(host: InThread) -> dict[str, float]:
    """Figures by name and labels."""
    answer = httpx.get(f"{host.http}/metrics", timeout=10)
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(figure) for name, _, figure in (line.rpartition(" ") for line in lines)}


async def test_every_figure_is_there_and_counts(host: InThread) -> None:
    fire, porch = host.hub(), host.camera(host.resident(), "the blue house")
    jti = host.grant(porch, fire)
    async with board_at(host, porch) as board:
        opened = open_view(host, fire, porch)
        async with watching(host, stream_url(host, opened, porch)) as viewer:
            await board.watched(handle_of(jti))
            before = scraped(host)
            sent = await board.send_frame(picture(), handle_of(jti))
            await viewer.got(1)
            after = scraped(host)
            await board.send_frame(picture(), handle_of(jti), sequence=1)
            assert await board.dismissed() == "replayed"
            await until(lambda: scraped(host)["porchlight_sequence_repeats_total"])
    last = scraped(host)
    names = {name.partition("{")[0] for name in last}
    assert set(FIGURES) <= names
    assert after["porchlight_boards_online"] == after["porchlight_views_open"] == 1
    for direction in ("in", "out"):
        frames, size = f"porchlight_frames_{direction}_total", f"frame_bytes_{direction}_total"
        assert after[frames] - before[frames] == 1
        grown = after[f"porchlight_{size}"] - before[f"porchlight_{size}"]
        assert grown == len(sent.jpeg)
    assert last['porchlight_refusals_total{reason="replayed",what="board"}'] == 1


def test_no_figure_tells_who_takes_part(host: InThread) -> None:
    text = httpx.get(f"{host.http}/metrics", timeout=10).text
    assert "blue house" not in text
    long_words = re.findall(r"[A-Za-z0-9_-]{22,}", text)
    assert [word for word in long_words if not word.islower()] == []  # no thumb, jti or ticket
    labels = set(re.findall(r'([a-z_]+)="', text))
    assert labels <= {"le", "what", "reason", "kind", "implementation", "major", "minor",
                      "patchlevel", "version"}  # fmt: skip


def test_one_hiccup_does_not_make_a_host_late() -> None:
    metrics = Metrics()
    assert metrics.late_s == 0
    for late_s, wanted in ((0.9, 0.0), (0.2, 0.2), (0.0, 0.2), (0.0, 0.0)):
        metrics.was_late(late_s)
        assert metrics.late_s == wanted


def test_a_spread_reads_like_a_histogram() -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    tops = (0.001, 0.1, 1.0)
    spread = Spread("lag_seconds", "How late.", tops, ours)
    histogram = Histogram("lag_seconds", "How late.", buckets=tops, registry=theirs)
    for amount in (0.0, 0.001, 0.0011, 0.5, 1.0, 7.0):
        spread.observe(amount)
        histogram.observe(amount)
    said = [
        [line for line in generate_latest(registry).decode().splitlines() if "_created" not in line]
        for registry in (ours, theirs)
    ]
    assert said[0] == said[1]
