"""What processes cost and what the host counts, read from outside: /proc and /metrics."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Of one process until now: CPU seconds since its start, resident bytes."""

    cpu_s: float
    rss_bytes: int


def cost(pid: int) -> Cost | None:
    """None once the process is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        status = _fields(Path(f"/proc/{pid}/status").read_text().splitlines())
    except OSError:
        return None
    return Cost((int(stat[11]) + int(stat[12])) / _TICKS, status.get("VmRSS", 0))


def private_bytes(pid: int) -> int:
    """Memory that is this process's own share (PSS); 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return _fields(lines).get("Pss", 0)


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """By how much y grows with each x: least squares; 0 for fewer than two points."""
    if len(samples) < 2:
        return 0.0
    mean_x = sum(x for x, _ in samples) / len(samples)
    mean_y = sum(y for _, y in samples) / len(samples)
    spread = sum((x - mean_x) ** 2 for x, _ in samples)
    return sum((x - mean_x) * (y - mean_y) for x, y in samples) / spread if spread else 0.0


@dataclass(frozen=True)
class Counts:
    """The host's counters (Prometheus text), by name with labels as written."""

    values: dict[str, float]

    @classmethod
    def parse(cls, text: str) -> "Counts":
        """Reads what /metrics says; lines it cannot read are left out."""
        rows = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return cls({row[0]: float(row[1]) for row in rows if len(row) == 2})

    def of(self, name: str) -> int:
        """One counter, 0 where it was never counted; `porchlight_` is ours to add."""
        return round(self.values.get(f"porchlight_{name}", 0))

    def over(self, histogram: str, bound: str) -> int:
        """How many observations were above `bound`, which must be one of the buckets."""
        return self.of(f"{histogram}_count") - self.of(f'{histogram}_bucket{{le="{bound}"}}')

    def refused_frames(self) -> dict[str, int]:
        """How many frames the host did not take, by reason."""
        head = 'porchlight_refusals_total{reason="'
        return {
            name[len(head) :].partition('"')[0]: round(count)
            for name, count in self.values.items()
            if name.startswith(head) and 'what="frame"' in name
        }


def _fields(lines: Iterable[str]) -> dict[str, int]:
    """`Name:  123 kB` lines in bytes."""
    rows = (line.split() for line in lines)
    return {row[0][:-1]: int(row[1]) * 1024 for row in rows if len(row) == 3 and row[2] == "kB"}
