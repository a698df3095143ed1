"""The verdicts on a terminal: one row a reel, then what moved and what could not be read."""

from collections.abc import Mapping, Sequence

from porchkit.replay.figures import Figures, figures, moved, total, unreadable
from porchkit.replay.labels import Stretch
from porchkit.replay.run import Verdict
from porchkit.replay.source import Reel
from porchkit.words import clean, table

_HEAD = ("SEQUENCE", "FRAMES", "SENT", "SHARE", "LEARNING", "UNREADABLE", "BYTES KEPT BACK")
_LABELLED = ("EVENTS", "LAG", "RECALL", "FALSE ALARMS", "F1")
_MOST_STRETCHES = 24  # on a line

Judged = tuple[Reel, Sequence[Verdict]]


def document(judged: Sequence[Judged]) -> dict[str, list[float]]:
    """{reel: [one value a frame]}, as the shared data's scorer takes it."""
    return {reel.name: [verdict.value for verdict in verdicts] for reel, verdicts in judged}


def text(judged: Sequence[Judged]) -> str:
    """The table and what stands below it."""
    rows = {reel.name: figures(verdicts, reel.labels) for reel, verdicts in judged}
    lines = [_table(rows)]
    for reel, verdicts in judged:
        lines += ["", *_details(reel, verdicts)]
    if any(row.labelled for row in rows.values()):
        lines += ["", "Labelled sequences: the frames shown first as the past are not counted."]
    return "\n".join(lines)


def spans(stretches: Sequence[Stretch]) -> str:
    """ "12-40, 57, 80-83", and how many more."""
    shown = [str(a) if a == b else f"{a}-{b}" for a, b in stretches[:_MOST_STRETCHES]]
    if more := len(stretches) - len(shown):
        shown.append(f"and {more} more")
    return ", ".join(shown)


def _table(rows: Mapping[str, Figures]) -> str:
    labelled = any(row.labelled for row in rows.values())
    cells = [_cells(name, row, labelled) for name, row in rows.items()]
    if len(rows) > 1:
        cells.append(_cells("all", total(rows.values()), labelled))
    return table((*_HEAD, *_LABELLED) if labelled else _HEAD, cells)


def _cells(name: str, row: Figures, labelled: bool) -> list[str]:
    cells = [
        name,
        str(row.frames),
        str(row.sent),
        _percent(row.share_sent),
        str(row.learning),
        str(row.unreadable),
        _percent(row.share_kept),
    ]
    if labelled:
        caught = f"{row.caught}/{row.events}" if row.labelled else "-"
        rates = (row.mean_lag, row.recall, row.false_alarms, row.f1)
        cells += [caught, *("-" if rate is None else f"{rate:.3f}" for rate in rates)]
    return cells


def _details(reel: Reel, verdicts: Sequence[Verdict]) -> list[str]:
    seen = moved(verdicts)
    what = f"moved in frames {spans(seen)}" if seen else "nothing moved"
    lines = [f"{clean(reel.name)}: {what}"]
    for reason, runs in unreadable(verdicts).items():
        lines.append(f"  cannot be read ({clean(reason)}): frames {spans(runs)}")
    return lines


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
