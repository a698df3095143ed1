"""What a crash left behind: a draft is finished with the frames that are whole, or it goes.

Blocks. A sealed draft cannot be finished: what would open it died with the process.
"""

import logging
import os
from pathlib import Path

from porchlight.clips import avi, reader
from porchlight.clips.writer import DRAFT, PLAIN, Finished, settle

_log = logging.getLogger(__name__)


def repaired(draft: Path) -> Finished | None:
    """The clip in FOLDER/ID.draft, finished; None if not one whole frame was in it: it is deleted.

    The name must be the clip's own, or it is none of ours. OSError as the disk has it.
    """
    with draft.open("r+b") as file:
        shape = avi.about(file.read(avi.HEAD_BYTES))
        known = shape is not None and shape.about.get("clip") == draft.stem
        places = [place for place, _ in reader.walk(file)] if known else []
        if shape is not None and places:
            file.truncate(places[-1].end)
            file.seek(places[-1].end)
            index = avi.index(places)
            file.write(index)
            file.seek(0)
            file.write(avi.head(shape, places, len(index)))
            file.flush()
            os.fsync(file.fileno())
    if shape is None or not places:
        _log.warning("a clip that was cut short had no whole frame and is dropped")
        draft.unlink()
        return None
    return settle(draft, draft.with_suffix(PLAIN), shape, places)


def finished(path: Path) -> Finished | None:
    """What there is to know of FOLDER/ID.avi, read from the file itself; None if it is not whole
    from head to index, or not what its name says."""
    with path.open("rb") as file:
        shape = avi.about(file.read(avi.HEAD_BYTES))
        if shape is None or shape.about.get("clip") != path.stem:
            return None
        places = [place for place, _ in reader.walk(file)]
        file.seek(places[-1].end if places else 0)
        if not places or file.read() != avi.index(places):
            return None
    return settle(path, path, shape, places)


def drafts(folder: Path) -> list[Path]:
    """The drafts of all cameras below the clips' folder."""
    return sorted(folder.glob(f"*/*{DRAFT}"))
