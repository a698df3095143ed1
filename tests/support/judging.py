"""What the motion model says of pictures, on a board and on the host, in the same words."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from porchlight.motion.thumbnail import Thumbnail, thumbnail
from tests.support.runtimes import FIRMWARE, run_micropython

Picture = bytes | tuple[int, int, bytes]  # a JPEG; or columns, rows and greys

# Reads runs from a file: a line of settings, then each picture after its size (u32, big-endian):
# greys after their columns and rows (u16), or a JPEG. The end of a run is a size of 0.
JUDGE = """
import json
from binascii import hexlify
from hashlib import sha256
from agent.motion import MotionModel
from agent.thumbnail import Thumbnailer

class Ready:
    def read(self, content):
        self.cols = int.from_bytes(content[:2], "big")
        self.rows = int.from_bytes(content[2:4], "big")
        self.pixels = bytearray(content[4:])

def judge(file, settings):
    model = MotionModel(settings["sensitivity"], settings["zones"])
    eye = Thumbnailer() if settings["jpeg"] else Ready()
    number = 0
    size = int.from_bytes(file.read(4), "big")
    while size:
        if eye.read(file.read(size)):
            raise ValueError("no picture")
        said = "%d %d" % (model.judge(eye.pixels, eye.cols, eye.rows), model.learning)
        if number % settings["look_every"] == 0:
            looks = bytearray(eye.cols * eye.rows), bytearray(eye.cols * eye.rows)
            model.marks(looks[0])
            model.background(looks[1])
            said += " " + hexlify(sha256(looks[0] + looks[1]).digest()[:4]).decode()
        print(said)
        number += 1
        size = int.from_bytes(file.read(4), "big")

with open({path!r}, "rb") as file:
    while line := file.readline():
        judge(file, json.loads(line))
"""


@dataclass(frozen=True)
class Run:
    """Pictures for one model. Marks and background are asked for after every `look_every`th."""

    pictures: Sequence[Picture]
    sensitivity: int = 50
    zones: Sequence[str] = ()
    look_every: int = 1

    def packed(self) -> bytes:
        settings = {
            "sensitivity": self.sensitivity,
            "zones": list(self.zones) or None,
            "jpeg": isinstance(self.pictures[0], bytes),
            "look_every": self.look_every,
        }
        packed = [json.dumps(settings).encode() + b"\n"]
        for picture in map(_content, self.pictures):
            packed += len(picture).to_bytes(4, "big"), picture
        return b"".join([*packed, bytes(4)])


def on_the_board(runs: Iterable[Run], folder: Path) -> list[list[str]]:
    """For each run and each of its pictures: the score, whether the model still learns, and a
    digest of marks and background."""
    runs, path = list(runs), folder / "runs"
    path.write_bytes(b"".join(run.packed() for run in runs))
    code = JUDGE.replace("{path!r}", repr(str(path)))
    done = run_micropython(code, path=[FIRMWARE, FIRMWARE / "lib"])
    assert done.returncode == 0, done.stdout[-300:] + done.stderr
    lines = iter(done.stdout.splitlines())
    return [[next(lines) for _ in run.pictures] for run in runs]


def on_the_host(run: Run) -> list[str]:
    """The same of porchlight.motion."""
    from porchlight.motion.model import MotionModel  # and numpy, which not every worker needs

    model = MotionModel(run.sensitivity, list(run.zones) or None)
    said = []
    for number, picture in enumerate(run.pictures):
        score = model.judge(_seen(picture))
        line = f"{score} {model.learning:d}"
        if number % run.look_every == 0:
            looks = hashlib.sha256(model.marks() + model.background())
            line += f" {looks.hexdigest()[:8]}"
        said.append(line)
    return said


def _content(picture: Picture) -> bytes:
    if isinstance(picture, bytes):
        return picture
    cols, rows, greys = picture
    return cols.to_bytes(2, "big") + rows.to_bytes(2, "big") + greys


def _seen(picture: Picture) -> Thumbnail:
    return thumbnail(picture) if isinstance(picture, bytes) else Thumbnail(*picture)
