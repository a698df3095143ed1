"""The page: files of `porchlight/web` as they are, behind a policy that lets nothing else in.

Only files read at start are served, so no path in a request reaches the disk. The page holds keys:
its policy allows scripts, styles and connections of this origin only, and no HTML made by scripts.
"""

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Final

from fastapi import APIRouter, Request, Response

from porchlight.errors import NotFound

INDEX: Final = "index.html"
_KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True)
class Asset:
    """One file as it is sent. `etag`: quoted, changes with the bytes."""

    body: bytes
    kind: str
    etag: str


def load(folder: Traversable) -> dict[str, Asset]:
    """Every file of a page, by its path below the folder; files of other kinds are left out."""
    found: dict[str, Asset] = {}
    _collect(folder, "", found)
    return found


@functools.cache
def ours() -> Mapping[str, Asset]:
    """The page that ships with the host. Read once: it is of one piece with the code."""
    return MappingProxyType(load(resources.files("porchlight") / "web"))


def _collect(folder: Traversable, prefix: str, found: dict[str, Asset]) -> None:
    for item in folder.iterdir():
        if item.is_dir():
            _collect(item, f"{prefix}{item.name}/", found)
        elif (kind := _KINDS.get(item.name[item.name.rfind(".") :])) is not None:
            body = item.read_bytes()
            etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            found[prefix + item.name] = Asset(body, kind, etag)


def router() -> APIRouter:
    """`GET /` and `GET /web/PATH`, open to everybody: there is no secret in the page."""
    assets = ours()
    routes = APIRouter(include_in_schema=False)

    @routes.api_route("/", methods=["GET", "HEAD"])
    async def index(request: Request) -> Response:
        return answer(assets[INDEX], request)

    @routes.api_route("/web/{path:path}", methods=["GET", "HEAD"])
    async def file(path: str, request: Request) -> Response:
        asset = assets.get(path)
        if asset is None:
            raise NotFound("no-such-page", "there is no such file in the page")
        return answer(asset, request)

    return routes


def answer(asset: Asset, request: Request) -> Response:
    """The file, or 304 for a browser that has this very one. It asks each time: no stale page."""
    headers = {**HEADERS, "Cache-Control": "no-cache", "ETag": asset.etag}
    if request.headers.get("if-none-match") == asset.etag:
        return Response(status_code=304, headers=headers)
    return Response(asset.body, media_type=asset.kind, headers=headers)
