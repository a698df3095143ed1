"""What the grant that answers a request may say: no more than was asked. Pure.

It is a grant as any other, and holds nothing that a request could add to it: who widens is the
resident alone, and what they sign here is bounded by what they were asked.
"""

from typing import Final

from accord.grant import Grant
from porchlight.errors import Denied
from porchlight.requests.rows import Kept
from porchlight.requests.spread import Slots

MAX_ANSWER_S: Final = 7 * 86_400  # how long it may last
_WHEN: Final = (
    "the grant has to begin at `begins`, or with one of the next slots: hubs are told then"
)
_WHY: Final = {
    "wrong-request": "the grant names another request, or none",
    "wrong-audience": "the grant names others than the hub that asked",
    "wrong-camera": "this camera is not in the area asked about",
    "wider-than-asked": "the grant allows more than was asked",
    "lasts-too-long": "a grant that answers a request lasts at most seven days",
    "begins-too-early": _WHEN,
    "begins-too-late": _WHEN,
    "begins-off-slot": _WHEN,
}


def check(grant: Grant, request: Kept, cameras: dict[str, str], slots: Slots, now: int) -> None:
    """Denied with the reason if a grant is not a narrower answer to this request.

    `cameras`: those of the resident it was put before. It has to begin with a slot that comes after
    the one of `now` (unix s), and soon: from then on searches find it, and then its hub is told.
    """
    asked = request.claims
    earliest, latest = slots.beginnings(now)
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
        (not slots.begins_at(grant.nbf), "begins-off-slot"),
    ):
        if against:
            raise Denied(reason, _WHY[reason])
