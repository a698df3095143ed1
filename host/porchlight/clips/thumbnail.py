"""A small picture of a clip: the frame in which most moved. Blocks: runs in the clips' threads."""

import io
from typing import Final

from PIL import Image, UnidentifiedImageError

from porchlight.clips.dressing import Dress
from porchlight.clips.rows import Clip
from porchlight.clips.store import Clips
from porchlight.errors import Unavailable

SIDE: Final = (320, 240)
MAX_PIXELS: Final = 1600 * 1200


def thumbnail(clips: Clips, clip: Clip, dress: Dress | None) -> bytes:
    """A JPEG of at most SIDE, and a caption below it. Unavailable if the camera's picture cannot be
    read. `dress`: None for the owner."""
    with clips.open_reader(clip) as reader:
        jpeg: bytes | None = reader.read(clip.best_at, clip.best_bytes)
    if jpeg is not None and dress is not None:
        jpeg = dress.covered(jpeg)
    small = None if jpeg is None else _small(jpeg)
    if small is not None and dress is not None:
        small = dress.caption_on(small, clip.started_ms)
    if small is None:
        raise Unavailable("unreadable", "the camera's picture cannot be read")
    return small


def _small(jpeg: bytes) -> bytes | None:
    out = io.BytesIO()
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError("too large")
            picture.draft("RGB", SIDE)
            small = picture.convert("RGB")
            small.thumbnail(SIDE)
            small.save(out, "JPEG", quality=80)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None
    return out.getvalue()
