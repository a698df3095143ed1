"""The evening of the demo is held to the logs: a step in too few of them, or too many, fails."""

import json
import time
from pathlib import Path

import pytest

from porchkit import keys
from porchkit.client import AsyncClient
from porchkit.commands import demo
from porchkit.demo.cast import Cast
from porchkit.demo.household import Camera
from porchkit.demo.neighbour import Neighbour
from porchkit.demo.report import Step, Tale
from porchlight.client import Hub, Refused, Why
from tests.support.hosting import InThread, Kit
from tests.support.signing import Signer

WHY = Why("24-117", "fire")
NAMES = ("sam", "kim", "lee")


def neighbour(host: InThread, name: str, kit: Kit, folder: Path) -> Neighbour:
    path = folder / f"{name}.pem"
    path.write_bytes(kit.owner.key.pem())
    key = keys.load_private(path)
    client = AsyncClient(host.https, key, ca=host.ca)
    names = {kit.id: "Front porch"}
    return Neighbour(name, Camera(name, name, kit.key, name), "52,4", client, key, names)


async def steps_of(host: InThread, fire: Signer, folder: Path, looked_at: str) -> list[Step]:
    """Somebody is looked at, or nobody; told each time as Sam's alone."""
    kits = {name: host.camera(host.resident()) for name in NAMES}
    cast = [neighbour(host, name, kits[name], folder) for name in NAMES]
    report = Tale(lambda _line: None)
    async with Hub(host.https, fire.key, ca=host.ca) as hub:
        told = Cast(cast, hub, fire.thumb, folder, report)
        if looked_at:
            with pytest.raises(Refused):
                async with hub.view([kits[looked_at].id], WHY):
                    pass
        await told.told("tried", True, "The hub tries", sam=("access.refused",))
        await told.told("quiet", True, "Nothing more")
    for each in cast:
        await each.client.__aexit__()
    return report.steps


@pytest.mark.parametrize(
    ("looked_at", "ok", "words"),
    [
        ("sam", True, 'Sam reads: "'),
        ("", False, "it is NOT in Sam's log"),
        ("kim", False, "it is in the log of Kim, whom it does not concern"),
    ],
)
async def test_a_step_is_held_to_every_log(
    host: InThread, fire: Signer, tmp_path: Path, looked_at: str, ok: bool, words: str
) -> None:
    tried, quiet = await steps_of(host, fire, tmp_path, looked_at)
    assert tried.ok is ok
    assert words in tried.detail
    assert quiet.ok, "what was read once is no news"


@pytest.mark.parametrize(("held", "code"), [((True, True), 0), ((True, False), 1), ((), 1)])
def test_a_step_that_fails_is_the_exit_code(
    held: tuple[bool, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[str] = []
    report = Tale(lines.append)
    for ok in held:
        report.step("tried", ok, "the hub tries " * 20)
    assert demo.ended(report, time.monotonic(), lines.append, as_json=True) == code
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is (code == 0)
    assert [step["ok"] for step in found["steps"]] == list(held)
    assert all(len(part) <= 100 for line in lines for part in line.split("\n"))
