"""The rare paths of ECDSA over P-256, as cases that must go through them."""

import random
from collections.abc import Iterator
from itertools import chain

from tests.vectors.es256_case import (
    TOP,
    Case,
    N,
    P,
    hashed,
    lift,
    pair,
    public,
    sign,
    with_point,
    with_scalars,
)

# Bits at which a comb's tooth or a signed window begins or ends, and their neighbours.
EDGES = (0, 1, 4, 5, 6, 31, 32, 50, 51, 52, 53, 103, 104, 105, 155, 156, 157, 207, 208, 209, 255)


def _message(rng: random.Random) -> bytes:
    return rng.randbytes(rng.randrange(40))


def small_keys(rng: random.Random, _: list[int]) -> Iterator[Case]:
    """d = +-1 ... +-32 and +-2^k: Q and its multiples are among G's."""
    powers = [2**bit for bit in EDGES if bit > 5]
    for d in chain(range(1, 33), powers):
        for signed_d, name in ((d, f"d = {d:#x}"), (-d, f"d = -{d:#x}")):
            message = _message(rng)
            signature = pair(*sign(signed_d, message))
            yield Case(f"valid, {name}", public(signed_d), signature, True, message)


def infinite(rng: random.Random, _: list[int]) -> Iterator[Case]:
    """u1*G = -u2*Q: R is infinity, which has no x. The key follows from message and r."""
    for _n in range(15):
        message, r, s = _message(rng), rng.randrange(1, N), rng.randrange(1, N)
        d = -hashed(message) * pow(r, -1, N)
        yield Case("u1*G = -u2*Q", public(d), pair(r, s), False, message)


def equal(rng: random.Random, _: list[int]) -> Iterator[Case]:
    """u1*G = u2*Q: the last addition is a doubling."""
    for _n in range(15):
        message, k = _message(rng), rng.randrange(1, N)
        r = public(k)[0] % N
        e = hashed(message)
        s = 2 * e * pow(k, -1, N) % N
        yield Case("u1*G = u2*Q", public(e * pow(r, -1, N)), pair(r, s), True, message)


def wrapped(rng: random.Random, _: list[int]) -> Iterator[Case]:
    """x(R) >= n, so that r = x - n; and what looks like it."""
    points = [point for x in range(N + 1, N + 60) if (point := lift(x))][:20]
    for point in points:
        case = with_point("x(R) >= n", point, _message(rng), rng.randrange(1, N))
        yield case
        r, s = point[0] - N, case.signature[32:]
        yield case._replace(comment="r = x(R) >= n", signature=pair(r + N, 0)[:32] + s, valid=False)
        plain = lift(r)
        if plain:
            low = with_point("x(R) = r < p - n", plain, _message(rng), rng.randrange(1, N))
            yield low
            raised = (r + N).to_bytes(32, "big") + low.signature[32:]
            yield low._replace(comment="r + n in place of r", signature=raised, valid=False)
    yield _x_zero(_message(rng), rng.randrange(1, N))
    stray = pair(7, rng.randrange(1, N))
    yield Case("r < p - n, x(R) neither r nor r + n", public(7), stray, False, _message(rng))


def _x_zero(message: bytes, s: int) -> Case:
    """x(R) = 0 = (r + n) mod p: the last r for which r + n must no longer be tried."""
    point = lift(0)
    if point is None:
        raise SystemExit("P-256 has points with x = 0")
    case = with_point("r = p - n, x(R) = 0", point, message, s, r=P - N)
    return case._replace(valid=False)


def tiny_s(rng: random.Random, _: list[int]) -> Iterator[Case]:
    """s so small that s + n fits, or that its bytes could be fewer. The key follows from s."""
    for s in (1, 2, 2**200):
        message, k = _message(rng), rng.randrange(1, N)
        r = public(k)[0] % N
        good = Case(
            f"s = {s:#x}",
            public((s * k - hashed(message)) * pow(r, -1, N)),
            pair(r, s),
            True,
            message,
        )
        half = good.signature[:32]
        yield good
        for comment, signature in (
            ("s + n in place of s", pair(r, s + N)),
            ("n in place of s", pair(r, N)),
            ("s without its leading zeros", half + good.signature[32:].lstrip(b"\0")),
            ("zero byte before s", half + b"\0" + good.signature[32:]),
            ("zero byte before r", b"\0" + good.signature),
        ):
            yield good._replace(comment=comment, signature=signature, valid=False)


