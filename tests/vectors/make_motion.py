"""Makes motion.json: what the motion model says of each picture of motion_scenes.SCENES.

Run by hand (`python -m tests.vectors.make_motion`) when the model was meant to change; the output
is committed. A line for each picture: score, 1 while learning, digest of marks and background.
"""

import json
from pathlib import Path

from tests.support.judging import Run, on_the_host
from tests.vectors.motion_scenes import SCENES, Scene


def run(scene: Scene) -> Run:
    return Run(scene.pictures(), scene.sensitivity, scene.zones)


def answers() -> dict[str, list[str]]:
    return {scene.name: on_the_host(run(scene)) for scene in SCENES}


if __name__ == "__main__":
    path = Path(__file__).with_name("motion.json")
    path.write_text(json.dumps(answers(), indent=0) + "\n", "ascii")
