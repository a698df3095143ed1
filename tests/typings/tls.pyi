# MicroPython's `tls`: what its stubs give as Any, or do not list because it is an attribute.

from collections.abc import Callable
from socket import socket
from typing import Any, Final

Buffer = bytes | bytearray | memoryview

PROTOCOL_TLS_CLIENT: Final = 0
PROTOCOL_TLS_SERVER: Final = 1
PROTOCOL_DTLS_CLIENT: Final = 2
PROTOCOL_DTLS_SERVER: Final = 3
CERT_NONE: Final = 0
CERT_OPTIONAL: Final = 1
CERT_REQUIRED: Final = 2
MBEDTLS_VERSION: Final[str]

class SSLContext:
    verify_mode: int
    # Gets each certificate (DER) and its depth; 0 means it is fine.
    verify_callback: Callable[[memoryview, int], int] | None

    def __init__(self, protocol: int, /) -> None: ...
    def load_verify_locations(self, cadata: Buffer, /) -> None:
        """DER bytes only."""

    def load_cert_chain(self, certificate: Buffer, key: Buffer, /) -> None: ...
    def get_ciphers(self) -> list[str]: ...
    def set_ciphers(self, names: list[str], /) -> None: ...
    def wrap_socket(
        self,
        sock: socket,
        *,
        server_side: bool = ...,
        do_handshake_on_connect: bool = ...,
        server_hostname: str | None = ...,
    ) -> Any: ...
