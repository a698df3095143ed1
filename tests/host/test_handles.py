"""File handles: the limit is raised as far as it goes, and connections keep below it."""

import subprocess
import sys

import pytest

STORY = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
sys.path[:0] = {path}
from porchlight import handles
print(handles.room_for(1_000), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "said"),
    [
        (256, 4_096, (1_000, 1_128, 4_096)),
        (256, 512, (384, 512, 512)),
        (100, 100, (1, 100, 100)),
        (2_000, 4_096, (1_000, 2_000, 4_096)),
    ],
)
def test_connections_keep_below_the_limit(soft: int, hard: int, said: tuple[int, ...]) -> None:
    story = STORY.format(soft=soft, hard=hard, path=[path for path in sys.path if path])
    run = subprocess.run([sys.executable, "-c", story], capture_output=True, text=True, timeout=30)
    assert run.stdout.split() == [str(number) for number in said], run.stderr
