"""A command center in sixty lines: draw a circle, see whoever lets you, and nothing else.

    python -m porchkit.examples.command_center https://HOST:8443 hub.pem ca.pem \\
        52.5200,13.4050,300 --case 24-117 --purpose emergency

Writes each camera's newest picture to FOLDER/CAMERA.jpg until Ctrl-C. What is shown, why and for
how long stands in each resident's log before the first picture comes.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from porchkit import keys
from porchlight.client import Circle, Found, Hub, HubError, View, Why


async def command_center(hub: Hub, area: Circle, why: Why, folder: Path) -> None:
    """Search, open one view for each camera that is found, and show them side by side."""
    found = [camera for camera in await hub.search(area, why) if not camera.registered]
    print(f"{len(found)} cameras whose residents let you look")
    async with asyncio.TaskGroup() as screens:
        for camera in found:
            screens.create_task(screen(hub, camera, why, folder))


async def screen(hub: Hub, camera: Found, why: Why, folder: Path) -> None:
    """One camera, for as long as its resident allows."""
    try:
        async with hub.view([camera.camera], why) as view:
            await show(view, camera, folder / f"{camera.camera}.jpg")
        print(f"{camera.label}: over")
    except HubError as refused:
        print(f"{camera.label}: {refused}")


async def show(view: View, camera: Found, file: Path) -> None:
    """Pictures of a view into a file, each in place of the one before."""
    print(f"{camera.label}, within {camera.accuracy_m} m of {camera.lat:.4f}, {camera.lon:.4f}")
    async for picture in view.pictures(camera.camera, fps=2):
        fresh = file.with_suffix(".new")
        fresh.write_bytes(picture.jpeg)
        fresh.replace(file)


async def main(arguments: list[str]) -> None:
    """As the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("host")
    parser.add_argument("key", type=Path, help="the hub's private key, PEM")
    parser.add_argument("ca", type=Path, help="the host's ca.pem")
    parser.add_argument("circle", help="LAT,LON,RADIUS_M")
    parser.add_argument("--case", required=True)
    parser.add_argument("--purpose", required=True)
    parser.add_argument("--folder", type=Path, default=Path())
    args = parser.parse_args(arguments)
    lat, lon, radius_m = map(float, args.circle.split(","))
    async with Hub(args.host, keys.Signing(keys.load_private(args.key)), ca=args.ca) as hub:
        why = Why(args.case, args.purpose)
        await command_center(hub, Circle(lat, lon, radius_m), why, args.folder)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
