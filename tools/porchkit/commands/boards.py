"""`porchlight boards`: which boards there are, and what has to be known of one."""

import argparse
import json
from typing import Any

from porchkit import boards
from porchkit.boards import Table
from porchkit.boards_words import advice, light, memory, notes
from porchkit.words import listed, table

HELP = """\
examples:
  porchlight boards                    all of them
  porchlight boards ai_thinker         one: pins, light, traps, what to press before flashing
  porchlight boards --json             for a script

status:
  tested-virtually  the firmware ran with this table on a virtual board; no real one was at hand
  unverified        something that matters here comes from one source only, or sources disagree
  end-of-life       works as far as is known, but is no longer made
  unusable          cannot be used; it says why

A light whose level nobody knows is not lit: a light that may lie is worse than none."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    parser.add_argument("name", nargs="?", metavar="NAME", help="show all that is known of one")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the table of boards, or one board."""
    if args.name is not None:
        found = boards.table(args.name)
        known = boards.sensors(args.name)
        print(json.dumps({"board": found, "sensors": known}) if args.json else _one(found, known))
        return 0
    rows = [boards.table(name) for name in boards.names()]
    print(json.dumps({"boards": rows}) if args.json else _all(rows))
    return 0


def _all(rows: list[Table]) -> str:
    head = ("NAME", "CHIP", "PSRAM", "STATUS", "LIGHT", "NOTES")
    cells = [
        (
            found["name"],
            found["chip"],
            memory(found, "psram_mb"),
            found["status"],
            light(found),
            notes(found),
        )
        for found in rows
    ]
    return table(head, cells) + "\n\nporchlight boards NAME says all about one."


def _one(found: Table, known: dict[str, Any]) -> str:
    psram = memory(found, "psram_mb") + (f" {bus}" if (bus := found.get("psram_bus")) else "")
    facts = [
        ("status", found["status"]),
        ("chip", f"{found['chip']}, flash {memory(found, 'flash_mb')}, PSRAM {psram}"),
        ("image", f"{found['image']} at {found['image_offset']:#x}"),
        ("USB", listed(":".join(pair) for pair in found.get("usb", [])) or "not known"),
        ("light", light(found)),
        *_pins(found),
    ]
    width = max(len(label) for label, _ in facts)
    lines = [f"{found['title']} ({found['name']})"]
    lines += [f"  {label.ljust(width)}  {value}" for label, value in facts]
    if "reason" in found:
        lines.append(f"\nCannot be used: {found['reason']}.")
    lines += _listed("Before flashing", found.get("boot_steps", []))
    lines += _listed("After flashing", found.get("run_steps", []))
    lines += _listed("Mind", found["traps"])
    told = {name: advice(row) for name, row in known.items()}
    lines += _listed("Sensors", [f"{name}: {words}" for name, words in told.items() if words])
    lines += _listed("Not verified", found.get("unverified", []))
    lines += _listed("Sources", [f"{fact}: {who}" for fact, who in found["source"].items()])
    return "\n".join(lines)


def _pins(found: Table) -> list[tuple[str, str]]:
    rows = []
    for line in ("button", "flash", "power_down"):
        if line in found:
            rows.append((line.replace("_", "-"), f"GPIO{found[line]['pin']}"))
    for hold in found.get("hold", []):
        rows.append(("held", f"GPIO{hold['pin']} {'high' if hold['level'] else 'low'}"))
    if "camera" in found:
        camera = found["camera"]
        rows.append(("D0..D7", " ".join(str(pin) for pin in camera["data_pins"])))
        names = ("pclk", "vsync", "href", "xclk", "sda", "scl", "powerdown", "reset")
        used = [(name, camera[f"{name}_pin"]) for name in names]
        rows.append(("camera", ", ".join(f"{name} {pin}" for name, pin in used if pin >= 0)))
    return rows


def _listed(heading: str, items: list[str]) -> list[str]:
    return [f"\n{heading}:", *(f"  - {item}" for item in items)] if items else []
