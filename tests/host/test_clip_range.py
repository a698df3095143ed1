"""Which bytes a Range header asks for (RFC 9110 §14)."""

import pytest

from porchlight.clips.response import NotSatisfiable, span


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-0", (0, 1)),
        ("bytes=10-", (10, 90)),
        ("bytes=10-19", (10, 10)),
        ("bytes=90-200", (90, 10)),
        ("bytes=-10", (90, 10)),
        ("bytes=-200", (0, 100)),
        (" bytes=5-6 ", (5, 2)),
        # Asked in a way that is not understood: the whole file.
        ("bytes=-", None),
        ("bytes=5-4", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
        ("bytes=1-9999999999999999", None),
    ],
)
def test_what_a_range_asks_for(header: str | None, expected: tuple[int, int] | None) -> None:
    assert span(header, 100) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-101", "bytes=-0"])
def test_a_range_that_is_not_there(header: str) -> None:
    with pytest.raises(NotSatisfiable) as caught:
        span(header, 100)
    assert caught.value.headers == {"Content-Range": "bytes */100"}
