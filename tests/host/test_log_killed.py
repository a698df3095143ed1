"""No entry, no frame; and no entry that is lost: a host killed between the two."""

from pathlib import Path

import httpx
import pytest

from porchlight.client import tlog
from tests.support.hosting import Spawned, hosted, spawned
from tests.support.viewing import ask_view, open_view


def test_killed_between_entry_and_ticket(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with spawned(home, program="tests.support.dying") as host:
        assert isinstance(host, Spawned)
        ann, fire = host.resident(), host.hub()
        porch = host.camera(ann)
        host.grant(porch, fire)
        with pytest.raises(httpx.TransportError):  # no answer: no ticket, so no frame
            ask_view(host, fire, porch)
        host.process.wait(10)
    with hosted(home) as again:
        types = [entry["type"] for entry in again.entries(ann)]
        assert types[-2:] == ["view.open", "view.close"]  # the entry is there, and was closed
        assert again.entries(ann)[-1]["reason"] == "host-restarted"
        receipt = open_view(again, fire, porch)["receipts"][0]
        about = again.caller(ann).get(f"/log/{ann.thumb}").json()
        head = tlog.check_receipt(receipt, tlog.Key.parse(about["vkey"]), fire.thumb)
        assert head.size == about["size"] == len(types) + 1
