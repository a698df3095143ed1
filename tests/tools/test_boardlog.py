"""`porchlight boardlog`: a board's own words, as the host was told them."""

import ssl
from collections.abc import Callable

from accord import wire
from tests.support.boardpeer import BoardPeer
from tests.support.viewing import until
from tests.tools.conftest import Answer, RunningHost

SAID = (b"1.000 radio joined", b"2.000 x \x1b[2J")


async def told(host: RunningHost, porchlight: Callable[..., Answer]) -> None:
    """A board connects, says its lines, and leaves; the host has heard them."""
    key = (host.home.path / "boards" / "porch" / "board.key").read_bytes()
    url = f"{host.base.replace('https:', 'wss:')}/uplink"
    board = BoardPeer(url, key, tls=ssl.create_default_context(cafile=host.home.ca))
    await board.open()
    try:
        for line in SAID:
            await board.say(wire.LogLine(line))
        await until(
            lambda: len(porchlight("boardlog", "porch", "--json").json["lines"]) == len(SAID)
        )
    finally:
        await board.close()


async def test_what_the_board_said_is_shown_and_harmless(
    running_host: RunningHost, porchlight: Callable[..., Answer]
) -> None:
    assert "Nothing yet" in porchlight("boardlog", "porch").out
    await told(running_host, porchlight)
    shown = porchlight("boardlog", "porch")
    assert shown.code == 0
    first, second = shown.out.splitlines()
    assert first.endswith("  1.000 radio joined")
    assert second.endswith("  2.000 x [2J")
    assert porchlight("boardlog", "porch", "--last", "1").out.splitlines() == [second]


def test_wrong_words(porchlight: Callable[..., Answer]) -> None:
    assert porchlight("boardlog", "porch", "--last", "0").code == 2
    nobody = porchlight("boardlog", "nowhere")
    assert (nobody.code, nobody.err.count("\n")) == (1, 1)
