"""Intake: what a peer sends, handed over message by message, and only a share of it at a time.

A loop may read one connection many times in one turn, as long as there is more; whoever else waits,
waits. So who had a share gives way: no more of it is read or handed over until the loop has been
round. Crumbs (control frames, tiny fragments) are work too, and say nothing: a peer that sends more
of them than anybody needs is Flood.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from porchlight.websocket.parser import BINARY, MAX_CONTROL, Broken, Parser
from porchlight.websocket.rate import Rate
from porchlight.websocket.rcvlowat import ReceiveMark

SHARE_BYTES: Final = 1_048_576  # some 40 pictures, 2 ms; looked at after each read
SHARE_FRAMES: Final = 64
CRUMBS: Final = 100  # a second; a board sends one in many
FLOODED: Final = 1008

# A message, and whether it was all there was: nothing newer of the peer waits.
Taker = Callable[[bytes, bool], None]
Control = Callable[[int, bytes], None]


class Flood(Broken):
    """So much of nothing that the peer is owed no answer."""


class Intake:
    """Begins holding. `taker` gets the messages, `control` the control frames, `broken` what ended
    it: of the peer nothing is taken from then on. `most`: bytes of a message."""

    def __init__(
        self,
        transport: asyncio.Transport,
        mark: ReceiveMark,
        most: int,
        *,
        control: Control,
        broken: Callable[[Broken], None],
    ) -> None:
        self.taker: Taker = self.drop
        self._transport = transport
        self._mark = mark
        self._control = control
        self._broken = broken
        self._loop = asyncio.get_running_loop()
        self._parser: Parser | None = Parser(most)  # None: nothing is taken any more
        self._held = True
        self._frames, self._bytes = SHARE_FRAMES, SHARE_BYTES  # left of this share
        self._away: asyncio.Handle | None = None  # giving way
        self._crumbs = Rate(self._loop, CRUMBS)
        transport.pause_reading()

    def allow(self, most: int) -> None:
        """From now on a message may have so many bytes."""
        if self._parser is not None:
            self._parser.most = most

    def feed(self, data: memoryview) -> None:
        """Bytes of the peer; whoever owns their place may have it back."""
        parser = self._parser
        if parser is None:
            return
        self._bytes -= len(data)
        message = None if self._held or not self._frames else parser.whole(data)
        if message is None:
            parser.feed(data)
            self._read()
            parser.keep()
        else:
            self._frames -= 1
            try:
                self.taker(message, self._mark.rests)
            except Broken as broken:
                self._break(broken)
            if not self._mark.rests:
                self._mark.expect(Parser.LEAST, came=True)
        if self._bytes <= 0 and self._parser is not None:
            self._give_way()

    def hold(self) -> None:
        """Hand over nothing until go_on()."""
        self._held = True
        self._transport.pause_reading()

    def go_on(self) -> None:
        """Hand over what waits, and read on, in this turn or the next."""
        self._held = False
        self._go()

    def drop(self, message: bytes, _alone: bool) -> None:
        """A taker for what nobody wants."""
        self._count(message)

    def stop(self) -> None:
        """Take nothing more."""
        self._parser = None
        self._mark.stop()
        if self._away is not None:
            self._away.cancel()

    def _go(self) -> None:
        self._read()
        if not self._held and self._away is None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _read(self) -> None:
        """Hand over what is whole, until told to hold or to give way."""
        came = False
        try:
            while self._parser is not None and not self._held:
                if not self._frames:
                    self._give_way()
                    return
                message = self._parser.next()
                if message is None:
                    self._mark.expect(self._parser.missing, came=came)
                    return
                came = True
                self._frames -= 1
                if message[0] == BINARY:
                    self.taker(message[1], False)
                else:
                    self._count(message[1])
                    self._control(*message)
        except Broken as broken:
            self._break(broken)

    def _break(self, broken: Broken) -> None:
        self.stop()
        self._broken(broken)

    def _count(self, payload: bytes) -> None:
        if len(payload) <= MAX_CONTROL and not self._crumbs.take():
            raise Flood(FLOODED, "flood")

    def _give_way(self) -> None:
        if self._away is None:
            self._transport.pause_reading()
            self._away = self._loop.call_soon(self._back)

    def _back(self) -> None:
        self._away = None
        self._frames, self._bytes = SHARE_FRAMES, SHARE_BYTES
        self._go()
