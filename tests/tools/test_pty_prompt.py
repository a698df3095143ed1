"""Which REPL a board is in, whatever pieces its output comes in."""

import pytest

from porchkit.pty.prompt import CTRL_A, Prompt

BANNER = b'MicroPython v1.29 on 2026-07-05; linux\r\nType "help()" for more information.\r\n>>> '
RAW = b"\r\nraw REPL; CTRL-B to exit\r\n>"


def feed(prompt: Prompt, printed: bytes, size: int) -> tuple[bytes, bytes]:
    shown = typed = b""
    for at in range(0, len(printed), size):
        for_host, for_board = prompt.take(printed[at : at + size])
        shown, typed = shown + for_host, typed + for_board
    return shown, typed


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_it_follows_the_board_and_changes_nothing(size: int) -> None:
    prompt = Prompt(to_raw=False)
    for printed, raw in ((BANNER, False), (RAW, True), (b"OK1\n\x04\x04>", True), (BANNER, False)):
        assert feed(prompt, printed, size) == (printed, b"")
        assert prompt.raw is raw


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("boot", [b"", b"boot\n", b"no newline", b"MicroPython is\nin Micro"])
def test_back_to_raw_the_banner_alone_is_kept_from_the_host(boot: bytes, size: int) -> None:
    prompt = Prompt(to_raw=True)
    assert feed(prompt, boot + BANNER, size) == (boot, CTRL_A)
    assert prompt.raw
    assert feed(prompt, RAW, size) == (RAW, b"")
    assert prompt.raw


def test_a_boot_that_never_ends_is_heard_meanwhile() -> None:
    prompt = Prompt(to_raw=True)
    assert prompt.take(b"one\ntwo\nthr") == (b"one\ntwo\n", b"")
