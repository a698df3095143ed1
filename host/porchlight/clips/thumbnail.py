"""A small picture of a clip: the frame in which most moved. Blocks: runs in the clips' threads."""

import io
from typing import Final

from PIL import Image, UnidentifiedImageError

from porchlight.clips.rows import Clip
from porchlight.clips.store import Clips
from porchlight.errors import Unavailable

SIDE: Final = (320, 240)
MAX_PIXELS: Final = 1600 * 1200


def thumbnail(clips: Clips, clip: Clip) -> bytes:
    """A JPEG of at most SIDE. Unavailable if the camera's picture cannot be read."""
    with clips.open_reader(clip) as reader:
        jpeg = reader.read(clip.best_at, clip.best_bytes)
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
        raise Unavailable("unreadable", "the camera's picture cannot be read") from None
    return out.getvalue()
