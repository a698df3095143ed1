"""The bundle: a ZIP that anybody can open, with a list of what is in it that cannot be changed.

    README.txt            what this is, and how to check it
    release.jws           the host's signature over all of the below (release.py)
    media/ID.avi          the recording, as it was released
    media/ID.avi.c2pa     the same said in C2PA, where the host has the library
    grants/JTI.jws        what the resident signed: for the recording, and for this release
    camera.jws            whose camera it is, signed by its resident
    resident.jwk          the resident's public key; its thumb is what must be known beforehand
    consent.json          the grant in the words of ISO/IEC TS 27560
    log/entry.json        the line in the resident's log: its very bytes
    log/proof.txt         c2sp.org/tlog-proof@v1: the line is in the tree
    log/key.txt           the log's key

Stored, not compressed: recordings do not get smaller, and what is stored is found again if a ZIP is
damaged. Times in it are those of the release.
"""

import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from shutil import copyfileobj
from typing import Final

CONTENT_TYPE: Final = "application/zip"
_BLOCK: Final = 1 << 20
README: Final = """\
This is a recording that a resident released, with everything that proves it.

To check it, without asking anybody:

    pip install porchlight-cam
    porchlight verify THIS.zip --resident {resident} --ca ca.pem

--resident is the resident's thumb: get it from the resident, not from this file. --ca is the host's
ca.pem, by the same rule. "Trusted" means: the files are as they were released; the resident's own
key allowed this release, to you, for this purpose, at that time; and the release stands in the
resident's log, which nobody can change afterwards.

What it cannot prove: what happened before the camera, and that nobody else had the recording.
The resident lets you keep it for {retain}. Nobody can make you delete it; the log says that you
were given it.
"""


def write(path: Path, contents: Mapping[str, bytes | Path], at: int) -> None:
    """Make the file `path` of these, in order; bytes, or a file's. `at`: unix s. Blocks."""
    when = time.gmtime(at)[:6]
    with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as bundle:
        for name, content in contents.items():
            info = zipfile.ZipInfo(name, when)
            info.external_attr = 0o644 << 16
            with bundle.open(info, "w", force_zip64=True) as file:
                if isinstance(content, bytes):
                    file.write(content)
                    continue
                with content.open("rb") as source:
                    copyfileobj(source, file, _BLOCK)
