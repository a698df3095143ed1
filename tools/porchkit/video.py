"""Pictures out of a video file, through PyAV: the extra `video`."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from PIL import Image

from porchkit.errors import CommandError

MAX_FRAMES = 300  # a minute at five frames a second is a long enough loop


def pictures(source: Path, fps: float, most: int = MAX_FRAMES) -> Iterator[Image.Image]:
    """At most `most` pictures of `source`, `fps` of each second of it. CommandError where
    PyAV is missing or cannot read the file."""
    try:
        import av
    except ImportError as error:
        raise CommandError(
            f"{source}: reading a video file needs PyAV; pip install 'porchlight-cam[video]', "
            "or give a folder of JPEGs or a .mjpg file"
        ) from error
    try:
        with av.open(str(source)) as container:
            if not container.streams.video:
                raise CommandError(f"{source}: no pictures in it")
            count = 0
            for frame in container.decode(video=0):
                # A picture is due when the film has come as far as the count says.
                if frame.time * fps >= count:
                    yield cast("Image.Image", frame.to_image())  # type: ignore[no-untyped-call]
                    count += 1
                if count == most:
                    return
    except av.FFmpegError as error:
        raise CommandError(f"{source}: not a video file that can be read ({error})") from error
