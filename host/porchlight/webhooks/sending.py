"""One delivery: resolved, judged, connected to what was judged, posted. What comes back is a status
and nothing else: no redirection is followed, no body is read, no proxy is asked."""

import asyncio
import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx

from porchlight import __version__
from porchlight.sections import WebhookRules
from porchlight.webhooks import addresses
from porchlight.webhooks.addresses import Resolve, Target

TIMEOUT_S: Final = 10.0
CONNECTIONS: Final = 32
GONE: Final = "gone"  # its owner says so: nobody wants to hear any more
# A connection is judged once; one that is kept could be used under another name.
_LIMITS: Final = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=0)
_ALWAYS: Final = {
    "Content-Type": "application/cloudevents+json",
    "User-Agent": f"porchlight/{__version__}",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


class Sender:
    """`resolve`: what a name means, asked once a delivery. `trust`: whom TLS trusts."""

    def __init__(
        self,
        rules: WebhookRules,
        resolve: Resolve = addresses.system,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._rules = rules
        self.resolve = resolve
        self._trust = trust
        self._client: httpx.AsyncClient | None = None

    async def send(self, url: str, headers: dict[str, str], body: bytes) -> str | None:
        """None once the receiver took it; else one word why not."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                target = addresses.parse(url, self._rules)
                address = await addresses.choose(target, self.resolve, self._rules)
                status = await self._post(target, address, headers, body)
        except (TimeoutError, httpx.TimeoutException):
            return "timeout"
        except LookupError:
            return "unknown-name"
        except (PermissionError, ValueError):
            return "forbidden-address"
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            return "unreachable"
        if 200 <= status < 300:
            return None
        return GONE if status == httpx.codes.GONE else f"answered-{status}"

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _opened(self) -> httpx.AsyncClient:
        trust = self._trust
        if trust is None:
            trust = await asyncio.to_thread(httpx.create_ssl_context)  # reads many files
        if self._client is None:
            self._client = httpx.AsyncClient(
                verify=trust,
                timeout=TIMEOUT_S,
                trust_env=False,
                limits=_LIMITS,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # keeps none
            )
        return self._client

    async def _post(
        self, target: Target, address: str, headers: dict[str, str], body: bytes
    ) -> int:
        client = self._client or await self._opened()
        url = httpx.URL(
            scheme=target.scheme, host=address, port=target.port, raw_path=target.path.encode()
        )
        request = client.build_request(
            "POST",
            url,
            content=body,
            headers=_ALWAYS | headers | {"Host": target.authority},
            extensions={"sni_hostname": target.host},  # the certificate must be of the name
        )
        answer = await client.send(request, stream=True, follow_redirects=False)
        await answer.aclose()
        return answer.status_code
