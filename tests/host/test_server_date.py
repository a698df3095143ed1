"""The Date header: written when it is wanted, by no timer."""

import time
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import httpx
import pytest

from tests.support.hosting import InThread


def test_every_answer_has_the_date_of_now(host: InThread, monkeypatch: pytest.MonkeyPatch) -> None:
    now = int(time.time())
    for shown in (now, now + 86_400):
        clock = SimpleNamespace(time=lambda shown=shown: shown + 0.5)
        monkeypatch.setattr("porchlight.server.time", clock)
        dates = httpx.get(f"{host.http}/healthz").headers.get_list("date")
        assert [parsedate_to_datetime(date).timestamp() for date in dates] == [shown]
