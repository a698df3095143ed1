"""The OpenAPI document: every route with its success, its problems, and how to prove a key."""

from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from porchlight import __version__
from porchlight.api import pictures
from porchlight.api.problems import MEDIA_TYPE, Problem

API: Final = "/api/v1"
_PROVEN: Final = (API, "/ogc/collections/cameras/items")  # where callers prove a key
_OPEN: Final = f"{API}/transparency"  # ... save here
_ANSWERS: Final = {
    "400": "The body cannot be read.",
    "401": "No proof of a registered key, or a proof that does not hold.",
    "403": "Consent, or the lack of it, says no.",
    "404": "No such thing, or nothing this caller may know of.",
    "408": "The body did not come in time.",
    "410": "It is over.",
    "413": "The body is too large.",
    "421": "Without TLS, this host answers only to the names that a machine has for itself.",
    "422": "The request has not the shape described here.",
    "429": "More than the limit; see Retry-After.",
    "500": "A fault of this host; it is in its log.",
    "503": "The host could not write its log; nothing was done.",
}
_PROOF: Final = {
    "type": "apiKey",
    "in": "header",
    "name": "DPoP",
    "description": (
        "A fresh JWS (ES256) for each request, in the shape of RFC 9449: header {alg, jwk, typ: "
        "dpop+jwt}; claims htm, htu (without query), iat, jti, and bh = base64url(SHA-256(body)) "
        "where there is a body. The key must be that of a registered resident or hub. A hub whose "
        "operators sign in sends their token too, as Authorization: DPoP TOKEN, and claims ath = "
        "base64url(SHA-256(TOKEN))."
    ),
}


def install(app: FastAPI) -> None:
    """Let the app describe itself with problems and proofs; made once, when first asked for."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def describe(app: FastAPI) -> dict[str, Any]:
    """The document."""
    schema = get_openapi(
        title=app.title,
        version=__version__,
        description=f"Times are unix seconds unless they are text (RFC 3339).\n\n{pictures.ABOUT}",
        routes=app.routes,
    )
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {"DPoP": _PROOF}
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            _complete(path, operation)
    return schema


def _complete(path: str, operation: dict[str, Any]) -> None:
    by_ticket = "{ticket}" in path
    if _is_proven(path) and not by_ticket:
        operation["security"] = [{"DPoP": []}]
    else:
        operation["security"] = []
    answers = operation["responses"]
    answers.pop("422", None)
    for status in _statuses(path, operation, by_ticket):
        answers.setdefault(status, {"description": _ANSWERS[status]})
    for status, answer in answers.items():
        if int(status) >= HTTPStatus.BAD_REQUEST:
            problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
            answer.setdefault("content", problem)


def _is_proven(path: str) -> bool:
    return path.startswith(_PROVEN) and not path.startswith(_OPEN)


def _statuses(path: str, operation: dict[str, Any], by_ticket: bool) -> list[str]:
    """Which problems an operation can answer with, beside those it documents itself."""
    found = ["421", "500", "503"]
    if by_ticket:
        return [*found, "403", "404", "410", "422", "429"]
    parameters = operation.get("parameters", ())
    if "requestBody" in operation:
        found += ["400", "408", "413"]
    if not _is_proven(path):
        return found
    found += ["401", "403", "429"]
    if parameters or "requestBody" in operation:
        found.append("422")
    if any(parameter["in"] == "path" for parameter in parameters):
        found.append("404")
    return found
