"""A small real host for boards: TLS, WebSocket, accord.HostSession, and no rules of its own.

It says what a test tells it to say, even what no honest host would, and keeps what boards answer.
Its certificate and clock are the test's too. Needs a running asyncio loop.
"""

import asyncio
import datetime
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from accord import b64, wire
from accord.errors import RemoteError
from accord.session import HostSession

PATIENCE_S = 20.0
_DAY = datetime.timedelta(days=1)


class Ca:
    """A certificate authority of one test; `der` is what a board pins."""

    def __init__(self, name: str = "porch test CA") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        basic = x509.BasicConstraints(ca=True, path_length=0)
        self._certificate = (
            _builder(self._name, self._name, self._key)
            .add_extension(basic, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.der = self._certificate.public_bytes(serialization.Encoding.DER)

    def context(
        self, folder: Path, name: str = "localhost", *, days: tuple[int, int] = (-1, 30)
    ) -> ssl.SSLContext:
        """A server's TLS context with a certificate for `name`, valid from day to day."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (
            _builder(subject, self._name, key, days)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = folder / "fakehost.pem"
        pem.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context


def _names(token: bytes, handle: bytes) -> bool:
    """Is this token, broken or not, of the grant with this handle?"""
    try:
        return b64.encode(handle).encode() in b64.decode(token.split(b".")[1].decode())
    except (ValueError, IndexError):
        return False


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    days: tuple[int, int] = (-1, 30),
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * _DAY)
        .not_valid_after(now + days[1] * _DAY)
    )


class FakeHost:
    """Speaks with any number of connections of the board that holds `board_key`; `send` goes to
    the newest. Everything received is kept in order, with all in `messages` too."""

    def __init__(self, board_key: bytes, *, time_offset_s: int = 0) -> None:
        self.time_offset_s = time_offset_s
        self.greeting: list[wire.Message] = []  # sent after Time, on every new connection
        self.frames: list[wire.Frame] = []
        self.statuses: list[wire.Status] = []
        self.answers: list[wire.Answer] = []
        self.lines: list[bytes] = []  # of the board's log
        self.hellos: list[wire.Hello] = []
        self.errors: list[str] = []  # reasons why sessions of ours ended
        self.frame_times: list[float] = []  # monotonic, one per frame
        self.port = 0
        self._board_key = board_key
        self._changed = asyncio.Condition()
        self._server: Server | None = None
        self._talk: tuple[ServerConnection, HostSession] | None = None
        self._watched: set[bytes] = set()

    async def start(self, context: ssl.SSLContext, port: int = 0) -> int:
        """Listen on loopback; the port."""
        self._server = await serve(
            self._serve, "127.0.0.1", port, ssl=context, compression=None, max_size=500_000
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        return self.port

    async def stop(self) -> None:
        """Close everything, at once."""
        if self._server is not None:
            self.drop()
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    @property
    def online(self) -> bool:
        """Is there a session in which both sides have proved the key?"""
        return self._talk is not None

    async def send(self, message: wire.Message) -> None:
        """Seal and send to the newest session; fails if there is none."""
        assert self._talk is not None, "no board is online"
        connection, session = self._talk
        self._note_watched(message)
        await connection.send(session.seal(message))

    async def ask(self, message: wire.GrantToken | wire.Revoke) -> str:
        """Send it; the reason in the board's reply. What a board says unasked of other grants
        that are watched is no reply."""
        seen = len(self.answers)
        if isinstance(message, wire.Revoke):
            unasked = self._watched - {message.handle}
        else:
            unasked = {handle for handle in self._watched if not _names(message.token, handle)}

        def replies() -> list[wire.Answer]:
            return [answer for answer in self.answers[seen:] if answer.handle not in unasked]

        await self.send(message)
        await self.wait_for(lambda _: replies())
        return replies()[0].reason.decode()

    async def send_raw(self, data: bytes | str) -> None:
        """Send what no session would."""
        assert self._talk is not None, "no board is online"
        await self._talk[0].send(data)

    def drop(self) -> None:
        """Cut the newest connection without a goodbye."""
        if self._talk is not None:
            self._talk[0].transport.abort()

    async def wait_for(
        self, predicate: Callable[["FakeHost"], Any], timeout_s: float = PATIENCE_S
    ) -> Any:
        """Wait until `predicate(self)` is true, and give what it gave; TimeoutError tells what
        was there instead."""
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                return await self._changed.wait_for(lambda: predicate(self))
        except TimeoutError:
            raise TimeoutError(self.told()) from None

    def told(self) -> str:
        """What the board has said so far, for a person who reads a failed test."""
        reasons = [status.reason.decode() for status in self.statuses[-5:]]
        answers = [answer.reason.decode() for answer in self.answers]
        return f"{len(self.frames)} frames; statuses {reasons}; answers {answers}; {self.errors}"

    async def _serve(self, connection: ServerConnection) -> None:
        session = HostSession(b"\x07" * 16, lambda _: self._board_key)
        try:
            async for data in connection:
                assert isinstance(data, bytes)
                session.receive(data)
                while (message := session.next_event()) is not None:
                    await self._take(connection, session, message)
        except RemoteError as error:
            self.errors.append(error.reason)
        except ConnectionClosed:
            pass
        finally:
            if self._talk is not None and self._talk[0] is connection:
                self._talk = None
            await self._tell()

    async def _take(
        self, connection: ServerConnection, session: HostSession, message: wire.Message
    ) -> None:
        if out := session.take_outgoing():
            await connection.send(out)
        match message:
            case wire.Hello():
                self.hellos.append(message)
            case wire.Proof():
                await self._welcome(connection, session)
            case wire.Frame():
                self.frames.append(message)
                self.frame_times.append(time.monotonic())
            case wire.Status():
                self.statuses.append(message)
            case wire.Answer():
                self.answers.append(message)
            case wire.LogLine():
                self.lines.append(message.payload())
        await self._tell()

    async def _welcome(self, connection: ServerConnection, session: HostSession) -> None:
        self._talk = (connection, session)
        for message in [self.time(), *self.greeting]:
            self._note_watched(message)
            await connection.send(session.seal(message))

    def _note_watched(self, message: wire.Message) -> None:
        if isinstance(message, wire.Watch):
            self._watched = {handle for _, handle, _ in message.wants}

    def time(self) -> wire.Time:
        """The time as this host tells it."""
        return wire.Time(int((time.time() + self.time_offset_s) * 1000))

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
