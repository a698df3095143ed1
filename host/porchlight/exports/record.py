"""The consent record: what a grant says, in the words of ISO/IEC TS 27560 as W3C's DPV maps them.

For people and their tools; what holds is the grant itself, which lies beside it. Neither a name nor
an address: a resident is their key's thumb here too.
"""

from typing import Any, Final

from accord.grant import Grant
from porchlight.clock import rfc3339

SCHEMA: Final = "ISO/IEC TS 27560, fields as in W3C DPV"


def record(grant: Grant, hub_name: str) -> dict[str, Any]:
    """The record of one grant, JSON-ready. `hub_name`: what this host calls the hub it names."""
    limits = grant.limits
    said = {
        "schema_version": SCHEMA,
        "record_id": grant.jti,
        "pii_principal_id": grant.iss,
        "purposes": list(grant.purposes),
        "purpose_type": "as chosen by the principal",
        "lawful_basis": "consent",
        "pii_information": [f"{action} of the camera {grant.sub}" for action in grant.actions],
        "pii_controllers": [{"entity_id": thumb} for thumb in grant.aud],
        "collection_method": "the principal's own camera, which holds the consent itself",
        "storage_locations": ["the principal's own host"],
        "retention_period": _seconds(limits.get("retain_s")),
        "recipient_third_parties": [],
        "withdrawal_method": "the principal revokes it, by key or at the camera's button",
        "privacy_rights": "the principal reads every use of this consent in a log of their own",
        "event": {
            "event_type": "explicit consent",
            "event_state": "given",
            "event_time": rfc3339(grant.iat * 1000),
            "validity_from": rfc3339(grant.nbf * 1000),
            "validity_duration": _seconds(grant.exp - grant.nbf),
        },
        "party_name": hub_name,
        "party_role": "recipient",
    }
    notice = grant.claims.get("crh")
    return said | ({"privacy_notice": {"sha256": notice}} if notice else {})


def _seconds(count: int | None) -> str | None:
    """An ISO 8601 duration."""
    return None if count is None else f"PT{count}S"
