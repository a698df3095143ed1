"""A board's table in words, for the terminal and for boards/README.md."""

from typing import Any

from porchkit.boards import Table


def memory(found: Table, key: str) -> str:
    """ "4 MB", "none", or "?" where nobody says."""
    size = found.get(key)
    return "?" if size is None else f"{size} MB" if size else "none"


def light(found: Table) -> str:
    """Where the porch light is, at which level it is lit, and whether anybody knows."""
    line, unsure = found.get("light"), found.get("unverified", ())
    if line is None:
        return "not known" if "light" in unsure else "none"
    if "active" not in line:
        return f"GPIO{line['pin']}, level not known"
    return f"GPIO{line['pin']}, lit {'high' if line['active'] else 'low'}"


def notes(found: Table) -> str:
    """Why it cannot be used, or what is not verified; "" if there is nothing to say."""
    if "reason" in found:
        return str(found["reason"])
    unsure = found.get("unverified", ())
    return f"not verified: {', '.join(unsure)}" if unsure else ""


def advice(sensor: dict[str, Any]) -> str:
    """What whoever has this sensor (a row of boards.sensors()) should know; "" if nothing."""
    if not sensor["jpeg"]:
        return ""
    parts = [f"camera firmware {' or '.join(sensor['firmware'])}"] if sensor["firmware"] else []
    return "; ".join(parts + ([sensor["note"]] if sensor["note"] else []))
