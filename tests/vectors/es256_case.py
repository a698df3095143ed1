"""What the ES256 vectors are made of: P-256 in the textbook's words, cases, and the judge.

e is the hash, d the private key, u1 = e/s, u2 = r/s and R = u1*G + u2*Q, as in FIPS 186. Where a
case needs a hash nobody can find a message for (0, n, one that makes u1 what it should be), it
carries the digest in place of a message.
"""

import hashlib
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
TOP = 2**256 - 1

Point = tuple[int, int]


class Case(NamedTuple):
    """A signature by the public key `key`, and the verdict it was made for."""

    comment: str
    key: Point
    signature: bytes
    valid: bool
    message: bytes | None = None
    digest: bytes | None = None


def public(d: int) -> Point:
    """d*G; d may be negative."""
    numbers = ec.derive_private_key(d % N, ec.SECP256R1()).public_key().public_numbers()
    return numbers.x, numbers.y


def add(a: Point, b: Point) -> Point:
    """a + b, ValueError where they are equal or opposite."""
    slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def double(a: Point) -> Point:
    slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    x = (slope * slope - 2 * a[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(k: int, a: Point) -> Point:
    """k*a for a point whose logarithm is unknown, so that `public` cannot help; 0 < k < n."""
    total = a
    for bit in f"{k:b}"[1:]:
        total = double(total)
        if bit == "1":
            total = add(total, a)
    return total


def lift(x: int) -> Point | None:
    """A point with this x, if there is one."""
    square = (x**3 - 3 * x + B) % P
    y = pow(square, (P + 1) // 4, P)
    return (x, y) if y * y % P == square else None


def hashed(message: bytes) -> int:
    return int.from_bytes(hashlib.sha256(message).digest(), "big")


def pair(r: int, s: int) -> bytes:
    """The 64 bytes of a signature."""
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def sign(d: int, message: bytes) -> tuple[int, int]:
    """An ordinary signature (RFC 6979), as r and s."""
    private = ec.derive_private_key(d % N, ec.SECP256R1())
    return utils.decode_dss_signature(
        private.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    )


def with_scalars(comment: str, d: int, u1: int, u2: int) -> Case:
    """The signature that has just these u1 and u2; invalid where R is infinity."""
    k = (u1 + u2 * d) % N
    r = public(k)[0] % N if k else 12345
    s = r * pow(u2, -1, N) % N
    digest = (u1 * s % N).to_bytes(32, "big")
    return Case(comment, public(d), pair(r, s), k != 0, digest=digest)


def with_point(comment: str, point: Point, message: bytes, s: int, r: int | None = None) -> Case:
    """The signature (x(R) mod n, s), or (r, s), under the key that makes R this point."""
    r = point[0] % N if r is None else r
    w = pow(s, -1, N)
    rest = add(point, public(-hashed(message) * w))
    return Case(comment, times(pow(r * w, -1, N), rest), pair(r, s), True, message)


def judge(case: Case) -> bool:
    """What `cryptography` says; a signature that is not 64 bytes is none (RFC 7518)."""
    if len(case.signature) != 64:
        return False
    r, s = (int.from_bytes(half, "big") for half in (case.signature[:32], case.signature[32:]))
    algorithm: hashes.HashAlgorithm | utils.Prehashed = hashes.SHA256()
    if case.digest is not None:
        algorithm = utils.Prehashed(hashes.SHA256())
    try:
        key = ec.EllipticCurvePublicNumbers(*case.key, ec.SECP256R1()).public_key()
        key.verify(
            utils.encode_dss_signature(r, s),
            case.digest if case.message is None else case.message,
            ec.ECDSA(algorithm),
        )
    except (InvalidSignature, ValueError):
        return False
    return True
