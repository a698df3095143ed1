"""A town of consents, and what the host takes to open a view in it, to prove and to sign: a program
for a Python process of its own, as text, for the workbench imports nothing of the host.

Residents have ten cameras each and a log; the first one's log is the longest. Grants and camera
statements are truly signed, leaves and trees are those the host would have made; rows go in by the
thousand, or the town would take an hour to settle.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from porchkit.bench.consent_places import PLACES
from porchkit.errors import CommandError

_LIMIT_S: Final = 1_800.0
# argv: an empty folder, cameras, entries, rounds.
_PROGRAM: Final = '''
import asyncio, json, os, random, sys, time
from itertools import islice
from pathlib import Path
from sqlalchemy import event
from accord import b64, envelope, grant, names, statement
from porchlight import app, config
from porchlight.api import geojson
from porchlight.client import looks
from porchlight.audit import leaf, logkeys, tiles, tree
from porchlight.commands import init
from porchlight.keys import PrivateKey
from porchlight.search.areas import Circle
from porchlight.search.finder import Wanted
from porchlight.search.searches import Cause
from porchlight.store import Store, log_model, models
from porchlight.views import Intent

home, cameras, entries, rounds = Path(sys.argv[1]), *map(int, sys.argv[2:])
EACH, GRANTS, PAGE = 10, 10, 5_000
chance, now = random.Random(1), int(time.time())
SETTINGS = """
[host]
name = "bench"
[listen]
address = "127.0.0.1"
port = 0
[page]
port = 0
[views]
per_caller = 10000
[quotas]
hub_opens = 100000
hub_searches = 100000
case_cameras = 100000
"""
residents = [PrivateKey.generate() for _ in range(max(1, cameras // EACH))]
hubs = [PrivateKey.generate() for _ in range(10)]


class Pen:
    jwk, sign = hubs[0].public.jwk, hubs[0].sign


def told(line):
    print(line, file=sys.stderr, flush=True)


def signed(module, key, claims):
    whole = module.signing_input(claims, key.public.thumb)
    return envelope.assemble(whole, key.sign(whole))


def people():
    for kind, keys in (("resident", residents), ("hub", hubs)):
        for number, key in enumerate(keys):
            public = key.public
            yield {"thumb": public.thumb, "kind": kind, "name": f"{kind}{number}",
                   "x": public.x, "y": public.y, "added_at": now}


boards = [os.urandom(32) for _ in range(cameras)]
thumbs = [names.camera_thumb(board) for board in boards]
cells = [geohash(somewhere()) for _ in range(cameras)]


def owner(number):
    return residents[number % len(residents)]


def camera_rows():
    for number, thumb in enumerate(thumbs):
        key = owner(number)
        claims = {"iss": key.public.thumb, "sub": thumb, "iat": now - 1000, "label": "porch",
                  "jti": b64.encode(os.urandom(16))}
        yield {"id": thumb, "resident": key.public.thumb, "label": "porch", "source": "board",
               "board_key": boards[number], "statement": signed(statement, key, claims),
               "place": None, "added_at": now}


def grant_of(number, at):
    key, over = owner(number), at < GRANTS - 8
    hub = hubs[0] if at == GRANTS - 1 else hubs[1 + (number + at) % 9]
    detail = {"type": grant.DETAIL_TYPE, "actions": ["live", "snapshot"],
              "purposes": ["burglary", "fire", "medical", "theft"],
              "geo": {"cell": cells[number], "precision_m": 500}}
    nbf, exp = (now - 9000, now - 5000) if over else (now - 900, now + 36_000)
    claims = {"iss": key.public.thumb, "sub": thumbs[number], "aud": [hub.public.thumb],
              "seq": at + 1, "jti": b64.encode(os.urandom(16)), "iat": nbf, "nbf": nbf,
              "exp": exp, "authorization_details": [detail]}
    row = {"jti": claims["jti"], "camera": thumbs[number], "resident": claims["iss"],
           "token": signed(grant, key, claims), "seq": at + 1, "nbf": nbf, "exp": exp,
           "received_at": nbf, "revoked_at": None, "expired_at": exp if over else None}
    return row, {"jti": claims["jti"], "hub": hub.public.thumb}


def entry_rows(heads, nodes):
    first = min(entries // 10, 100_000)
    rest = (entries - first) // max(1, len(residents) - 1) if len(residents) > 1 else 0
    for at, key in enumerate(residents):
        grown, resident, camera = tree.Frontier(), key.public.thumb, thumbs[at]
        for i in range(first if at == 0 else rest):
            ts_ms = (now - 86_400) * 1000 + i
            fields = {"camera": camera, "hub": hubs[0].public.thumb, "hub_name": "hub0",
                      "view": "AAAAAAAAAAAAAAAAAAAAAA", "purpose": "fire", "detail": {"frames": i}}
            made = leaf.encode(ts_ms, "view.close", fields, {})
            grown, full = grown.append(tree.leaf_hash(made))
            for level, node in enumerate(full[tiles.HEIGHT :: tiles.HEIGHT], start=1):
                nodes.append({"resident": resident, "level": level, "hash": node,
                              "i": (grown.size >> tiles.HEIGHT * level) - 1})
            yield fields | {"ts_ms": ts_ms, "type": "view.close", "resident": resident, "i": i,
                            "jti": None, "case_number": None, "reason": None,
                            "leaf": made, "leaf_hash": tree.leaf_hash(made)}
        heads.append({"resident": resident, "size": grown.size, "peaks": b"".join(grown.peaks)})


def put(store, table, rows):
    rows = iter(rows)
    while page := list(islice(rows, PAGE)):
        store.run_now(lambda session: session.connection().execute(table.insert(), page) and None)


def settle():
    made = config.load(home)
    store = Store(made.database_url)
    store.open()
    put(store, models.Party.__table__, people())
    put(store, models.Camera.__table__, camera_rows())
    told(f"{cameras:,} cameras of {len(residents):,} residents")
    for begin in range(0, cameras, 500):
        pairs = [grant_of(number, at) for number in range(begin, min(cameras, begin + 500))
                 for at in range(GRANTS)]
        put(store, models.Grant.__table__, [pair[0] for pair in pairs])
        put(store, models.GrantHub.__table__, [pair[1] for pair in pairs])
    told(f"{cameras * GRANTS:,} grants")
    heads, nodes = [], []
    put(store, models.Entry.__table__, entry_rows(heads, nodes))
    put(store, log_model.LogHead.__table__, heads)
    put(store, log_model.LogNode.__table__, nodes)
    told(f"{entries:,} entries")
    store.close()


def ms(found):
    found = sorted(found)
    return {"p50_ms": found[len(found) // 2], "p99_ms": found[len(found) * 99 // 100]}


async def timed(count, work):
    found = []
    for at in range(count):
        since = time.perf_counter_ns()
        await work(at)
        found.append((time.perf_counter_ns() - since) / 1e6)
    return ms(found)


async def measure():
    started = time.perf_counter()
    host = app.build(config.load(home))
    async with host.router.lifespan_context(host):
        parts = host.state.parts
        told(f"the host is up after {time.perf_counter() - started:.1f} s")
        result = {"start_s": time.perf_counter() - started}
        hub, writes = parts.registry.party(hubs[0].public.thumb), []

        def committed(connection):
            if "porchlight_begin" not in connection.get_execution_options():  # not only read
                writes.append(1)

        event.listen(parts.store._engine, "commit", committed)
        first = residents[0].public.thumb
        views = []

        def stated(at):  # by the hub, on its own machine: no part of what the host takes
            ask = looks.Ask("live", "fire", f"C-{at}", "smoke", camera=thumbs[at % cameras])
            jti, made = os.urandom(looks.JTI_BYTES), int(time.time())
            return looks.signed(ask, Pen, parts.requests.host, now=made, jti=jti)

        async def view(at):
            camera, why = thumbs[at % cameras], ("fire", f"C-{at}", "smoke")
            intent = Intent((camera,), "live", *why, looks={camera: next(statements)})
            views.append(await parts.views.open(hub, intent, "127.0.0.1"))

        async def search(at):
            wanted = Wanted(Circle(somewhere(), 500), "live", "fire")
            found = await parts.searches.search(hub, Cause(f"C-{at}", "fire"), wanted)
            geojson.collection(found, "live", parts.cameras, now * 1000)

        async def proof(at):
            await parts.logs.proof(first, chance.randrange(min(entries // 10, 100_000)))

        async def checkpoint(at):
            await parts.logs.checkpoint(residents[at % len(residents)].public.thumb)

        statements = iter([stated(at) for at in (0, *range(rounds))])
        await view(0)
        before = len(writes)
        result["view"] = await timed(rounds, view)
        result["writes_a_view"] = (len(writes) - before) / rounds
        for opened, _ in views:
            await parts.views.close(opened, "closed")
        result["search"] = await timed(rounds, search)
        result["proof"] = await timed(rounds, proof)
        result["checkpoint"] = await timed(rounds, checkpoint)
        return result


init.make(home, SETTINGS)
since = time.perf_counter()
settle()
made_s = time.perf_counter() - since
print(json.dumps({"made_s": made_s, **asyncio.run(measure())}))
'''


def measure(folder: Path, cameras: int, entries: int, rounds: int) -> dict[str, Any]:
    """{"made_s", "start_s", "writes_a_view"} and, for each of view, search, proof, checkpoint,
    {"p50_ms", "p99_ms"}; CommandError if the host's code is not where this looks for it."""
    words = [str(folder), *(str(number) for number in (cameras, entries, rounds))]
    command = [sys.executable, "-c", PLACES + _PROGRAM, *words]
    done = subprocess.run(  # noqa: S603 - our own program
        command, stdout=subprocess.PIPE, text=True, timeout=_LIMIT_S, check=False
    )
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise CommandError("the town measured nothing; its last words are above") from None
    return found
