"""A real OpenID Connect provider for tests: Authlib's server side behind uvicorn, on a free port.

Authorization code flow with PKCE for public clients; discovery, JWKS, /authorize and /token. Whom
it signs in is said in the request (`login_hint`) or before (`sitting`), for nobody is there to type
a password.
"""

import contextlib
import hashlib
import secrets
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import uvicorn
from authlib.oauth2 import rfc6749, rfc7636
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oidc.core import OpenIDCode
from joserfc import jwk, jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from accord import b64

CALLBACK = "http://127.0.0.1/callback"
PATIENCE_S = 10.0


@dataclass
class Person:
    """Somebody with an account. `claims`: what their ID tokens say beside."""

    sub: str
    claims: dict[str, Any] = field(default_factory=dict)


@dataclass
class Code(rfc6749.AuthorizationCodeMixin):
    """An authorization code and what it was given for."""

    code: str
    client_id: str
    person: Person
    scope: str
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    redirect_uri: str = CALLBACK

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class Client(rfc6749.ClientMixin):
    """A public client."""

    client_id: str
    id_token_signed_response_alg: str
    callback: str = CALLBACK

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.callback

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.callback

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "none"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class CodeGrant(rfc6749.grants.AuthorizationCodeGrant):
    """Codes are good once."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def save_authorization_code(self, code: str, request: Any) -> None:
        said = request.payload.data
        self.server.codes[code] = Code(
            code,
            request.client.client_id,
            request.user,
            request.scope,
            said.get("nonce"),
            said.get("code_challenge"),
            said.get("code_challenge_method"),
            said.get("redirect_uri", CALLBACK),
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        found: Code | None = self.server.codes.get(code)
        return found if found is not None and found.client_id == client.client_id else None

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del self.server.codes[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> Person:
        return authorization_code.person


class Provider(rfc6749.AuthorizationServer):
    """`url` is its issuer. Tests reach its people, clients and keys while it serves."""

    def __init__(self) -> None:
        super().__init__()
        self.url = ""
        self.people: dict[str, Person] = {}
        self.clients: dict[str, Client] = {}
        self.codes: dict[str, Code] = {}
        self.sitting = ""  # whose browser it is that says nothing of who it is
        self.answer: Response | None = None  # what discovery says instead
        self.asked: dict[str, int] = defaultdict(int)  # path -> how often
        self.keys: list[Any] = [jwk.generate_key("EC", "P-256", {"kid": "first", "use": "sig"})]
        self.register_grant(
            CodeGrant, [rfc7636.CodeChallenge(required=True), _IdTokens(self, require_nonce=True)]
        )
        self.register_token_generator("default", BearerTokenGenerator(_access_token))

    def person(self, *roles: str, **claims: Any) -> str:
        """A new account; its subject."""
        sub = secrets.token_hex(8)
        self.people[sub] = Person(sub, {"roles": list(roles), **claims})
        return sub

    def client(self, alg: str = "ES256") -> str:
        """A new client; its id."""
        client_id = f"client-{secrets.token_hex(4)}"
        self.clients[client_id] = Client(client_id, alg)
        return client_id

    def rotate(self) -> None:
        """A new key signs from now on; the others are forgotten."""
        kid = secrets.token_hex(4)
        self.keys[:] = [jwk.generate_key("EC", "P-256", {"kid": kid, "use": "sig"})]

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """Anything, by the key that signs now."""
        key = self.keys[0]
        return jwt.encode({"alg": "ES256", "kid": key.kid} | header, claims, key, ["ES256"])

    # What Authlib asks of a framework

    def query_client(self, client_id: str) -> Client | None:
        return self.clients.get(client_id)

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        pass

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        pass

    def create_oauth2_request(self, request: Any) -> Any:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        made = JSONResponse(body, status) if isinstance(body, dict) else Response(body, status)
        for name, value in headers:
            made.headers[name] = value
        return made

    # Its pages

    async def discovery(self, request: Request) -> Response:
        self.asked[request.url.path] += 1
        if self.answer is not None:
            return self.answer
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/jwks",
            }
        )

    async def jwks(self, request: Request) -> Response:
        self.asked[request.url.path] += 1
        return JSONResponse({"keys": [key.as_dict(private=False) for key in self.keys]})

    async def authorize(self, request: Request) -> Response:
        asked = _Asked(request, dict(request.query_params), {})
        person = self.people.get(request.query_params.get("login_hint", self.sitting))
        grant = self.get_consent_grant(asked, person)
        answer: Response = self.create_authorization_response(asked, person, grant)
        return answer

    async def token(self, request: Request) -> Response:
        said = dict(parse_qsl((await request.body()).decode()))
        answer: Response = self.create_token_response(_Asked(request, said, said))
        return answer


class _Asked(rfc6749.OAuth2Request):
    """A request as Authlib wants it."""

    def __init__(self, request: Request, said: dict[str, str], form: dict[str, str]) -> None:
        super().__init__(request.method, str(request.url), headers=dict(request.headers))
        self.payload = rfc6749.requests.BasicOAuth2Payload(said)
        self._form = form

    @property
    def args(self) -> dict[str, str]:
        return dict(self.payload.data)

    @property
    def form(self) -> dict[str, str]:
        return self._form


class _IdTokens(OpenIDCode):
    def __init__(self, provider: Provider, *, require_nonce: bool) -> None:
        super().__init__(require_nonce)
        self._provider = provider

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return any(code.nonce == nonce for code in self._provider.codes.values())

    def resolve_client_private_key(self, client: Client) -> Any:
        return self._provider.keys[0]

    def get_encode_header(self, client: Client) -> dict[str, Any]:
        key = self._provider.keys[0]
        return {"alg": client.id_token_signed_response_alg, "kid": key.kid}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        return {"iss": self._provider.url, "aud": [client.client_id]}

    def generate_user_info(self, user: Person, scope: str) -> dict[str, Any]:
        return {"sub": user.sub, **user.claims}


def _access_token(*_: Any, **__: Any) -> str:
    return secrets.token_urlsafe(24)


def id_token(provider: Provider, sub: str, client_id: str, nonce: str) -> str:
    """What a hub's client does with an operator's browser: code flow with PKCE, to the ID token."""
    verifier = secrets.token_urlsafe(48)
    challenge = b64.encode(hashlib.sha256(verifier.encode()).digest())
    common = {"client_id": client_id, "redirect_uri": provider.clients[client_id].callback}
    asked = common | {
        "response_type": "code",
        "scope": "openid",
        "nonce": nonce,
        "login_hint": sub,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    with httpx.Client(verify=False, timeout=PATIENCE_S, trust_env=False) as http:
        went = http.get(f"{provider.url}/authorize", params=asked)
        assert went.status_code == 302, went.text
        code = parse_qs(urlsplit(went.headers["location"]).query)["code"][0]
        given = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        answer = http.post(f"{provider.url}/token", data=common | given)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id_token"])


@contextlib.contextmanager
def providing() -> Iterator[Provider]:
    """A provider that serves, in a thread of its own."""
    provider = Provider()
    pages = (provider.authorize, provider.jwks)
    routes = [Route(f"/{page.__name__}", page) for page in pages]
    routes += [
        Route("/token", provider.token, methods=["POST"]),
        Route("/.well-known/openid-configuration", provider.discovery),
    ]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        provider.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(Starlette(routes=routes), log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name="provider")
        thread.start()
        try:
            # The socket listens already: who connects early waits in its queue.
            yield provider
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)
    assert not thread.is_alive()
