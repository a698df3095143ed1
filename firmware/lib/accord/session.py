"""One connection between a board and the host, without I/O: bytes in, messages out.

    board                                        host
      Hello(camera, nonce_b, boot, firmware) --->
      <--- Challenge(nonce_h, HMAC(K, "host" + transcript))
      Proof(HMAC(K, "board" + transcript)) --->
      <--- Time, grants, Watch ...   both ways sealed: counter + HMAC, a key per direction

K is the board key; transcript = SHA-256(whole Hello + nonce_h). Rules: nothing but the handshake
before both proofs; counters go up by exactly one; a frame's sequence only ever rises. After a
RemoteError the session is dead: every later call refuses.
"""

from hashlib import sha256

from accord import mac, names, wire
from accord.errors import LocalError, RemoteError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from accord.wire import Buffer, Message, Raw

NONCE_BYTES = 16


class _Session:
    SENDS: "tuple[type[Message], ...]" = ()
    EXPECTS: "tuple[type[Message], ...]" = ()
    MAC: "Any" = mac  # keyed() and equal(); CPython has faster ones

    def __init__(self) -> None:
        self.open = False
        self._dead = ""
        self._parser = wire.Parser()
        self._outgoing = b""
        self._code_sent = self._code_received = mac.keyed(b"")
        self._sent = self._received = 0

    def receive(self, data: "Buffer") -> None:
        self._refuse_if_dead()
        self._parser.feed(data)

    def next_event(self) -> "Message | None":
        """The next message that passed every check, or None; RemoteError ends the session."""
        return self._checked(self._parser.next)

    def only(self, data: "Buffer") -> "Message | None":
        """The message that `data` is; None if it is not exactly one. Nothing is copied but the
        fields of a message that passed every check. RemoteError as next_event()."""
        return self._checked(wire.cut, data, True)

    def _checked(self, source: "Callable[..., Raw | None]", *where: "Any") -> "Message | None":
        self._refuse_if_dead()
        try:
            raw = source(*where)
            return None if raw is None else self._take(raw)
        except RemoteError as error:
            self._dead, self.open = error.reason, False
            raise

    def take_outgoing(self) -> bytes:
        """Handshake bytes to be sent now (one message, or nothing)."""
        out, self._outgoing = self._outgoing, b""
        return out

    def seal(self, message: "Message") -> bytes:
        payload = message.payload()
        head, code = self._seal(type(message), payload, b"")
        return head + payload + code

    def _seal(self, kind: "type[Message]", first: bytes, rest: "Buffer") -> "tuple[bytes, bytes]":
        if not self.open or kind not in self.SENDS:
            raise LocalError("this message cannot be sent now")
        self._sent += 1
        head = wire.header(kind, len(first) + len(rest), self._sent)
        return head, self._code_sent(head, first, rest)

    def _take(self, raw: "Raw") -> "Message":
        if raw.kind not in self.EXPECTS:
            raise RemoteError("out-of-order")
        if len(raw.mac):
            if not self.MAC.equal(self._code_received(raw.signed), raw.mac):
                raise RemoteError("bad-mac")
            if raw.counter != self._received + 1:
                raise RemoteError("replayed" if raw.counter <= self._received else "out-of-order")
            self._received += 1
        elif raw.counter:
            raise RemoteError("bad-value")
        message: "Message" = self._decode(raw)
        self._react(message, raw)
        return message

    def _decode(self, raw: "Raw") -> "Any":
        return wire.decode(raw)

    def _react(self, message: "Any", raw: "Raw") -> None:
        raise NotImplementedError

    def _agree(self, key: bytes, send: bytes, receive: bytes, transcript: bytes) -> None:
        self._code_sent = self.MAC.keyed(mac.hmac_sha256(key, send, transcript))
        self._code_received = self.MAC.keyed(mac.hmac_sha256(key, receive, transcript))
        self.open = True

    def _refuse_if_dead(self) -> None:
        if self._dead:
            raise LocalError("the session ended: " + self._dead)


