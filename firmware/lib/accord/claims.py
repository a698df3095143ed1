"""Shapes of claims: small predicates, and tables of them. What no table names is refused."""

from accord import b64
from accord.errors import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Shape = Callable[[Any], bool]

EARLIEST, LATEST = 1_600_000_000, 4_102_444_800  # 2020-09 to 2100-01, unix seconds


def check(value: "Any", required: "dict[str, Shape]", optional: "dict[str, Shape]") -> None:
    """Refused unless `value` is a dict with all of `required`, some of `optional`, no more."""
    if type(value) is not dict:
        raise Refused("wrong-type")
    for name in required:
        if name not in value:
            raise Refused("missing-claim")
    for name in value:
        shape = required.get(name) or optional.get(name)
        if shape is None:
            raise Refused("unknown-claim")
        if not shape(value[name]):
            raise Refused("bad-value")


def whole(least: int, most: int) -> "Shape":
    return lambda v: type(v) is int and least <= v <= most


def text(most: int) -> "Shape":
    return lambda v: type(v) is str and 0 < len(v) <= most


def one_of(*values: "Any") -> "Shape":
    return lambda v: type(v) in [type(known) for known in values] and v in values


def some(shape: "Shape", least: int, most: int) -> "Shape":
    """A list of `least` to `most` different values."""

    def holds(v: "Any") -> bool:
        if type(v) is not list or not least <= len(v) <= most:
            return False
        return all(shape(item) and item not in v[:i] for i, item in enumerate(v))

    return holds


def b64_bytes(size: int) -> "Shape":
    """base64url of exactly `size` bytes, the one canonical text."""

    def holds(v: "Any") -> bool:
        try:
            return type(v) is str and len(v) < 200 and len(b64.decode(v)) == size
        except (ValueError, UnicodeError):
            return False

    return holds


def record(required: "dict[str, Shape]", optional: "dict[str, Shape]") -> "Shape":
    def holds(v: "Any") -> bool:
        check(v, required, optional)  # names what is wrong inside
        return True

    return holds


moment = whole(EARLIEST, LATEST)
thumb = b64_bytes(32)
handle = b64_bytes(16)
