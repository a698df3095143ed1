"""Run a program on MicroPython with the stand-ins of a virtual board, without a supervisor."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from porchkit import paths, vboardrun

AI_THINKER = (
    "dict(data_pins=[5,18,19,21,36,39,34,35],pclk_pin=22,vsync_pin=25,href_pin=23,"
    "sda_pin=26,scl_pin=27,xclk_pin=0,powerdown_pin=32)"
)
HEAD = f"""
import json, os, sys, time
PINS = {AI_THINKER}
def say(*values): print(json.dumps(values))
def refused(kind, f, *args, **kw):
    try:
        f(*args, **kw)
    except kind as error:
        return str(error)
    return None
"""


def picture(shade: int, size: tuple[int, int] = (640, 480)) -> bytes:
    """A small JPEG as an ESP32's sensor shapes it; every `shade` another one."""
    image = Image.new("RGB", size, (shade, 255 - shade, 128))
    image.putpixel((0, 0), (255, shade, shade))
    out = BytesIO()
    image.save(out, "JPEG", quality=60, subsampling="4:2:2")
    return out.getvalue()


def launch(root: Path, program: str, knobs: Mapping[str, Any]) -> "subprocess.Popen[str]":
    """Start `program` in `root`; HEAD's names are there for it."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "sim.json").write_text(json.dumps(dict(knobs)))
    (root / "main.py").write_text(HEAD + program)
    return subprocess.Popen(
        [vboardrun.micropython(), "main.py"],
        cwd=root,
        env={**os.environ, "MICROPYPATH": f"{paths.standins_root()}:.frozen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def said(process: "subprocess.Popen[str]", status: int = 0) -> Sequence[Any]:
    """What the program said, one list a call of say(); fails where it ended otherwise."""
    [rows] = all_said({"": process}, status).values()
    return rows


def all_said(
    processes: Mapping[str, "subprocess.Popen[str]"], status: int = 0
) -> dict[str, Sequence[Any]]:
    """The same for several that run at a time; waits for all of them first."""
    printed = {name: process.communicate(timeout=60)[0] for name, process in processes.items()}
    for name, process in processes.items():
        assert process.returncode == status, f"{name}: {printed[name]}"
    return {name: [json.loads(line) for line in out.splitlines()] for name, out in printed.items()}


def run(root: Path, program: str, knobs: Mapping[str, Any] | None = None) -> Sequence[Any]:
    """Run `program` to its end; what it said."""
    return said(launch(root, program, knobs or {}))
