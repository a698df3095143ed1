"""Signatures as Standard Webhooks has them: HMAC-SHA256 over "ID.TIMESTAMP.BODY", in base64."""

import base64
import hashlib
import hmac
import secrets
from typing import Final

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32


def new_secret() -> bytes:
    """A secret of one webhook."""
    return secrets.token_bytes(SECRET_BYTES)


def written(secret: bytes) -> str:
    """A secret as its owner is shown it, once."""
    return PREFIX + base64.b64encode(secret).decode()


def message_id(secret: bytes, n: int) -> str:
    """What an event is called at one webhook, at every try. Numbers of entries would tell hubs how
    much goes on at other cameras."""
    digest = hmac.digest(secret, b"entry %d" % n, hashlib.sha256)
    return "msg_" + base64.urlsafe_b64encode(digest[:18]).decode()


def headers(secret: bytes, message: str, now: int, body: bytes) -> dict[str, str]:
    """What makes a body provably ours, for a few minutes around `now` (unix s)."""
    signed = hmac.digest(secret, f"{message}.{now}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(now),
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
