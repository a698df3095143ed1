"""From what was seen and counted to figures and promises. Pure: numbers in, numbers out."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from porchkit.sim.eyes import Seen

LATE_MS = 100
REVOKED_WITHIN_S = 1.0
GROWTH_MB = 4.0  # what a host may grow during a run and still count as flat
SKEW_S = 0.1  # between a board's clock and ours: SNTP tells whole seconds
MB = 1e6


@dataclass(frozen=True)
class Consent:
    """When one camera's consent began (unix s) and when the host had answered its withdrawal
    (unix and monotonic s)."""

    jti: str
    granted: float
    over: float
    over_at: float


@dataclass
class Sight:
    """What reached the eye of one camera.

    `missing`: sequence numbers skipped while one stream lasted (a viewer that cannot keep up is
    shown the newest frame); `repeated`: frames that came a
    second time; `outside`: frames that no consent covered."""

    frames: int = 0
    missing: int = 0
    repeated: int = 0
    outside: int = 0


def sight(seen: Sequence[Seen], consent: Consent) -> Sight:
    """Judge every frame of one camera."""
    found = Sight(outside=sum(_outside(frame, consent) for frame in seen))
    told: set[int] = set()
    last: Seen | None = None
    for frame in seen:
        same_stream = last is not None and last.connection == frame.connection
        if frame.sequence not in told:
            if last is not None and same_stream:
                found.missing += max(0, frame.sequence - last.sequence - 1)
        # The host may show the newest frame once more: same picture, sent once.
        elif last is None or last.sequence != frame.sequence:
            found.repeated += 1
        told.add(frame.sequence)
        last = frame
    found.frames = len(told)
    return found


def _outside(frame: Seen, consent: Consent) -> bool:
    return (
        frame.grant != consent.jti
        or frame.captured < consent.granted - 1 - SKEW_S  # a grant begins with a whole second
        or frame.captured > consent.over + 1 + SKEW_S
        or frame.at > consent.over_at + REVOKED_WITHIN_S
    )


@dataclass(frozen=True)
class Promise:
    """One promise, whether it held, and what was measured."""

    name: str
    ok: bool
    detail: str


@dataclass
class HostFigures:
    """Resident memory in MB at the start, the middle and the end of the run; CPU in percent of
    one core."""

    rss_mb: list[float] = field(default_factory=list)
    growth_mb: float = 0.0
    growth_mb_per_min: float = 0.0
    cpu_percent: float = 0.0
    slow_loop: int = 0


@dataclass
class BoardFigures:
    """Of one board on average, but `late_worst_ms`; lateness is that before a kill of the host."""

    online_s: float = 0.0  # until all were online
    first_picture_s: float = 0.0  # from granting to the last camera's first picture
    cpu_percent: float = 0.0
    rss_mb: float = 0.0
    private_mb: float = 0.0
    late_worst_ms: int = 0
    late_reports: int = 0  # reports of a board that tell of a frame later than LATE_MS


@dataclass
class KillFigures:
    """Of kill -9 and start again; seconds since the kill."""

    at_s: float
    host_back_s: float = 0.0
    boards_back_s: list[float] = field(default_factory=list)
    pictures_back_s: list[float] = field(default_factory=list)


@dataclass
class Figures:
    """All of a run. `sent` by the boards and `taken` by the host cover the whole run, None where
    the host was killed meanwhile (its counters began anew); `gaps` and `repeats` are its own.
    `stall_ms`: how late this program itself came to a timer, which tells of a busy machine."""

    boards: int
    fps: int
    seconds: float
    frame_bytes: int | None
    sent: int | None = None
    taken: int | None = None
    refused: dict[str, int] = field(default_factory=dict)
    dropped: int = 0
    delivered: int = 0
    delivered_per_s: float = 0.0
    gaps: int = 0
    repeats: int = 0
    missing: int = 0
    repeated: int = 0
    outside: int = 0
    sessions_lost: int = 0
    stall_ms: int = 0
    resets: int = 0
    integrity: str | None = None
    host: HostFigures = field(default_factory=HostFigures)
    board: BoardFigures = field(default_factory=BoardFigures)
    kill: KillFigures | None = None

    @property
    def lost(self) -> int | None:
        """Frames that left a board and did not reach the host. One that was under way when its
        viewer left is not lost: the host has to refuse it."""
        if self.sent is None or self.taken is None:
            return None
        return self.sent - self.taken - sum(self.refused.values())

    def document(self) -> dict[str, Any]:
        """The one JSON object of --json."""
        found = promises(self)
        return {
            "ok": all(promise.ok for promise in found),
            **asdict(self),
            "lost": self.lost,
            "promises": [asdict(promise) for promise in found],
        }


def promises(run: Figures) -> list[Promise]:
    """What a run has to show."""
    expected = run.boards * run.fps
    found = [
        Promise(
            "pictures of all cameras, at their pace",
            run.delivered_per_s > 0.95 * expected or run.kill is not None,
            f"{run.delivered_per_s:.1f} of {expected} frames/s, {run.delivered} frames",
        ),
        Promise(
            f"no frame over {LATE_MS} ms late at the board",
            run.board.late_reports == 0 and run.board.late_worst_ms <= LATE_MS,
            f"worst {run.board.late_worst_ms} ms, {run.board.late_reports} reports of more; "
            f"this program itself was up to {run.stall_ms} ms late",
        ),
        Promise(
            "no frame twice",
            run.repeats == run.repeated == 0,
            f"{run.repeated} at the viewers, {run.repeats} at the host",
        ),
        Promise(
            "no frame outside its grant",
            run.outside == 0 and set(run.refused) <= {"not-watched", "revoked"},
            f"{run.outside} at the viewers; the host refused {run.refused or 'none'}",
        ),
        Promise("no board reset", run.resets == 0, f"{run.resets} resets"),
        _memory(run),
    ]
    return [*found, *(_after_kill(run, run.kill) if run.kill else _undisturbed(run))]


def _undisturbed(run: Figures) -> list[Promise]:
    return [
        Promise(
            "no frame lost",
            run.lost == run.gaps == run.dropped == 0,
            f"{run.sent} sent, {run.taken} taken, {run.lost} lost, {run.gaps} left out, "
            f"{run.dropped} dropped on boards; {run.missing} skipped for slow viewers",
        ),
        Promise("no connection dropped", run.sessions_lost == 0, f"{run.sessions_lost} dropped"),
    ]


def _after_kill(run: Figures, kill: KillFigures) -> list[Promise]:
    back, seen = kill.boards_back_s, kill.pictures_back_s
    return [
        Promise(
            "boards come back by themselves",
            len(back) == len(seen) == run.boards,
            f"{len(back)} of {run.boards}, the last after {max(back, default=0):.1f} s; "
            f"its host after {kill.host_back_s:.1f} s, pictures after {max(seen, default=0):.1f} s",
        ),
        Promise("database intact", run.integrity == "ok", f"integrity_check: {run.integrity}"),
    ]


def _memory(run: Figures) -> Promise:
    host = run.host
    return Promise(
        "host memory flat",
        host.growth_mb <= GROWTH_MB,
        f"{' / '.join(f'{mb:.0f}' for mb in host.rss_mb)} MB at start / middle / end, "
        f"{host.growth_mb_per_min:+.1f} MB a minute",
    )
