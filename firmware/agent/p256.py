"""ES256 verification: ECDSA over P-256 with SHA-256, in plain integers, no I/O, no state.

One resident's key is checked again and again, so its multiples are tabled once, at provisioning:
`make_table`, then `Verifier`. A key met once (a key change) goes through `verify`, slower, without
a table. Nothing here is secret, so nothing here takes care to run in constant time.

A comb table holds 31 affine points, 64 bytes each (x then y, big-endian), point i (1..31) being
    i[0]*P + i[1]*2^52*P + i[2]*2^104*P + i[3]*2^156*P + i[4]*2^208*P      (i[j] = bit j of i)
and ends with SHA-256(_FORMAT + the points). Rules: FIPS 186-5 section 6.4.2, RFC 7518 section 3.4.
"""

import hashlib

from agent.p256_table import G_POINTS

# The curve: y^2 = x^3 - 3x + b over the field of _P; the group has prime order _N.
_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B

_TEETH = 5
_COLUMNS = 52  # 5 * 52 = 260 bits, enough for a scalar of 256
_DIGITS = 257  # a scalar of 256 bits, and the carry of its signed digits
_POINTS_BYTES = 31 * 64
_TABLE_BYTES = _POINTS_BYTES + 32
_FORMAT = b"porchlight p256 comb 5x52 v1"
_INFINITY = (1, 1, 0)


class Verifier:
    """Checks signatures of one public key (x, y) with the table `make_table` made for it.

    Raises ValueError unless `table` is that table, whole. The digest decides: a table torn, decayed
    or left behind by another key fails it. It is no signature: who can rewrite the table with its
    digest can as well rewrite the key beside it. Proving the points by arithmetic would take nearly
    as long as making the table anew.
    """

    def __init__(self, table: bytes, x: int, y: int) -> None:
        _check_point(x, y)
        if len(table) != _TABLE_BYTES:
            raise ValueError("key table: wrong length")
        if table[:64] != _point_bytes(x, y):
            raise ValueError("key table: made for another key")
        if table[_POINTS_BYTES:] != _table_digest(table):
            raise ValueError("key table: corrupt")
        self._table = table

    def verify(self, message: bytes, signature: bytes) -> bool:
        """True if `signature` (64 bytes, r then s) signs `message`; high s is accepted."""
        scalars = _scalars(message, signature)
        if scalars is None:
            return False
        u1, u2, r = scalars
        g_columns = _columns(u1)
        q_columns = _columns(u2)
        point = _INFINITY
        for column in range(_COLUMNS - 1, -1, -1):
            point = _double(point)
            point = _add_tabled(point, G_POINTS, g_columns[column])
            point = _add_tabled(point, self._table, q_columns[column])
        return _has_x(point, r)


def verify(x: int, y: int, message: bytes, signature: bytes) -> bool:
    """Like `Verifier.verify` for a key without a table; False too if (x, y) is no public key."""
    try:
        _check_point(x, y)
    except ValueError:
        return False
    scalars = _scalars(message, signature)
    if scalars is None:
        return False
    u1, u2, r = scalars
    g_columns = _columns(u1)
    digits = _signed_digits(u2)
    multiples = _odd_multiples(x, y)
    point = _INFINITY
    for i in range(_DIGITS - 1, -1, -1):
        point = _double(point)
        if digits[i]:
            odd_x, odd_y = multiples[digits[i] >> 1]
            point = _add(point, odd_x, odd_y)
        if i < _COLUMNS:  # G's comb needs only the last doublings
            point = _add_tabled(point, G_POINTS, g_columns[i])
    return _has_x(point, r)


def make_table(x: int, y: int) -> bytes:
    """The comb table of the public key (x, y); ValueError if that is no point of P-256."""
    _check_point(x, y)
    table = bytearray(_TABLE_BYTES)  # at once: growing it would break a small heap into pieces
    _fill(table, x, y)
    table[_POINTS_BYTES:] = _table_digest(table)
    return bytes(table)


def _fill(table: bytearray, x: int, y: int) -> None:
    """Write the 31 points: each new tooth alone, then added to all the points so far."""
    count = 0
    for tooth_x, tooth_y in _teeth(x, y):
        tooth = (tooth_x, tooth_y, 1)
        sums = [_add_tabled(tooth, table, index) for index in range(count + 1)]
        for point_x, point_y in _affine(sums):
            table[64 * count : 64 * count + 64] = _point_bytes(point_x, point_y)
            count += 1


def _check_point(x: int, y: int) -> None:
    if type(x) is not int or type(y) is not int:
        raise ValueError("public key: coordinates must be integers")
    if not (0 <= x < _P and 0 <= y < _P) or (y * y - x * x * x + 3 * x - _B) % _P:
        raise ValueError("public key: not a point of P-256")


def _point_bytes(x: int, y: int) -> bytes:
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")


def _table_digest(table: "bytes | bytearray") -> bytes:
    digest = hashlib.sha256(_FORMAT)
    digest.update(memoryview(table)[:_POINTS_BYTES])
    return digest.digest()


