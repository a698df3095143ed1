"""porchkit.twin: viper taken out, and nothing else."""

import ast
from array import array

import pytest

from porchkit.twin import plain

VIPER = '''
"""Doc."""
import micropython
from micropython import const

_TOP = const(3)


@micropython.viper
def sums(a: ptr8, count: int, into) -> int:
    words = ptr16(into)
    total = 0
    for i in range(count):
        total += int(a[i]) & 255
    words[0] = total
    return uint(total)


def untouched(text: str) -> int:
    return int(text)
'''


def run(source: str) -> dict:
    names: dict = {}
    stub = "const = int\n"
    exec(
        source.replace("from micropython import const\n", stub).replace("import micro", "# "), names
    )
    return names


def test_the_twin_computes_the_same() -> None:
    names = run(plain(VIPER))
    into = [0]
    assert names["sums"](bytes([1, 2, 250]), 3, into) == 253
    assert into == [253]
    assert names["untouched"]("12") == 12


def test_only_viper_functions_change() -> None:
    tree = ast.parse(plain(VIPER))
    untouched = next(node for node in tree.body if getattr(node, "name", "") == "untouched")
    assert ast.unparse(untouched) == "def untouched(text: str) -> int:\n    return int(text)"
    assert "viper" not in plain(VIPER)
    assert "ptr" not in plain(VIPER)


def test_an_index_past_the_end_raises() -> None:
    with pytest.raises(IndexError):
        run(plain(VIPER))["sums"](b"abc", 4, [0])


def test_strict_refuses_an_index_below_0() -> None:
    source = "@micropython.viper\ndef last(a: ptr8, i: int) -> int:\n    return a[i]\n"
    assert run(plain(source))["last"](b"abc", -1) == 99
    with pytest.raises(IndexError):
        run(plain(source, strict=True))["last"](b"abc", -1)
    assert run(plain(source, strict=True))["last"](b"abc", 2) == 99


def test_a_ptr32_writes_four_bytes_whatever_the_items_are() -> None:
    source = "@micropython.viper\ndef put(a: ptr32, i: int, v: int):\n    a[i] = v\n"
    put = run(plain(source, strict=True))["put"]
    for kind, wanted in (("B", [0] * 4 + [4, 3, 2, 1]), ("H", [0, 0, 0x0304, 0x0102])):
        into = array(kind, bytes(8))
        put(into, 1, 0x01020304)
        assert list(into) == wanted
        for outside in (-1, 2):
            with pytest.raises(IndexError):
                put(into, outside, 0)
