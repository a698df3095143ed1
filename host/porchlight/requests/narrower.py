"""What the grant that answers a request may say: no more than was asked. Pure.

It is a grant as any other, and holds nothing that a request could add to it: who widens is the
resident alone, and what they sign here is bounded by what they were asked.
"""

from typing import Final

from accord.grant import Grant
from porchlight.errors import Denied
from porchlight.requests.rows import Kept

MAX_ANSWER_S: Final = 7 * 86_400  # how long it may last
_WHY: Final = {
    "wrong-request": "the grant names another request, or none",
    "wrong-audience": "the grant names others than the hub that asked",
    "wrong-camera": "this camera is not in the area asked about",
    "wider-than-asked": "the grant allows more than was asked",
    "lasts-too-long": "a grant that answers a request lasts at most seven days",
    "begins-too-early": "the grant has to begin at `begins` or soon after: hubs are told then",
    "begins-too-late": "the grant has to begin at `begins` or soon after: hubs are told then",
}


def check(
    grant: Grant, request: Kept, cameras: dict[str, str], beginnings: tuple[int, int]
) -> None:
    """Denied with the reason if a grant is not a narrower answer to this request.

    `cameras`: those of the resident it was put before. `beginnings`: between which times (unix s)
    it has to begin; not before the next slot, for its hub is told of it at the beginning of one.
    """
    asked = request.claims
    earliest, latest = beginnings
    for against, reason in (
        (grant.req != request.id, "wrong-request"),
        (grant.aud != (request.hub,), "wrong-audience"),
        (grant.sub not in cameras, "wrong-camera"),
        (not grant.actions, "wrong-request"),
        (not set(grant.actions) <= set(asked["actions"]), "wider-than-asked"),
        (grant.purposes != (request.purpose,), "wider-than-asked"),
        (grant.exp - grant.nbf > MAX_ANSWER_S, "lasts-too-long"),
        (grant.nbf < earliest, "begins-too-early"),
        (grant.nbf > latest, "begins-too-late"),
    ):
        if against:
            raise Denied(reason, _WHY[reason])
