"""How requests are made and answers read: whether somebody waits for them or a loop does.

Every request carries a proof of the asker's key; TLS is pinned to the host's own CA.
"""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from porchlight.client import proofs
from porchlight.client.errors import BadAnswer, NoCertificate, Unreachable, WrongHost, problem
from porchlight.client.proofs import Signer
from porchlight.client.readers import StreamError

API: Final = "/api/v1"
TIMEOUT_S: Final = 10.0
# The host pings on its event stream every few seconds; a longer silence is a dead connection.
QUIET: Final = httpx.Timeout(TIMEOUT_S, read=60)
PICTURES: Final = httpx.Timeout(TIMEOUT_S, read=None)  # a camera may have nothing to show for hours
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


@dataclass
class Maker:
    """`base`: https://NAME:PORT. `key`: None signs nothing. `now`: unix s. `token`: an operator's
    session at this host, once there is one."""

    base: str
    key: Signer | None
    now: Callable[[], float]
    random: Callable[[int], bytes]
    token: str = ""

    def request(
        self, method: str, path: str, value: object = None, *, signed: bool = True
    ) -> tuple[str, dict[str, Any]]:
        """(url, the rest of what httpx.request wants); the body is signed as it is sent. A ticket
        in the path needs no signature."""
        url = path if "://" in path else self.base + path
        body = b"" if value is None else json.dumps(value).encode()
        headers = {"Content-Type": "application/json"} if body else {}
        if signed and self.key is not None:
            jti = self.random(proofs.JTI_BYTES)
            proof = proofs.Proof(method, url, int(self.now()), jti, body, self.token)
            headers["DPoP"] = proof.signed(self.key)
            if self.token:
                headers["Authorization"] = f"DPoP {self.token}"
        return url, {"headers": headers, "content": body}


@contextmanager
def translated(base: str) -> Iterator[None]:
    """httpx's errors of the connection, and those of its streams, as ours."""
    try:
        yield
    except httpx.InvalidURL as error:
        raise Unreachable(f"{base} is no address of a host: {error}") from None
    except httpx.TransportError as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise WrongHost(f"the certificate of {base} is not from the expected CA") from None
        raise Unreachable(f"no host answers at {base} ({type(error).__name__})") from None
    except StreamError as error:
        raise BadAnswer(f"{base} sent a broken stream: {error}") from None


def decoded(answer: httpx.Response) -> Any:
    """The JSON of a good answer (None if it is empty); the error of any other."""
    if answer.is_error:
        raise problem(answer)
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        raise BadAnswer(f"{answer.url.host} answers, but not as a Porchlight host") from None


def transport(base: str, ca: Path | None) -> dict[str, Any]:
    """Arguments for httpx: TLS pinned to `ca` where given, never a proxy. ValueError for what is
    no address of a host, for one whose traffic others could read, and for a file without a
    certificate."""
    address = urlsplit(base)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ValueError(f"'{base}' is no address of a host; write https://NAME:8443")
    if address.scheme == "http" and address.hostname not in _LOOPBACK:
        raise ValueError("plain http is for this machine only; write https:// for another")
    settings: dict[str, Any] = {"timeout": TIMEOUT_S, "trust_env": False}
    if address.scheme == "https":
        settings["verify"] = _pinned(ca)
    return settings


def _pinned(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError):
        raise NoCertificate(f"{ca} is no certificate; give the host's ca.pem") from None
