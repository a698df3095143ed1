"""What a search costs the host beside its entry: a program for a Python process of its own, as
text, for the workbench imports nothing of the host.

A town of 20 by 20 km. Every camera holds eight grants and let go of two that ran out, most of them
for other hubs; the searching hub may use two thirds of the cameras and ask the residents of the
rest. What is timed is all that a search does but the durable write: finding, asking once more
after the entry, and the GeoJSON. Milliseconds of CPU, which a busy machine does not change much.
"""

import json
import subprocess
import sys
from typing import Any, Final

from porchkit.bench.consent_places import PLACES
from porchkit.errors import CommandError

_LIMIT_S: Final = 600.0
# argv: cameras, rounds.
_PROGRAM: Final = """
import hashlib, json, random, sys, time
from types import SimpleNamespace
from accord import b64, envelope, grant
from porchlight.api import geojson
from porchlight.heldbook import HeldBook
from porchlight.search.areas import Circle, Polygon
from porchlight.search.finder import Finder, Wanted
from porchlight.search.index import Index
from porchlight.search.pseudonyms import Pseudonyms
from porchlight.search.searches import Found

NOW = 1_800_000_000
cameras, rounds = int(sys.argv[1]), int(sys.argv[2])
chance, hubs = random.Random(1), []


def thumb(name):
    return b64.encode(hashlib.sha256(name.encode()).digest())


def granted(camera, resident, hub, number, cell, actions, over):
    purposes = ["burglary", "fire", "medical", "theft"]
    detail = {"type": grant.DETAIL_TYPE, "actions": actions, "purposes": purposes}
    detail["geo"] = {"cell": cell, "precision_m": chance.choice([150, 500, 1000])}
    claims = {
        "iss": resident, "sub": camera, "aud": [hub], "seq": number + 1,
        "jti": b64.encode(hashlib.sha256(f"{camera} {number}".encode()).digest()[:16]),
        "iat": NOW - 900, "nbf": NOW - 900, "exp": NOW - 1 if over else NOW + 3600,
        "authorization_details": [detail],
    }
    token = envelope.assemble(grant.signing_input(claims, resident), bytes(64))
    return grant.verify(token, {resident: None}, lambda *_: True)


hubs = [thumb(f"hub {at}") for at in range(10)]
index, known, held = Index(), {}, 0
for number in range(cameras):
    camera, resident = thumb(f"camera {number}"), thumb(f"resident {number}")
    known[camera] = SimpleNamespace(
        label="porch", source="board", enforced_at="board", online=True)
    book, cell = HeldBook(camera, [index.held], lambda: 0), geohash(somewhere())
    for at in range(10):
        hub = hubs[0] if at == 9 else hubs[1 + (number + at) % 9]
        actions = [] if number % 3 == 0 else ["live", "snapshot"]
        book.add(granted(camera, resident, hub, at, cell, actions, at < 2))
        if at == 1:
            book.drop_expired(NOW)
    held += len(book.grants())

finder = Finder(index, 3, Pseudonyms(bytes(32)).of)


def once(area):
    wanted = Wanted(area, "live", "fire")
    since = time.process_time_ns()
    shown = finder.find(hubs[0], wanted, NOW)
    found = Found(finder.still(hubs[0], wanted, shown, NOW), [])
    body = geojson.GeoJson(geojson.collection(found, "live", known, NOW * 1000)).body
    return (time.process_time_ns() - since) / 1e6, len(shown), len(body)


def polygon():
    middle = somewhere()
    corners = [(0.01, 0), (0.004, 0.015), (-0.008, 0.01), (-0.007, -0.01), (0.005, -0.014)]
    return Polygon([Point(middle.lat + lat, middle.lon + lon) for lat, lon in corners])


kinds = {
    "circle of 500 m": lambda: Circle(somewhere(), 500),
    "circle of 1 km": lambda: Circle(somewhere(), 1_000),
    "polygon of 2 km": polygon,
}
results = {}
for name, draw in kinds.items():
    once(draw())
    runs = [once(draw()) for _ in range(rounds)]
    ms = sorted(run[0] for run in runs)
    results[name] = {
        "p50_ms": ms[len(ms) // 2], "p99_ms": ms[len(ms) * 99 // 100],
        "shown": sorted(run[1] for run in runs)[len(runs) // 2],
    }
print(json.dumps({"cameras": cameras, "grants": cameras * 10, "held": held, "searches": results}))
"""


def measure(cameras: int = 10_000, rounds: int = 300) -> dict[str, Any]:
    """{"cameras", "grants", "held", "searches": {kind of area: {"p50_ms", "p99_ms", "shown"}}};
    CommandError if the host's code is not where this looks for it."""
    command = [sys.executable, "-c", PLACES + _PROGRAM, str(cameras), str(rounds)]
    done = subprocess.run(  # noqa: S603 - our own program
        command, capture_output=True, text=True, timeout=_LIMIT_S, check=False
    )
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise CommandError(f"the search measured nothing: {last[:200]}") from None
    return found


def main() -> None:
    """Measure and print."""
    found = measure()
    print(f"{found['cameras']:,} cameras, {found['grants']:,} grants ({found['held']:,} held)")
    for kind, row in found["searches"].items():
        print(
            f"  {kind:<16} p50 {row['p50_ms']:6.2f} ms   p99 {row['p99_ms']:6.2f} ms"
            f"   {row['shown']} cameras shown"
        )


if __name__ == "__main__":
    main()
