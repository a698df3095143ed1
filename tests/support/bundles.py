"""Bundles of a running host: taken away, taken apart, put together again, and verified."""

import io
import zipfile
from pathlib import Path
from typing import Any

from cryptography import x509

from porchkit.evidence.bundle import Bundle
from porchkit.evidence.checks import Finding, Known, check
from porchlight.clips.rows import Clip
from tests.support.clipping import CAUSE, clip_grant, fetch, keep
from tests.support.hosting import InThread, Kit
from tests.support.signing import Signer

Files = dict[str, bytes]


def granted(host: InThread, fire: Signer, porch: Kit) -> Clip:
    grant = clip_grant(
        host,
        porch,
        fire,
        detail={"actions": ["clips", "export"], "limits": {"retain_s": 30 * 86_400}},
    )
    return keep(host, porch, grant)


def export(host: InThread, who: Signer, clip: Clip) -> tuple[dict[str, Any], bytes]:
    cause = {} if who.thumb == clip.resident else CAUSE
    answer = host.caller(who).post(f"/clips/{clip.id}/exports", cause)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    file = fetch(host, made["url"])
    assert file.headers["content-type"] == "application/zip"
    assert len(file.content) == made["bytes"]
    return made, file.content


def known(host: InThread, clip: Clip) -> Known:
    return Known(clip.resident, x509.load_pem_x509_certificate(host.ca.read_bytes()))


def findings(tmp_path: Path, content: bytes, what: Known) -> list[Finding]:
    path = tmp_path / "bundle.zip"
    path.write_bytes(content)
    with Bundle(path) as bundle:
        return list(check(bundle, what))


def rezipped(files: Files) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return out.getvalue()


def unpacked(content: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}
