"""C2PA: only Trusted counts, and so it has to be all the way down.

The library calls a file Trusted whose ingredient was tampered with before it was taken in; the
failure is only in the ingredient's own results. So all of them are walked.
"""

import importlib.util
import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

AVI = "video/x-msvideo"
RELEASE = "org.porchlight.release"


def available() -> bool:
    """Whether the library is here."""
    return importlib.util.find_spec("c2pa") is not None


def wrong(
    media: IO[bytes], sidecar: bytes, authority: x509.Certificate, claims: Mapping[str, Any]
) -> str:
    """Why the manifest does not hold for the recording, or says other than the release's `claims`;
    "" if it does neither. Nothing is fetched."""
    import c2pa

    pem = authority.public_bytes(serialization.Encoding.PEM).decode()
    settings = {
        "verify": {"verify_trust": True, "ocsp_fetch": False, "remote_manifest_fetch": False},
        "trust": {"user_anchors": pem},
    }
    try:
        context = c2pa.Context.from_dict(settings)
        reader = c2pa.Reader(AVI, media, manifest_data=sidecar, context=context)
        state, store = reader.get_validation_state(), json.loads(reader.json())
    except c2pa.C2paError as error:
        return str(error).split("\n")[0]
    except (ValueError, RecursionError):
        return "it cannot be read"
    if state != "Trusted":
        return f"it is {state}, not Trusted"
    if said(store) != [dict(claims)]:
        return "it says other than the release"
    return next(failures(store), "")


def said(store: Mapping[str, Any]) -> list[object]:
    """What the active manifest says of the release: once, where it is ours."""
    active = store.get("manifests", {}).get(store.get("active_manifest"), {})
    found = active.get("assertions", [])
    return [each.get("data") for each in found if each.get("label") == RELEASE]


def failures(store: object) -> Iterator[str]:
    """Every failure that a manifest store tells of, wherever: in its own results, in those of its
    ingredients, and in what those say of theirs."""
    if isinstance(store, list):
        for each in store:
            yield from failures(each)
    elif isinstance(store, dict):
        for name, value in store.items():
            if name == "failure" and isinstance(value, list):
                yield from map(_code, value)
            elif name == "validation_state" and value != "Trusted":
                yield f"a part of it is {value}"
            elif name == "validation_status" and isinstance(value, list):
                yield from (_code(each) for each in value if not _success(each))
            else:
                yield from failures(value)


def _success(result: object) -> bool:
    return isinstance(result, dict) and result.get("success") is True


def _code(result: object) -> str:
    code = result.get("code") if isinstance(result, dict) else None
    return str(code or "unknown failure")
