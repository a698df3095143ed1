"""What a hub is shown of a clip: each frame with the grant's masks covered, and a caption of who
has it. Whoever passes it on passes that on.

Blocks. The resident's own pictures are shown as they are.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from accord.permit import Permit
from porchlight.clips import avi
from porchlight.clips.reader import ClipReader
from porchlight.clips.rows import Clip
from porchlight.clips.writer import Finished, Writer
from porchlight.frames import Frame
from porchlight.streams.burn import burn
from porchlight.streams.caption import Caption
from porchlight.streams.mask import Mask

UNREADABLE: Final = "a frame of the clip cannot be read"


@dataclass(frozen=True)
class Dress:
    """For one caller and one grant."""

    mask: Mask
    caption: Caption

    @classmethod
    def of(cls, permit: Permit, hub: str, operator: str) -> "Dress":
        """What this permit's grant wants covered; `hub` and `operator` as they are to be read. What
        the grant wanted covered that it was recorded under is not in the clip at all."""
        return cls(permit.grant.mask, Caption(hub, operator, permit.jti))

    def on(self, jpeg: bytes, captured_ms: int) -> bytes | None:
        """The picture as it may be shown; None if it cannot be: then nothing may."""
        return burn(jpeg, self.mask, self.caption.lines(captured_ms))

    def covered(self, jpeg: bytes) -> bytes | None:
        """With the masks alone, for who makes it smaller before caption_on()."""
        return burn(jpeg, self.mask)

    def caption_on(self, jpeg: bytes, captured_ms: int) -> bytes | None:
        """The caption alone."""
        return burn(jpeg, lines=self.caption.lines(captured_ms))


def copy(reader: ClipReader, clip: Clip, dress: Dress, path: Path) -> Finished:
    """The file `path` (.avi), whole and on disk: the frames' own times, counts and sums stay.
    ValueError for a frame that cannot be dressed: then nothing is there. OSError as the disk has
    it."""
    writer: Writer | None = None
    try:
        for place, jpeg in reader.frames():
            shown = dress.on(jpeg, place.stamp.captured_ms)
            if shown is None:
                raise ValueError(UNREADABLE)
            frame = frame_of(clip, place, shown)
            writer = writer or _begun(clip, dress, frame, path)
            writer.add(frame)
        if writer is None:
            raise ValueError(UNREADABLE)
        return writer.finish()
    except BaseException:
        if writer is not None:
            writer.discard()
        raise


def frame_of(clip: Clip, place: avi.Place, jpeg: bytes) -> Frame:
    """A recorded frame as the host's own, with this picture."""
    stamp = place.stamp
    return Frame(
        camera=clip.camera,
        jpeg=jpeg,
        boot=stamp.boot,
        sequence=stamp.sequence,
        captured_ms=stamp.captured_ms,
        clock=stamp.clock,
        reason=stamp.reason,
        score=stamp.score,
        handle=stamp.handle,
        arrived=0.0,
    )


def _begun(clip: Clip, dress: Dress, frame: Frame, path: Path) -> Writer:
    width, height = frame.size or (clip.width, clip.height)
    said = {"clip": clip.id, "camera": clip.camera, "jti": dress.caption.jti}
    return Writer(path.parent, path.stem, avi.Shape(width, height, said))
