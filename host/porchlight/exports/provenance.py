"""The release once more in C2PA, as a sidecar, where the host has the library (extra `c2pa`).

The file itself is not touched: what the log says of it stays true. A camera is its thumb; neither
address nor name is in the manifest, and no thumbnail, which could show what a mask hides.
"""

import importlib.util
import io
import logging
from pathlib import Path
from typing import Any, Final

from porchlight import __version__
from porchlight.clips.avi import CONTENT_TYPE
from porchlight.exports.release import Releaser

SOURCE: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
RELEASED: Final = "org.porchlight.released"
_log = logging.getLogger(__name__)


def available() -> bool:
    """Whether the library is here."""
    return importlib.util.find_spec("c2pa") is not None


def sidecar(media: Path, name: str, claims: dict[str, Any], releaser: Releaser) -> bytes | None:
    """The manifest for a recording; None if the library is missing, or fails: the release itself
    proves the same. Blocks: some milliseconds and the reading of the file."""
    if not available():
        return None
    import c2pa

    authority = releaser.chain[releaser.chain.rindex(b"-----BEGIN") :].decode()
    info = c2pa.C2paSignerInfo(
        alg=b"es256", sign_cert=releaser.chain, private_key=releaser.pem, ta_url=None
    )
    try:
        context = c2pa.Context.from_dict(settings(authority))
        builder = c2pa.Builder(manifest(name, claims), context=context)
        builder.set_no_embed()
        with media.open("rb") as file:
            signer = c2pa.Signer.from_info(info)
            made: bytes = builder.sign(signer, CONTENT_TYPE, file, io.BytesIO())
    except c2pa.C2paError as error:
        _log.error("no C2PA manifest for an export: %s", error)
        return None
    return made


def settings(authority: str) -> dict[str, Any]:
    """Of the library: nothing is fetched from anywhere, and what it signs it also checks."""
    return {
        "verify": {
            "verify_after_sign": True,
            "verify_trust": True,
            "ocsp_fetch": False,
            "remote_manifest_fetch": False,
        },
        "builder": {"thumbnail": {"enabled": False}},
        "trust": {"user_anchors": authority},
    }


def manifest(name: str, claims: dict[str, Any]) -> dict[str, Any]:
    """What is said of the recording: captured by a camera, released by its resident."""
    actions = [{"action": "c2pa.created", "digitalSourceType": SOURCE}, {"action": RELEASED}]
    return {
        "claim_generator_info": [{"name": "porchlight", "version": __version__}],
        "title": name,
        "format": CONTENT_TYPE,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": actions}},
            {"label": "org.porchlight.release", "data": claims},
        ],
    }
