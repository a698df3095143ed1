"""The page's socket hears of room however little was left: also of a single byte."""

import asyncio
import contextlib
import os
import socket

from porchlight.pagesocket import PageSocket
from tests.host.test_multiplex_socket import sockets
from tests.support.hosting import InThread, Kit, Signer, handle_of
from tests.support.listening import raw_viewer
from tests.support.viewing import board_at, metric, open_view, picture, until


def leave_a_byte(page: PageSocket) -> int:
    """Fill the kernel, so that one byte stays with the transport; how many stay."""
    sock = page.transport.get_extra_info("socket")
    with socket.socket(fileno=os.dup(sock.fileno())) as out:
        for size in (65_536, 1):
            with contextlib.suppress(BlockingIOError):
                while True:
                    out.send(bytes(size))
    page.transport.write(b"x")
    return int(page.transport.get_write_buffer_size())


async def test_room_is_told_of_when_one_byte_was_left(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    handle = handle_of(host.grant(porch, fire))
    async with board_at(host, porch) as board:
        opened = open_view(host, fire, porch)
        with contextlib.closing(raw_viewer(host, opened["urls"]["pictures"])) as slow:
            await board.watched(handle)
            assert host.call(lambda: leave_a_byte(sockets(host)[0])) == 1
            taken, out = metric(host, "frames_in_total"), metric(host, "frames_out_total")
            await board.send_frame(picture(), handle)
            await until(lambda: metric(host, "frames_in_total") == taken + 1)
            assert metric(host, "frames_out_total") == out
            reading = asyncio.create_task(asyncio.to_thread(read_on, slow))
            await until(lambda: metric(host, "frames_out_total") == out + 1)
            slow.shutdown(socket.SHUT_RDWR)
            await reading


def read_on(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while sock.recv(65_536):
            pass
