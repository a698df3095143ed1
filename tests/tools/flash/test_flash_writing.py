"""Writing to flashes that do what no boot loader process can be told to do: lose, and spill."""

import hashlib
from collections.abc import Callable
from typing import Any, cast

import pytest

from porchkit.flash import firmware, writing
from porchkit.flash.errors import BrokeOff, LinkFault
from porchkit.flash.esplog import EspLog
from tests.support import espimages

FIRMWARE = firmware.read(espimages.merged(), "x")
Spoil = Callable[[bytearray], None]


class Memory:
    """A flash in memory behind a Link's methods; `spoil` is let loose after each write."""

    def __init__(self, spoil: Spoil = lambda flash: None) -> None:
        self.flash = bytearray(b"\xaa" * (4 << 20))
        self._spoil = spoil

    def write(self, address: int, contents: bytes) -> None:
        self.flash[address : address + len(contents)] = contents
        self._spoil(self.flash)

    def erase_all(self) -> None:
        self.flash[:] = b"\xff" * len(self.flash)

    def md5(self, address: int, size: int) -> str:
        return hashlib.md5(self.flash[address : address + size]).hexdigest()


def write(memory: Memory, *, erase: bool = False) -> tuple[writing.Written, list[tuple[int, int]]]:
    seen: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))

    link = cast("Any", memory)
    return writing.write(link, EspLog(), FIRMWARE, progress, erase=erase), seen


def test_only_the_firmware_is_touched() -> None:
    memory = Memory()
    written, seen = write(memory)
    end = FIRMWARE.end
    assert memory.flash[0x1000:0x9000] == FIRMWARE.contents[:0x8000]
    assert memory.flash[0xF000:end] == FIRMWARE.contents[0xE000:]
    assert set(memory.flash[:0x1000] + memory.flash[0x9000:0xF000] + memory.flash[end:]) == {0xAA}
    assert (written.nvs, seen[-1]) == ("kept", (written.verified_bytes,) * 2)
    assert seen == sorted(seen)


def test_erased_means_all_of_it() -> None:
    memory = Memory()
    assert write(memory, erase=True)[0].nvs == "erased"
    assert set(memory.flash[0x9000:0xF000] + memory.flash[FIRMWARE.end :]) == {0xFF}


def test_a_flash_that_forgets_what_was_verified_is_noticed() -> None:
    """Each piece was right when it was written; the end looks at all of them again."""

    def forget(flash: bytearray) -> None:
        flash[0x1010] = FIRMWARE.contents[0x10] ^ 1

    with pytest.raises(LinkFault, match="from 0x1000 is not what was written"):
        write(Memory(forget))


def test_a_touched_nvs_is_never_called_kept() -> None:
    def spill(flash: bytearray) -> None:
        flash[0x9000] = 0

    with pytest.raises(BrokeOff, match="NVS changed"):
        write(Memory(spill))


def test_one_garbled_answer_about_the_nvs_is_asked_again() -> None:
    memory = Memory()
    write(memory)
    asked: list[int] = []
    honest = memory.md5

    def once_garbled(address: int, size: int) -> str:
        if address == FIRMWARE.nvs.offset:
            asked.append(address)
            if len(asked) == 2:
                return "garbled"
        return honest(address, size)

    memory.md5 = once_garbled  # type: ignore[method-assign]
    assert write(memory)[0].nvs == "kept"
    assert len(asked) == 3
