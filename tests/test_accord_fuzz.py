"""accord under hypothesis: any bytes, any split, only the documented errors, everywhere alike."""

import json
import random
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord import wire
from accord.errors import RemoteError
from tests.support.runtimes import FIRMWARE, folder, run_micropython, run_wasm

ACCORD_TESTS = Path(__file__).parent / "accord"
VECTORS = Path(__file__).parent / "vectors"
sys.path.insert(0, str(ACCORD_TESTS))
import outcomes  # noqa: E402
import portable  # noqa: E402

MESSAGES = [
    bytes.fromhex(case["hex"])
    for case in json.loads((VECTORS / "wire.json").read_text())["messages"]
]
GRANTS = json.loads((VECTORS / "grants.json").read_text())
TOKENS = [case["token"].encode("latin-1") for case in GRANTS["cases"]]
KID = GRANTS["people"]["resident"]["thumb"]


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[int]]:
    """Messages and garbage in a row, and where they are cut."""
    parts = draw(st.lists(st.one_of(st.sampled_from(MESSAGES), st.binary(max_size=40)), max_size=6))
    data = b"".join(parts)
    cuts = draw(st.lists(st.integers(0, len(data)), max_size=8))
    return data, sorted(cuts)


@given(streams())
@settings(max_examples=400, deadline=None)
def test_any_split_of_anything_is_the_same_as_one_piece(case: tuple[bytes, list[int]]) -> None:
    data, cuts = case
    assert outcomes.of_parser(data, cuts) == outcomes.of_parser(data, [])
    for role in ("board", "host"):
        assert outcomes.of_session(role, data, cuts) == outcomes.of_session(role, data, [])


@given(st.binary(max_size=4096))
@settings(max_examples=300, deadline=None)
def test_random_bytes_are_refused_by_name(data: bytes) -> None:
    outcomes.of_parser(data, [])
    outcomes.of_grant(data, KID)


@given(st.sampled_from(TOKENS), st.data())
@settings(max_examples=400, deadline=None)
def test_a_damaged_token_is_refused_by_name(token: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(token)))
    end = data.draw(st.integers(at, min(len(token), at + 20)))
    outcomes.of_grant(token[:at] + data.draw(st.binary(max_size=20)) + token[end:], KID)


def mutations(count: int, seed: int) -> list[dict[str, object]]:
    """Seeded damage to good messages and tokens, for runtimes that hypothesis cannot reach."""
    dice = random.Random(seed)
    cases: list[dict[str, object]] = []
    for _ in range(count):
        kind = dice.choice(["parser", "board", "host", "grant"])
        pieces = [bytearray(dice.choice(TOKENS if kind == "grant" else MESSAGES))]
        if kind != "grant":
            pieces += [bytearray(dice.choice(MESSAGES)) for _ in range(dice.randrange(3))]
        data = bytearray(b"".join(pieces))
        for _ in range(dice.choice([0, 1, 1, 2, 5])):
            spot = dice.randrange(max(1, len(data)))
            data[spot : spot + dice.randrange(3)] = dice.randbytes(dice.randrange(3))
        cuts = sorted(dice.randrange(len(data) + 1) for _ in range(dice.randrange(4)))
        cases.append({"to": kind, "hex": bytes(data).hex(), "cuts": cuts, "kid": KID})
    return cases


def test_micropython_says_the_same_of_2000_damaged_inputs() -> None:
    cases = mutations(2000, seed=1)
    done = run_micropython(
        ACCORD_TESTS / "outcomes.py",
        path=[FIRMWARE / "lib"],
        heap="512k",
        stdin="".join(json.dumps(case) + "\n" for case in cases),
    )
    assert done.returncode == 0, done.stderr + done.stdout[-500:]
    here = [outcomes.answer(case) for case in cases]
    assert done.stdout.splitlines() == here
    assert len(set(here)) > 30, "the cases are too much alike to mean anything"


@pytest.mark.parametrize("chunk", [1000, 1460, 70_000])
def test_the_parser_holds_one_message_and_no_more(chunk: int) -> None:
    frame = wire.Frame(1, 1, 1, 0, 0, 0, bytes(16), bytes(300_000)).payload()
    message = wire.header(wire.Frame, len(frame), 1) + frame + bytes(32)
    parser, found = wire.Parser(), 0
    tracemalloc.start()
    try:
        for n in range(20):
            for at in range(0, len(message), chunk):
                parser.feed(message[at : at + chunk])
                found += parser.next() is not None
            assert found == n + 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(message)


def test_endless_garbage_is_refused_at_once_and_never_kept() -> None:
    parser = wire.Parser()
    parser.feed(b"GET / HTTP/1.1\r\n")
    with pytest.raises(RemoteError, match="bad-magic"):
        parser.next()


def test_the_portable_tests_pass_on_the_unix_port() -> None:
    done = run_micropython(
        ACCORD_TESTS / "portable.py", path=[FIRMWARE / "lib", FIRMWARE], heap="2m"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[0]) >= 75


@pytest.mark.parametrize("module", portable.MODULES)
def test_the_portable_tests_pass_on_32_bits(module: str) -> None:
    # a process a module: this build frees no memory while Python runs
    files = folder("/fw", FIRMWARE) | folder("/t/accord", ACCORD_TESTS)
    files |= folder("/t/vectors", VECTORS, "*.json")
    code = f"import portable; portable.main(['{module}'])"
    out = run_wasm(code, files, path=["/fw/lib", "/fw", "/t/accord"], timeout_s=60)
    assert int(out.split()[0]) >= 2
