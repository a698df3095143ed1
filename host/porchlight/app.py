"""The composition root: a host as one ASGI application, out of its parts (making.py)."""

from typing import Final

from fastapi import FastAPI

from porchlight.api import (
    approvals,
    asked,
    boardlog,
    cameras,
    cases,
    clips,
    entries,
    events,
    exports,
    grants,
    guards,
    host,
    leases,
    log,
    me,
    motion,
    ogc,
    openapi,
    operators,
    pages,
    pictures,
    plays,
    problems,
    recording,
    requests,
    search,
    streams,
    transparency,
    updates,
    views,
    webhooks,
    witness,
)
from porchlight.clock import Clock
from porchlight.config import Config
from porchlight.making import parts_of
from porchlight.running import lifespan
from porchlight.sources.board import Uplink, UplinkLimits
from porchlight.sources.marks import Marks

# A new noun: one file, one word here.
NOUNS: Final = (
    me,
    operators,
    approvals,
    cameras,
    motion,
    boardlog,
    updates,
    grants,
    leases,
    views,
    search,
    requests,
    asked,
    streams,
    pictures,
    clips,
    plays,
    exports,
    recording,
    entries,
    log,
    cases,
    events,
    transparency,
    webhooks,
)


def build(config: Config, clock: Clock | None = None) -> FastAPI:
    """A host, not started: its lifespan opens the database and starts what runs by itself."""
    parts, desk = parts_of(config, clock or Clock())
    limits = UplinkLimits(boards=config.limits.boards)
    uplink = Uplink(parts.cameras, Marks(parts.store), desk, limits)
    app = FastAPI(
        title="Porchlight host",
        docs_url=None,  # its page would be loaded from somebody else's server
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=lifespan,
    )
    app.state.parts = parts
    app.state.uplink = uplink
    for noun in NOUNS:
        app.include_router(noun.router, prefix=openapi.API)
    app.include_router(host.router)
    app.include_router(ogc.router)
    app.include_router(transparency.pages)
    app.include_router(witness.router)
    app.include_router(pages.router())
    problems.install(app)
    approvals.install(app)
    openapi.install(app)
    _guard(app, config)
    return app


def _guard(app: FastAPI, config: Config) -> None:
    """The last one added stands outermost."""
    app.add_middleware(
        guards.BodyCap,
        most_bytes=config.limits.body_bytes,
        seconds=config.limits.body_seconds,
    )
    app.add_middleware(guards.LoopbackNames)
    app.add_middleware(guards.ClosedDoors)
