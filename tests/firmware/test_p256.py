"""agent.p256 against `cryptography`, on CPython, on MicroPython, and on 32-bit MicroPython."""

import hashlib
import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from agent import p256
from agent.p256_table import G_POINTS
from tests.firmware import es256_run
from tests.support.es256 import VECTORS, Es256Case, own_cases, wycheproof_cases
from tests.support.runtimes import FIRMWARE, folder, run_micropython, run_wasm
from tests.vectors import make_es256
from tests.vectors.es256_case import Case, P, judge, pair, public, sign

HERE = Path(__file__).parent
G = public(1)
EVERY = os.environ.get("PORCHLIGHT_SWEEP") == "all"
RUN = "from es256_run import run\nfor verdict in run({lines}): print(verdict)"


@pytest.fixture(scope="module")
def cases() -> list[Es256Case]:
    return own_cases()


def thinned(cases: list[Es256Case], most: int = 6) -> list[Es256Case]:
    """Where there are more than `most` of a kind, so many from all over it: kinds are told by their
    names without numbers."""
    kinds: dict[str, list[int]] = {}
    for place, case in enumerate(cases):
        kinds.setdefault(re.sub(r"[-\d]+", "#", case.name), []).append(place)
    kept = {place for found in kinds.values() for place in found[:: -(-len(found) // most)]}
    return [cases[place] for place in sorted(kept)]


def wrong(cases: list[Es256Case], verdicts: list[str]) -> list[str]:
    """The names of cases that did not come out right both with the table and without."""
    assert len(verdicts) == len(cases)
    return [
        f"{case.name}: {verdict}"
        for case, verdict in zip(cases, verdicts, strict=True)
        if verdict != ("TT" if case.valid else "FF")
    ]


def on_cpython(cases: list[Es256Case]) -> list[str]:
    return list(es256_run.run(case.line for case in cases))


def on_micropython(cases: list[Es256Case]) -> list[str]:
    """In a heap of 64 KB, which is also the proof for 32 bits, where no object is larger."""
    done = run_micropython(
        "import sys\n" + RUN.format(lines="sys.stdin"),
        path=[FIRMWARE, HERE],
        heap="64k",
        stdin="\n".join(case.line for case in cases),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split()


def on_wasm32(cases: list[Es256Case]) -> list[str]:
    files = folder("/firmware/agent", FIRMWARE / "agent", "p256*.py")
    files["/tests/es256_run.py"] = (HERE / "es256_run.py").read_bytes()
    files["/cases"] = "\n".join(case.line for case in cases).encode()
    code = RUN.format(lines='open("/cases")')
    return run_wasm(code, files, path=["/firmware", "/tests"]).split()


RUNTIMES = [on_cpython, on_micropython, on_wasm32]


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_own_vectors(runtime, cases: list[Es256Case]) -> None:
    assert len(cases) == 1000
    asked = cases if EVERY else thinned(cases)
    assert len(asked) > 250
    assert wrong(asked, runtime(asked)) == []


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_wycheproof(runtime, shared: Path) -> None:
    cases = wycheproof_cases(shared)
    assert len(cases) == 262
    assert wrong(cases, runtime(cases)) == []


def test_wycheproof_agrees_with_the_judge(shared: Path) -> None:
    for case in wycheproof_cases(shared):
        row = json.loads(case.line)
        key = int(row["x"], 16), int(row["y"], 16)
        signature, message = bytes.fromhex(row["sig"]), bytes.fromhex(row["msg"])
        assert judge(Case(case.name, key, signature, case.valid, message)) is case.valid, case.name


def test_vectors_are_what_their_maker_makes() -> None:
    """The maker asks `cryptography` about every case, so this is the judge's agreement too."""
    assert make_es256.render(make_es256.cases()) == VECTORS.read_text("ascii")


@pytest.mark.parametrize("silenced", [(es256_run, "_verifier"), (p256, "verify")])
def test_vectors_reach_the_rare_additions(
    silenced, cases: list[Es256Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a table and with one alike, sums meet equal and opposite points on the way; also
    where not all of those that are alike are asked."""
    met: Counter[str] = Counter()
    add = p256._add

    def watched(point: tuple[int, int, int], x2: int, y2: int) -> tuple[int, int, int]:
        x1, y1, z1 = point
        if z1 and (x2 * z1 * z1 - x1) % P == 0:
            met["equal" if (y2 * z1**3 - y1) % P == 0 else "opposite"] += 1
        return add(point, x2, y2)

    monkeypatch.setattr(*silenced, lambda *_: None)
    monkeypatch.setattr(p256, "_add", watched)
    on_cpython(cases if EVERY else thinned(cases))
    assert met["equal"] >= (31 if EVERY else 9)
    assert met["opposite"] >= (31 if EVERY else 9)


def test_one_verification_costs_less_than_3000_multiplications() -> None:
    signature = pair(*sign(7, b"grant"))
    x, y = public(7)
    done = run_micropython(
        f"import es256_cost; es256_cost.measure({x}, {y}, b'grant', {signature!r})",
        path=[FIRMWARE, HERE],
    )
    assert done.returncode == 0, done.stdout + done.stderr
    best_us = json.loads(done.stdout)
    fixed, generic = (best_us[name] / best_us["multiply"] for name in ("fixed", "generic"))
    print(f"x 1,000 multiplications: {fixed:.2f} by table, {generic:.2f} without; {best_us} us")
    assert fixed <= 3


def test_generator_table_is_what_make_table_makes() -> None:
    assert p256.make_table(*G)[: len(G_POINTS)] == G_POINTS


def test_table_holds_the_comb_points() -> None:
    table = p256.make_table(*public(5))
    assert len(table) == 31 * 64 + 32
    for index in range(1, 32):
        multiple = sum(5 << (52 * tooth) for tooth in range(5) if index >> tooth & 1)
        x, y = public(multiple)
        expected = x.to_bytes(32, "big") + y.to_bytes(32, "big")
        assert table[64 * index - 64 : 64 * index] == expected


NO_POINTS = [
    (0, 0),
    (G[0], G[1] + 1),
    (G[1], G[0]),
    (G[0], G[1] - P),
    (G[0], G[1] + P),
    (G[0] - P, G[1]),
    (G[0] + P, G[1]),
    (float(G[0]), G[1]),
    (G[0], None),
]


@pytest.mark.parametrize(("x", "y"), NO_POINTS)
def test_what_is_no_public_key_is_refused(x, y) -> None:
    table = p256.make_table(*G)
    signature = pair(*sign(1, b""))
    with pytest.raises(ValueError, match="public key"):
        p256.make_table(x, y)
    with pytest.raises(ValueError, match="public key"):
        p256.Verifier(table, x, y)
    assert p256.verify(x, y, b"", signature) is False


def test_every_flipped_byte_of_a_table_is_refused() -> None:
    table = p256.make_table(*G)
    for at in range(len(table)):
        torn = table[:at] + bytes([table[at] ^ 1 << at % 8]) + table[at + 1 :]
        with pytest.raises(ValueError, match="key table"):
            p256.Verifier(torn, *G)


def swapped_points(table: bytes) -> bytes:
    return table[:64] + table[128:192] + table[64:128] + table[192:]


@pytest.mark.parametrize(
    "fault",
    [
        lambda table: b"",
        lambda table: table[:-1],
        lambda table: table + b"\0",
        lambda table: bytes(len(table)),
        lambda table: p256.make_table(*public(2)),
        lambda table: table[:64] + p256.make_table(*public(2))[64:],
        lambda table: p256.make_table(G[0], P - G[1]),
        swapped_points,
        lambda table: table[:-32] + hashlib.sha256(table[:-32]).digest(),
    ],
)
def test_a_wrong_table_is_refused(fault) -> None:
    table = p256.make_table(*G)
    with pytest.raises(ValueError, match="key table"):
        p256.Verifier(fault(table), *G)


def test_a_table_verifies_its_key_and_its_mirror_does_not() -> None:
    signature = pair(*sign(1, b"a"))
    mirror = G[0], P - G[1]
    assert p256.Verifier(p256.make_table(*G), *G).verify(b"a", signature) is True
    assert p256.Verifier(p256.make_table(*mirror), *mirror).verify(b"a", signature) is False
