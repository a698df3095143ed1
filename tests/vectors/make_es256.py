"""Makes es256.json: 1,000 signatures, good and bad, with `cryptography` as the judge.

Run by hand (`python -m tests.vectors.make_es256`); the output is committed. Deterministic: one
seed. Every case is made, by the algebra of ECDSA, to come out one way; the judge has to agree, or
nothing is written.
"""

import json
import random
from collections.abc import Iterator
from itertools import chain, islice, pairwise
from pathlib import Path

from tests.vectors import es256_edges as edges
from tests.vectors.es256_case import TOP, Case, N, P, judge, lift, pair, public, sign

OUTPUT = Path(__file__).with_name("es256.json")
COUNT = 1000
KEYS = 8


def main() -> None:
    OUTPUT.write_text(render(cases()), "ascii")


def render(all_cases: list[Case]) -> str:
    """One case a line; a key is named by its place in `keys`."""
    keys = list(dict.fromkeys(case.key for case in all_cases))
    key_lines = [json.dumps({"x": f"{x:064x}", "y": f"{y:064x}"}) for x, y in keys]
    case_lines = [json.dumps(_row(case, keys.index(case.key))) for case in all_cases]
    return (
        '{"about": "ES256: made by make_es256.py, judged by cryptography; all values hex",\n'
        '"keys": [\n' + ",\n".join(key_lines) + '\n],\n"cases": [\n'
        "" + ",\n".join(case_lines) + "\n]}\n"
    )


def _row(case: Case, key: int) -> dict[str, str | int | bool]:
    row: dict[str, str | int | bool] = {"comment": case.comment, "key": key}
    if case.digest is None:
        row["msg"] = (case.message or b"").hex()
    else:
        row["digest"] = case.digest.hex()
    return {**row, "sig": case.signature.hex(), "valid": case.valid}


def cases() -> list[Case]:
    """All of them, each confirmed by the judge."""
    rng = random.Random("porchlight es256 1")
    secrets = [rng.randrange(1, N) for _ in range(KEYS)]
    makers = (ranges, lengths, wrong_keys, no_keys, *edges.MAKERS, ordinary)
    made = list(islice(chain.from_iterable(make(rng, secrets) for make in makers), COUNT))
    for case in made:
        if judge(case) is not case.valid:
            raise SystemExit(f"cryptography disagrees: {case}")
    return made


def _message(rng: random.Random) -> bytes:
    return rng.randbytes(rng.randrange(40))


def ordinary(rng: random.Random, secrets: list[int]) -> Iterator[Case]:
    """Without end: signatures as they come, and each with one thing changed."""
    while True:
        d = rng.choice(secrets)
        key, message = public(d), _message(rng)
        r, s = sign(d, message)
        good = pair(r, s)
        yield Case(f"valid, message of {len(message)}", key, good, True, message)
        yield Case("valid, s replaced by n - s", key, pair(r, N - s), True, message)
        for half in ("r", "s"):
            bit = rng.randrange(256)
            flipped = pair(r ^ (half == "r") << bit, s ^ (half == "s") << bit)
            yield Case(f"bit {bit} of {half} flipped", key, flipped, False, message)
        at = rng.randrange(len(message) + 1)
        yield Case("message longer", key, good, False, message[:at] + b"\0" + message[at:])
        yield Case("r and s swapped", key, pair(s, r), False, message)
        yield Case("r replaced by n - r", key, pair(N - r, s), False, message)


def ranges(rng: random.Random, secrets: list[int]) -> Iterator[Case]:
    """r and s at and beyond the ends of 1..n-1."""
    values = {"0": 0, "1": 1, "n-1": N - 1, "n": N, "n+1": N + 1, "p-1": P - 1, "p": P, "top": TOP}
    d = secrets[0]
    key, message = public(d), _message(rng)
    r, s = sign(d, message)
    for name, value in values.items():
        yield Case(f"r = {name}", key, pair(value, s), False, message)
        yield Case(f"s = {name}", key, pair(r, value), False, message)
        for other, second in values.items():
            yield Case(f"r = {name}, s = {other}", key, pair(value, second), False, message)


def lengths(rng: random.Random, secrets: list[int]) -> Iterator[Case]:
    """Signatures that are not 64 bytes, and messages around SHA-256's blocks."""
    d = secrets[1]
    key = public(d)
    for size in (0, 1, 3, 31, 32, 33, 55, 56, 57, 63, 64, 65, 119, 120, 128, 200):
        message = rng.randbytes(size)
        yield Case(f"valid, message of {size}", key, pair(*sign(d, message)), True, message)
    good = pair(*sign(d, b""))
    for size in (0, 1, 31, 32, 33, 62, 63):
        yield Case(f"signature cut to {size}", key, good[:size], False, b"")
    for extra in (b"\0", b"\x01", good[:8], good):
        yield Case(f"signature of {64 + len(extra)}", key, good + extra, False, b"")
    yield Case("zero byte before each half", key, b"\0" + good[:32] + b"\0" + good[32:], False, b"")


def wrong_keys(rng: random.Random, secrets: list[int]) -> Iterator[Case]:
    """A valid signature, under another key or under the key's mirror image."""
    for d, other in pairwise(secrets):
        message = _message(rng)
        signature = pair(*sign(d, message))
        yield Case("signed by another key", public(other), signature, False, message)
        yield Case("signed by the opposite key", public(-d), signature, False, message)


def no_keys(rng: random.Random, secrets: list[int]) -> Iterator[Case]:
    """Public keys that are none. The points with x < 2^224 also exist as x + p in 32 bytes."""
    message = _message(rng)
    x, y = public(secrets[2])
    signature = pair(*sign(secrets[2], message))
    small_x, small_y = next(point for value in range(5, 99) if (point := lift(value)))
    faults = {
        "(0, 0)": (0, 0),
        "x = 0, y = 1": (0, 1),
        "y + 1": (x, y + 1),
        "x + 1": (x + 1, y),
        "x and y swapped": (y, x),
        "y = 0": (x, 0),
        "x = p": (P, y),
        "y = p": (x, P),
        "(p, p)": (P, P),
        "all ones": (TOP, TOP),
        "x + p of a point": (small_x + P, small_y),
    }
    for name, key in faults.items():
        yield Case(f"no public key: {name}", key, signature, False, message)


if __name__ == "__main__":
    main()
