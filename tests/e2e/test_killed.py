"""Must show 6: kill -9 at any moment. No frame without an entry, no entry lost that a receipt
exists for, no broken clip.

`PORCHLIGHT_KILLS=50 python -m pytest tests/e2e/test_killed.py` kills more often; PORCHLIGHT_SEED
draws other moments: after how much that people got from the host, and how much later.
"""

import asyncio
import logging
import os
import random
from pathlib import Path

import pytest

from tests.support.hosting import spawned
from tests.support.morning import check_all
from tests.support.night import busy, killed_while_starting
from tests.support.street import NIGHT, Street

KILLS = int(os.environ.get("PORCHLIGHT_KILLS", "2"))
SEED = int(os.environ.get("PORCHLIGHT_SEED", "6"))
MOST = 90  # pictures, answers, files between two kills
LATER_S = 0.1
START_S = 2.0
_log = logging.getLogger(__name__)


@pytest.mark.timeout(120 + 15 * KILLS)
async def test_killed_at_any_moment(tmp_path: Path) -> None:
    home, folder, draw = tmp_path / "home", tmp_path / "ann", random.Random(SEED)
    folder.mkdir()
    street = None
    for kill in range(KILLS):
        with spawned(home, NIGHT) as host:
            street = street or Street(host)
            check_all(host, street, folder)
            async with busy(host, street, draw) as night:
                await night.happened(draw.randint(0, MOST))
                await asyncio.sleep(draw.uniform(0, LATER_S))
        if kill % 4 == 1:
            await killed_while_starting(home, draw.uniform(0.2, START_S))
    with spawned(home, NIGHT) as host:
        assert street is not None
        check_all(host, street, folder)
    counts = street.told.counts()
    _log.info("%d kills: %s", KILLS, counts)
    assert all(counts[kind] for kind in ("frames", "receipts", "heads", "clips")), counts