def hash_values(rng: random.Random, secrets: list[int]) -> Iterator[Case]:
    """Hashes that are 0 or beyond n, where e must neither vanish nor stay unreduced."""
    values = {"0": 0, "1": 1, "n-1": N - 1, "n": N, "n+1": N + 1, "p": P, "top": TOP}
    for name, e in values.items():
        for d in secrets[:3]:
            k = rng.randrange(1, N)
            r = public(k)[0] % N
            s = (e + r * d) * pow(k, -1, N) % N
            digest = e.to_bytes(32, "big")
            yield Case(f"hash = {name}", public(d), pair(r, s), True, digest=digest)
            off = (e ^ 1).to_bytes(32, "big")
            yield Case(f"hash = {name}, one bit off", public(d), pair(r, s), False, digest=off)
    for name, r in {"0": 0, "n": N}.items():
        yield Case(f"hash = 0, r = {name}", public(5), pair(r, 1), False, digest=bytes(32))


def scalar_values(rng: random.Random, secrets: list[int]) -> Iterator[Case]:
    """u1 and u2 at the seams of combs and windows, each beside an ordinary other one."""
    seams = {f"2^{bit}": 2**bit for bit in EDGES}
    seams |= {f"2^{bit} - 1": 2**bit - 1 for bit in EDGES[1:]}
    seams |= {"n-1": N - 1, "n-2": N - 2, "(n-1)/2": (N - 1) // 2, "(n+1)/2": (N + 1) // 2}
    for name, value in seams.items():
        d = rng.choice(secrets)
        yield with_scalars(f"u1 = {name}", d, value, rng.randrange(1, N))
        yield with_scalars(f"u2 = {name}", d, rng.randrange(1, N), value)
    yield with_scalars("u1 = 0", secrets[0], 0, rng.randrange(1, N))
    yield with_scalars("u1 = 0, u2 = 1", secrets[0], 0, 1)


def collisions(rng: random.Random, _: list[int]) -> Iterator[Case]:
    """Few bits in both scalars and Q near G: sums meet table points on the way, or cancel."""
    keys = (1, -1, 2, -2, 3, -3, 2**52, -(2**52))
    pieces = [2 ** (52 * tooth + column) for tooth in range(5) for column in range(3)]
    for d in keys:
        for u1, u2 in ((1, 1), (2, 1), (1, 2), (3, 1), (2, 2), (2**52, 1), (5, 31)):
            yield with_scalars(f"d = {d:#x}, u1 = {u1:#x}, u2 = {u2:#x}", d, u1, u2)
        for _n in range(6):
            u1, u2 = (sum(rng.sample(pieces, rng.randrange(1, 5))) for _half in "12")
            yield with_scalars(f"d = {d:#x}, u1 = {u1:#x}, u2 = {u2:#x}", d, u1, u2)


def meetings(rng: random.Random, _: list[int]) -> Iterator[Case]:
    """Q is plus or minus a comb point of G, and both are added in one column: equal, or opposite.

    Where that is not the last column, G's lower ones go on from there: from infinity, too.
    """
    for index in range(1, 32):
        comb_point = sum(1 << 52 * tooth for tooth in range(5) if index >> tooth & 1)
        column = index % 4
        u1 = (comb_point << column) + rng.randrange(1 << column)
        for d in (comb_point, -comb_point):
            name = f"d = {d:#x}, u1 = {u1:#x}, u2 = {1 << column}: meet in column {column}"
            yield with_scalars(name, d, u1, 1 << column)


MAKERS = (
    small_keys,
    infinite,
    equal,
    wrapped,
    tiny_s,
    hash_values,
    scalar_values,
    collisions,
    meetings,
)
