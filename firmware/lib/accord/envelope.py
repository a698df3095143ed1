"""The one envelope of every statement a resident signs: compact JWS, ES256, header fixed.

`b64(header) . b64(claims) . b64(r || s)`, at most 2,048 ASCII bytes. The bytes are verified as
received. The signer is picked by pinned thumbprint, never from keys inside the token.
"""

from accord import b64, canon
from accord.errors import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    K = TypeVar("K")

MAX_TOKEN = 2048


def header(kid: str, typ: str) -> "dict[str, Any]":
    return {"alg": "ES256", "kid": kid, "typ": typ}


def signing_input(claims: "dict[str, Any]", kid: str, typ: str) -> bytes:
    """What the signer signs."""
    parts = (b64.encode(canon.dumps(part)) for part in (header(kid, typ), claims))
    return ".".join(parts).encode()


def assemble(signed: bytes, signature: bytes) -> bytes:
    """The token of a signing input and its 64-byte signature r || s."""
    return signed + b"." + b64.encode(signature).encode()


def open_verified(
    token: bytes, typ: str, keys: "dict[str, K]", check: "Callable[[K, bytes, bytes], bool]"
) -> "dict[str, Any]":
    """The claims of a token whose signature holds; Refused otherwise, cheapest check first."""
    if len(token) > MAX_TOKEN:
        raise Refused("too-long")
    head, body, signature = split(token)
    kid = _signer(head, typ)
    if kid not in keys:
        raise Refused("unknown-key")
    if not check(keys[kid], token[: token.rfind(b".")], signature):
        raise Refused("bad-signature")
    try:
        claims = canon.loads(body)
    except ValueError:
        raise Refused("not-canonical") from None
    if type(claims) is not dict:
        raise Refused("wrong-type")
    if claims.get("iss") != kid:
        raise Refused("wrong-issuer" if "iss" in claims else "missing-claim")
    return claims


def _signer(head: bytes, typ: str) -> str:
    """The kid of a header that is exactly ours."""
    try:
        found = canon.loads(head)
    except ValueError:
        raise Refused("wrong-header") from None
    kid = found.get("kid") if type(found) is dict else None
    if type(kid) is not str or found != header(kid, typ):
        raise Refused("wrong-header")
    return kid


def split(token: bytes) -> "tuple[bytes, bytes, bytes]":
    """Header, claims and signature, decoded but not looked at; Refused("malformed")."""
    try:
        head, body, signature = [b64.decode(part) for part in bytes(token).decode().split(".")]
    except (ValueError, UnicodeError):
        raise Refused("malformed") from None
    if len(signature) != 64:
        raise Refused("malformed")
    return head, body, signature
