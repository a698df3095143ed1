"""The evening on its stage: a host, three boards, three neighbours and a hub, brought together."""

from contextlib import AsyncExitStack
from pathlib import Path

from porchkit import keys
from porchkit.demo.cast import Cast
from porchkit.demo.evening import STREET, Evening
from porchkit.demo.neighbour import Neighbour
from porchkit.demo.report import Steps
from porchkit.demo.stage import Stage
from porchlight.client import Hub


async def perform(folder: Path, report: Steps, footage: Path | None = None) -> None:
    """Tell the whole evening in `folder`; the host's own is folder/home, and stays."""
    async with AsyncExitStack() as undo:
        stage = Stage(folder, footage=footage, street=STREET, tell=report.tell)
        await undo.enter_async_context(stage)
        house = stage.house
        neighbours = []
        for camera, place in zip(house.cameras, STREET.cameras, strict=True):
            key = house.residents[camera.resident]
            client = await undo.enter_async_context(stage.client(key))
            neighbours.append(
                Neighbour(camera.resident, camera, place.at, client, key, house.names)
            )
        base = f"https://127.0.0.1:{stage.running.https}"
        hub = await undo.enter_async_context(Hub(base, keys.Signing(house.hub), ca=house.home.ca))
        thumb = keys.thumb(house.hub.public_key())
        await Evening(Cast(neighbours, hub, thumb, house.home.path, report)).run()
