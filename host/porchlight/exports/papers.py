"""The papers of a release: what residents signed, as they signed it, and what is said of them."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from accord import grant as grants
from accord.grant import Grant
from porchlight import keys
from porchlight.audit.receipts import Receipt
from porchlight.clips.plays import Play
from porchlight.consent import ledger
from porchlight.exports.record import record
from porchlight.keys import PublicKey
from porchlight.store import models
from porchlight.views.view import OWN_USE


@dataclass(frozen=True)
class Papers:
    """`grants`: tokens by jti; the one that allows this release is `allows`, None where it is the
    resident's own."""

    resident: PublicKey
    statement: bytes
    grants: dict[str, bytes]
    allows: Grant | None

    def files(self, hub_name: str) -> dict[str, bytes]:
        """By their names in the bundle."""
        found = {"camera.jws": self.statement, "resident.jwk": _json(self.resident.jwk())}
        found |= {f"grants/{jti}.jws": token for jti, token in self.grants.items()}
        if self.allows is not None:
            found["consent.json"] = _json(record(self.allows, hub_name))
        return found


def gather(session: Session, play: Play, owner: PublicKey) -> Papers:
    """From the database. The grants are as they came, so whether they still hold is for whoever
    reads them, and for the log."""
    clip = play.clip
    wanted = dict.fromkeys((allowed_by(play), clip.jti))
    kept = {jti: found.token for jti in wanted if (found := ledger.find(session, jti)) is not None}
    camera = session.get_one(models.Camera, clip.camera)
    allows = None
    if not play.who.is_resident:
        allows = grants.verify(kept[allowed_by(play)], {owner.thumb: owner}, keys.check)
    return Papers(owner, camera.statement, kept, allows)


def allowed_by(play: Play) -> str:
    """The jti of the grant under which somebody is handed a clip."""
    return play.clip.jti if play.permit is None else play.permit.jti


def claims(play: Play, papers: Papers, receipt: Receipt, at: int) -> dict[str, Any]:
    """What the release says, but for its files. `at`: unix s. Integers and texts only."""
    clip, allows = play.clip, papers.allows
    said: dict[str, Any] = {
        "aud": play.who.thumb,
        "camera": clip.camera,
        "captured": {"frames": clip.frames, "from_ms": clip.started_ms, "to_ms": clip.ended_ms},
        "grant": allowed_by(play),
        "iat": at,
        "jti": play.view.id,
        "log": {"index": receipt.index, "origin": receipt.log},
        "purpose": OWN_USE if play.who.is_resident else play.view.intent.purpose,
        "recorded_under": clip.jti,
        "resident": clip.resident,
        "v": 1,
    }
    if allows is not None and allows.req is not None:
        said["req"] = allows.req
    retain = None if allows is None else allows.limits.get("retain_s")
    return said | ({} if retain is None else {"retain_s": retain})


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2, sort_keys=True).encode() + b"\n"
