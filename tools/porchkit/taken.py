"""Which places of a camera's status list are taken, as its host knows it.

Two that share a place are stopped together; what comes to a place that was stopped for good never
holds.
"""

from collections.abc import Iterable
from typing import Any, Final

from accord import b64, canon
from porchkit.client import Client

_HELD: Final = ("active", "waiting")


def by_grants(client: Client, camera: str, rows: Iterable[dict[str, Any]]) -> frozenset[int]:
    """Places that a new grant must not have. `rows`: the resident's grants, as the host lists
    them."""
    held = [
        row for row in rows if row["camera"] == camera and row["lease"] and row["state"] in _HELD
    ]
    return _with_stopped(client, camera, (client.get(f"/grants/{row['jti']}") for row in held))


def by_agents(client: Client, camera: str) -> frozenset[int]:
    """Places that a new delegate must not have."""
    rows = client.get("/delegates")["delegates"]
    held = (row for row in rows if row["camera"] == camera and row["state"] == "active")
    return _with_stopped(client, camera, held)


def _with_stopped(client: Client, camera: str, held: Iterable[dict[str, Any]]) -> frozenset[int]:
    stopped = client.get(f"/cameras/{camera}/lease")["stopped"]
    return frozenset([*stopped, *(_place(row["token"]) for row in held)])


def _place(token: str) -> int:
    claims = canon.loads(b64.decode(token.split(".")[1]))
    return int(claims["status"]["status_list"]["idx"])