def _scalars(message: bytes, signature: bytes) -> "tuple[int, int, int] | None":
    """(u1, u2, r) so that the signature holds if u1*G + u2*Q has x = r mod n; None if malformed."""
    if len(signature) != 64:
        return None
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:], "big")
    if not (0 < r < _N and 0 < s < _N):
        return None
    e = int.from_bytes(hashlib.sha256(message).digest(), "big")
    w = _inverse(s, _N)
    return e * w % _N, r * w % _N, r


def _inverse(a: int, modulus: int) -> int:
    """1/a. MicroPython lacks pow(a, -1, m), and pow(a, m - 2, m) costs five times as much."""
    low, high = a, modulus
    factor, factor_high = 1, 0
    while low:
        quotient, rest = divmod(high, low)
        high, low = low, rest
        factor_high, factor = factor, factor_high - quotient * factor
    return factor_high % modulus


def _columns(scalar: int) -> bytearray:
    """The comb's index for each column: bits column, column + 52, ... of the scalar."""
    raw = scalar.to_bytes(33, "little")
    columns = bytearray(_COLUMNS)
    for bit in range(_TEETH * _COLUMNS):
        columns[bit % _COLUMNS] |= (raw[bit >> 3] >> (bit & 7) & 1) << (bit // _COLUMNS)
    return columns


def _signed_digits(scalar: int) -> bytearray:
    """The scalar in digits 0 or odd from -15 to 15, kept mod 32, lowest first; mostly 0."""
    digits = bytearray(_DIGITS)
    for place in range(_DIGITS):
        if scalar & 1:
            digit = scalar & 31
            digits[place] = digit
            scalar -= digit if digit < 16 else digit - 32
        scalar >>= 1
    return digits


# Points are Jacobian: (X, Y, Z) stands for x = X/Z^2, y = Y/Z^3, or for infinity where Z = 0.


def _double(point: tuple[int, int, int]) -> tuple[int, int, int]:
    """2*point. No point of this curve has order 2, and infinity stays infinity."""
    x, y, z = point
    zz = z * z % _P
    yy = y * y % _P
    beta = x * yy % _P
    alpha = 3 * (x - zz) * (x + zz) % _P
    x3 = (alpha * alpha - 8 * beta) % _P
    return x3, (alpha * (4 * beta - x3) - 8 * yy * yy) % _P, 2 * y * z % _P


def _add(point: tuple[int, int, int], x2: int, y2: int) -> tuple[int, int, int]:
    """point + (x2, y2), also where they are equal or opposite."""
    x1, y1, z1 = point
    if not z1:
        return x2, y2, 1
    zz = z1 * z1 % _P
    h = (x2 * zz - x1) % _P
    slope = (y2 * (zz * z1 % _P) - y1) % _P
    if not h:
        return _INFINITY if slope else _double(point)
    hh = h * h % _P
    hhh = hh * h % _P
    v = x1 * hh % _P
    x3 = (slope * slope - hhh - 2 * v) % _P
    return x3, (slope * (v - x3) - y1 * hhh) % _P, z1 * h % _P


def _add_tabled(
    point: tuple[int, int, int], table: "bytes | bytearray", index: int
) -> tuple[int, int, int]:
    """point + the comb table's point `index`; index 0 adds nothing."""
    if not index:
        return point
    end = 64 * index
    x = int.from_bytes(table[end - 64 : end - 32], "big")
    return _add(point, x, int.from_bytes(table[end - 32 : end], "big"))


def _odd_multiples(x: int, y: int) -> list[tuple[int, int]]:
    """1, 3, ... 15, -15, ... -3, -1 times (x, y): digit d mod 32 has its multiple at d >> 1."""
    [(double_x, double_y)] = _affine([_double((x, y, 1))])
    points = [(x, y, 1)]
    for _ in range(7):
        points.append(_add(points[-1], double_x, double_y))
    multiples = _affine(points)
    return multiples + [(odd_x, _P - odd_y) for odd_x, odd_y in reversed(multiples)]


def _teeth(x: int, y: int) -> list[tuple[int, int]]:
    """2^0, 2^52, 2^104, 2^156 and 2^208 times (x, y)."""
    teeth = [(x, y, 1)]
    while len(teeth) < _TEETH:
        point = teeth[-1]
        for _ in range(_COLUMNS):
            point = _double(point)
        teeth.append(point)
    return _affine(teeth)


def _affine(points: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """(x, y) of each point, none of them infinity: one inversion for all (Montgomery's trick)."""
    products = [1]
    for _, _, z in points:
        products.append(products[-1] * z % _P)
    inverse = _inverse(products.pop(), _P)
    affine = []
    for x, y, z in reversed(points):
        z_inverse = inverse * products.pop() % _P
        inverse = inverse * z % _P
        zz = z_inverse * z_inverse % _P
        affine.append((x * zz % _P, y * (zz * z_inverse % _P) % _P))
    affine.reverse()
    return affine


def _has_x(point: tuple[int, int, int], r: int) -> bool:
    """True if the point's x is r mod n: both candidates are scaled up, so nothing is inverted."""
    x, _, z = point
    if not z:
        return False
    zz = z * z % _P
    return r * zz % _P == x or (r + _N < _P and (r + _N) * zz % _P == x)
