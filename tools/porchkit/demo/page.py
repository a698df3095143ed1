"""The address of the page, with the demo's throw-away keys in its fragment.

A fragment never leaves the browser: it is in no request and no server's log. The page takes the
keys out and wipes it. Only keys of a demo may travel so.
"""

import json
from collections.abc import Mapping

from accord import b64
from porchkit import keys


def address(
    base: str, resident: keys.PrivateKey, hub: keys.PrivateKey, names: Mapping[str, str]
) -> str:
    """`base` with #demo=base64url({"resident": JWK, "hub": JWK, "names": {thumb: name}})."""
    held = {
        "resident": keys.private_jwk(resident),
        "hub": keys.private_jwk(hub),
        "names": dict(names),
    }
    text = json.dumps(held, separators=(",", ":"))
    return f"{base}#demo={b64.encode(text.encode())}"
