"""What has to hold of a bundle, one thing after the other: each check leans on those before it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from accord import b64, grant, names, permit, statement
from accord.errors import Refused
from accord.grant import Grant
from porchkit import keys
from porchkit.evidence import manifests
from porchkit.evidence.bundle import RELEASE, Bundle
from porchkit.evidence.release import DoesNotHold, Release, opened
from porchkit.words import local_time
from porchlight.client import tlog

RELEASED = "clip.released"
EXPORT = "export"
CLOCKS_S = 120  # by which the release and its entry may differ
STEPS = ("release", "files", "resident", "camera", "consent", "log", "c2pa")


@dataclass(frozen=True)
class Known:
    """What the checker has from elsewhere, not from the bundle; None: nothing. `now`: unix s."""

    resident: str | None = None
    authority: x509.Certificate | None = None
    log_key: tlog.Key | None = None
    now: int | None = None


@dataclass(frozen=True)
class Finding:
    """`holds`: None where it could not be looked at."""

    name: str
    holds: bool | None
    says: str


class NotLooked(Exception):
    """A check that cannot be made here; the text says why."""


def check(bundle: Bundle, known: Known) -> Iterator[Finding]:
    """The findings, in order; one that does not hold is the last."""
    case = Case(bundle, known)
    for name in STEPS:
        try:
            yield Finding(name, holds=True, says=getattr(case, name)())
        except NotLooked as why:
            yield Finding(name, holds=None, says=str(why))
        except DoesNotHold as wrong:
            yield Finding(name, holds=False, says=str(wrong))
            return


def trusted(findings: list[Finding], known: Known) -> bool:
    """Whether all of it holds, and was held against what is known from elsewhere."""
    pinned = known.resident is not None and known.authority is not None
    return pinned and bool(findings) and all(finding.holds is not False for finding in findings)


class Case:
    """One bundle. Each step returns what it found in words, or raises DoesNotHold, NotLooked."""

    def __init__(self, bundle: Bundle, known: Known) -> None:
        self._bundle = bundle
        self._known = known

    @cached_property
    def _release(self) -> Release:
        return opened(self._bundle.read(RELEASE), self._known.authority)

    @cached_property
    def _claims(self) -> dict[str, Any]:
        return dict(self._release.claims)

    @cached_property
    def _key(self) -> keys.PublicKey:
        """The resident's, by the thumb that the release names."""
        jwk = self._json("resident.jwk")
        try:
            x, y = (b64.decode(jwk[part]) for part in "xy")
            point = ec.EllipticCurvePublicNumbers(
                int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()
            )
            key = point.public_key()
        except (ValueError, TypeError, KeyError):
            raise DoesNotHold("there is no key of a resident in it") from None
        if keys.thumb(key) != self._claims["resident"]:
            raise DoesNotHold("the resident's key is not the one the release names")
        return key

    @property
    def _media(self) -> str:
        return f"media/{self._claims['jti']}.avi"

    @property
    def _sidecar(self) -> str:
        return f"{self._media}.c2pa"

    def release(self) -> str:
        """Signed, by a host that is known."""
        at = self._release.at
        if self._known.now is not None and at > self._known.now + CLOCKS_S:
            raise DoesNotHold("the release is dated in the future")
        said = f"signed {local_time(at)}"
        return said if self._known.authority else f"{said}, by a host that you did not name (--ca)"

    def files(self) -> str:
        """Everything in the bundle is what was released."""
        listed, there = self._claims["files"], set(self._bundle.names) - {RELEASE}
        if there != set(listed):
            odd = sorted(there ^ set(listed))[0]
            raise DoesNotHold(f"{odd} is {'missing' if odd in listed else 'not of the release'}")
        for name, digest in listed.items():
            if self._bundle.digest(name) != digest:
                raise DoesNotHold(f"{name} was changed after its release")
        media = {name for name in there if name.startswith("media/")}
        if self._media not in media or not media <= {self._media, self._sidecar}:
            raise DoesNotHold("it does not hold one recording, the one that was released")
        return f"{len(listed)} files, as they were released"

    def resident(self) -> str:
        """The resident is the one who is known."""
        thumb = keys.thumb(self._key)
        if self._known.resident is None:
            return f"{thumb}; whether that is your resident, this file cannot tell (--resident)"
        if thumb != self._known.resident:
            raise DoesNotHold(f"the resident is {thumb}, not the one you know")
        return thumb

    def camera(self) -> str:
        """The camera is the resident's own."""
        try:
            token = self._bundle.read("camera.jws")
            stated = statement.verify(token, {self._claims["resident"]: self._key}, keys.check)
        except Refused as refused:
            raise DoesNotHold(f"the camera's statement does not hold: {refused.reason}") from None
        if stated.sub != self._claims["camera"]:
            raise DoesNotHold("the camera is not the one its resident signed for")
        return f"{stated.label} ({stated.sub[:8]}…)"

    def consent(self) -> str:
        """The resident's grant allowed this release, to this hub, for this purpose, then."""
        to, at = self._claims["aud"], self._release.at
        if to == self._claims["resident"]:
            return "released to the resident"
        allowed = self._grant(self._claims["grant"])
        self._grant(self._claims.get("recorded_under") or allowed.jti)
        allowed.lapsed = lambda: ""  # leases and panics are the host's word: see its log
        try:
            permit.check(
                allowed,
                hub=to,
                action=EXPORT,
                now=at,
                purpose=self._claims["purpose"],
                approved=True,
                masks=True,
            )
        except Refused as refused:
            raise DoesNotHold(f"the grant does not allow this: {refused.reason}") from None
        return f"granted to {to[:8]}… for {self._claims['purpose']}"

    def log(self) -> str:
        """The release is a line of the resident's log."""
        entry = self._bundle.read("log/entry.json")
        try:
            key = tlog.Key.parse(self._bundle.read("log/key.txt").decode().strip())
            index, head = tlog.proven(self._bundle.read("log/proof.txt").decode(), entry, key)
        except (tlog.Wrong, ValueError) as wrong:
            raise DoesNotHold(f"the log's proof does not hold: {wrong}") from None
        known = self._known.log_key
        if known is not None and known.vkey != key.vkey:
            raise DoesNotHold("the log is not the one you know")
        if head.origin.partition("/")[2] != self._claims["resident"]:
            raise DoesNotHold("the log is another resident's")
        self._same(self._json("log/entry.json"), {"index": index, "origin": head.origin})
        return f"line {index} of {head.size}"

    def c2pa(self) -> str:
        """The manifest beside the recording says the same."""
        if self._sidecar not in self._bundle.names:
            raise NotLooked("no C2PA manifest; the release itself proves the same")
        if not manifests.available():
            raise NotLooked("there is a C2PA manifest; to check it: pip install c2pa-python")
        sidecar = self._bundle.read(self._sidecar)
        claims = {name: said for name, said in self._claims.items() if name != "files"}
        with self._bundle.open(self._media) as file:
            wrong = manifests.wrong(file, sidecar, self._release.chain[1], claims)
        if wrong:
            raise DoesNotHold(f"the C2PA manifest does not hold: {wrong}")
        return "Trusted, and so is all it was made of"

    def _grant(self, jti: str) -> Grant:
        token = self._bundle.read(f"grants/{jti}.jws")
        try:
            found = grant.verify(token, {self._claims["resident"]: self._key}, keys.check)
        except Refused as refused:
            raise DoesNotHold(f"the grant does not hold: {refused.reason}") from None
        if found.jti != jti or found.sub != self._claims["camera"]:
            raise DoesNotHold("the grant is for something else")
        return found

    def _json(self, name: str) -> dict[str, Any]:
        """An object in a small file; it may hold anything."""
        try:
            found = json.loads(self._bundle.read(name))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise DoesNotHold(f"{name} is damaged")
        return found

    def _same(self, entry: dict[str, Any], place: dict[str, Any]) -> None:
        """The entry tells of this very release, and stands where the release says."""
        claims, detail = self._claims, entry.get("detail")
        told = {name: entry.get(name) for name in ("type", "camera", "hub", "jti", "purpose")}
        said = {"type": RELEASED, "camera": claims["camera"], "hub": claims["aud"]}
        said |= {"jti": claims["grant"], "purpose": claims["purpose"]}
        released = detail.get("released") if isinstance(detail, dict) else None
        if told != said or entry.get("view") != claims["jti"] or place != claims["log"]:
            raise DoesNotHold("the line in the log tells of something else")
        if released != claims["files"][self._media]:
            raise DoesNotHold("the line in the log tells of another recording")
        at = entry.get("ts")
        if type(at) is not int or abs(at // 1000 - self._release.at) > CLOCKS_S:
            raise DoesNotHold("the line in the log is of another time")


def is_thumb(text: str) -> bool:
    """Whether this can be a resident's thumb."""
    try:
        names.raw(text)
    except ValueError:
        return False
    return True