class BoardSession(_Session):
    """`nonce`: 16 fresh random bytes; `boot`: the stored boot counter, raised before this."""

    SENDS: "tuple[type[Message], ...]" = wire.UP[2:]
    EXPECTS: "tuple[type[Message], ...]" = (wire.Challenge,)

    def __init__(self, key: bytes, nonce: bytes, boot: int, firmware: str) -> None:
        super().__init__()
        self._key = key
        camera = names.raw(names.camera_thumb(key))
        payload = wire.Hello(camera, nonce, boot, firmware.encode()).payload()
        self._hello = wire.header(wire.Hello, len(payload), 0) + payload

    def hello(self) -> bytes:
        return self._hello

    def seal_frame(self, frame: "wire.Frame") -> "tuple[bytes, bytes]":
        """What goes before and after frame.jpeg on the wire; the picture itself is not copied."""
        if len(frame.jpeg) > wire.MAX_JPEG:
            raise LocalError("a frame is too long")
        fields = frame.payload(-1)
        head, code = self._seal(wire.Frame, fields, frame.jpeg)
        return head + fields, code

    def _react(self, message: "Any", raw: "Raw") -> None:
        if not isinstance(message, wire.Challenge):
            return
        transcript = _transcript(self._hello, message.nonce)
        if not mac.equal(mac.hmac_sha256(self._key, b"host", transcript), message.proof):
            raise RemoteError("bad-proof")
        proof = mac.hmac_sha256(self._key, b"board", transcript)
        self._outgoing = wire.header(wire.Proof, mac.SIZE, 0) + proof
        self._agree(self._key, b"up", b"down", transcript)
        self.EXPECTS = wire.DOWN[1:]


class HostSession(_Session):
    """`lookup(camera thumb)` gives the board key or None. `camera` is proven once `open`."""

    SENDS: "tuple[type[Message], ...]" = wire.DOWN[1:]
    EXPECTS: "tuple[type[Message], ...]" = (wire.Hello,)

    def __init__(self, nonce: bytes, lookup: "Callable[[str], bytes | None]") -> None:
        super().__init__()
        self._nonce = nonce
        self._lookup = lookup
        self._key = self._transcript = b""
        self._sequence, self.boot = -1, 0
        self.camera = self.firmware = ""

    def _react(self, message: "Any", raw: "Raw") -> None:
        if isinstance(message, wire.Hello):
            self._challenge(message, raw)
        elif isinstance(message, wire.Proof):
            expected = mac.hmac_sha256(self._key, b"board", self._transcript)
            if not mac.equal(expected, message.proof):
                raise RemoteError("bad-proof")
            self._agree(self._key, b"down", b"up", self._transcript)
            self.EXPECTS = wire.UP[2:]
        elif raw.kind is wire.Frame:
            if message.boot != self.boot:
                raise RemoteError("bad-value")
            if message.sequence <= self._sequence:
                raise RemoteError("replayed")
            self._sequence = message.sequence

    def _challenge(self, hello: "wire.Hello", raw: "Raw") -> None:
        key = self._lookup(names.text(hello.camera))
        if key is None:
            raise RemoteError("unknown-camera")
        self._key = key
        self.camera = names.text(hello.camera)
        self.boot = hello.boot
        self.firmware = "".join([chr(c) for c in hello.firmware if 32 <= c < 127])
        self._transcript = _transcript(bytes(raw.signed), self._nonce)
        proof = mac.hmac_sha256(key, b"host", self._transcript)
        challenge = wire.Challenge(self._nonce, proof).payload()
        self._outgoing = wire.header(wire.Challenge, len(challenge), 0) + challenge
        self.EXPECTS = (wire.Proof,)


def _transcript(hello: bytes, nonce: bytes) -> bytes:
    return sha256(b"porchlight 1" + hello + nonce).digest()
