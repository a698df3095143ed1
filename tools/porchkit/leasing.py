"""Signs what a resident or their agent says to a board's nonce, and what makes somebody an agent.

A status list has 256 places: 0 is the camera, 1 to 127 are its grants', the others its agents'. A
place is free again once its grant is over; what its resident stopped there for good stays so.
Key, clock and randomness are handed in.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from accord import b64, envelope, lease
from porchkit import keys
from porchkit.errors import CommandError

CAMERA_IDX = 0
FIRST_AGENT_IDX, AGENTS = 128, 128
GRANTS = 127
JTI_BYTES = 16
DEFAULT_LEASE_S = 3600
_FULL = "no place is left on this camera's list for {}: each is in use, or was stopped for good"


@dataclass(frozen=True)
class Word:
    """What to say: for how long (s), which indices are stopped, which for good, whether no others
    are from now on, which panic grant (jti) opens, below which seq grants are taken back."""

    lease_s: int = DEFAULT_LEASE_S
    stopped: tuple[int, ...] = ()
    invalid: tuple[int, ...] = ()
    resume: bool = False
    opens: str = ""
    seq_floor: int = 0


def grant_idx(seq: int, taken: Collection[int] = ()) -> int:
    """The place of the grant with this seq: one by its number, or the next after it that is not
    `taken`; CommandError if they all are."""
    for step in range(GRANTS):
        if (idx := 1 + (seq + step) % GRANTS) not in taken:
            return idx
    raise CommandError(_FULL.format("a grant"))


def agent_idx(jti: bytes) -> int:
    """The place of a delegate; `jti` is random."""
    return FIRST_AGENT_IDX + jti[0] % AGENTS


def delegate_jti(random: Callable[[int], bytes], taken: Collection[int] = ()) -> bytes:
    """A name for a delegate whose place is not `taken`, and which does not look like an option;
    CommandError if all places are."""
    if all(idx in taken for idx in range(FIRST_AGENT_IDX, FIRST_AGENT_IDX + AGENTS)):
        raise CommandError(_FULL.format("an agent"))
    while True:
        jti = random(JTI_BYTES)
        if agent_idx(jti) not in taken and not b64.encode(jti).startswith("-"):
            return jti


def statuses(stopped: Iterable[int] = (), invalid: Iterable[int] = ()) -> bytes:
    """The packed list in which all but these are valid."""
    packed = bytearray(lease.MAX_LIST)
    for indices, status in ((stopped, lease.SUSPENDED), (invalid, lease.INVALID)):
        for index in indices:
            packed[index // 4] |= status << index % 4 * 2
    return bytes(packed)


def answer(word: Word, key: keys.PrivateKey, camera: str, nonce: str, now: int) -> bytes:
    """The token that says `word` to this nonce of the camera's (thumb) board."""
    thumb = keys.thumb(key.public_key())
    claims: dict[str, Any] = {
        "iss": thumb,
        "sub": lease.uri(camera),
        "iat": now,
        "exp": now + word.lease_s,
        "status_list": {"bits": 2, "lst": lease.pack(statuses(word.stopped, word.invalid))},
        "nonce": nonce,
        "lease_s": word.lease_s,
        "seq_floor": word.seq_floor,
    }
    if word.resume:
        claims["resume"] = True
    if word.opens:
        claims["open"] = word.opens
    return _signed(claims, key, lease.TYP)


def delegate(  # noqa: PLR0913 - the claims
    key: keys.PrivateKey,
    camera: str,
    agent: keys.PublicKey,
    *,
    lease_s: int,
    span_s: int,
    now: int,
    jti: bytes,
) -> bytes:
    """The token by which the resident of `key` lets `agent` keep a camera alive, or stop it."""
    if span_s > lease.MAX_DELEGATE_S or lease_s > lease.MAX_LEASE_S:
        raise CommandError("an agent speaks for 90 days at most, and for a day at a time")
    x, y = keys.coordinates(agent)
    claims = {
        "iss": keys.thumb(key.public_key()),
        "sub": keys.thumb(agent),
        "jti": b64.encode(jti),
        "iat": now,
        "exp": now + span_s,
        "scope": ["lease"],
        "cnf": {"jwk": {"crv": "P-256", "kty": "EC", "x": b64.encode(x), "y": b64.encode(y)}},
        "lease_s": lease_s,
        "status": {"status_list": {"idx": agent_idx(jti), "uri": lease.uri(camera)}},
    }
    return _signed(claims, key, lease.DELEGATE_TYP)


def _signed(claims: dict[str, Any], key: keys.PrivateKey, typ: str) -> bytes:
    signed = envelope.signing_input(claims, keys.thumb(key.public_key()), typ)
    return envelope.assemble(signed, keys.sign(key, signed))
