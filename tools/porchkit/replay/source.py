"""Footage to replay: any path that holds pictures, as reels of JPEGs read one at a time.

The gate gets the bytes as the camera made them. Only a video's pictures have to be encoded.
"""

import mmap
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol

from PIL import Image

from porchkit import jpegs
from porchkit.errors import CommandError
from porchkit.footage import DEFAULT_FPS
from porchkit.replay import labels
from porchkit.replay.labels import Labels

MOST_VIDEO_FRAMES = 18_000  # an hour; what is decoded lies in a temporary file
_MJPG, _JPEG = (".mjpg", ".mjpeg"), (".jpg", ".jpeg")
_VIDEO_SIZE, _VIDEO_QUALITY = (640, 480), 80
_SOI = b"\xff\xd8\xff"

Span = tuple[int, int]  # offset, size


class Pictures(Protocol):
    """JPEGs by number, read when asked for."""

    def __len__(self) -> int: ...
    def __getitem__(self, number: int) -> bytes: ...


@dataclass(frozen=True)
class Reel:
    """One sequence. `path`: where it came from, alone; `titles`: the files' names, where every
    frame is a file."""

    name: str
    path: Path
    pictures: Pictures
    labels: Labels | None = None
    titles: tuple[str, ...] = ()


class Stills:
    """One file a picture."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, number: int) -> bytes:
        return self._files[number].read_bytes()


class Film:
    """All pictures in one file."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans

    def __len__(self) -> int:
        return len(self._spans)

    def __getitem__(self, number: int) -> bytes:
        offset, size = self._spans[number]
        with self._file() as file:
            file.seek(offset)
            return file.read(size)

    def _file(self) -> AbstractContextManager[BinaryIO]:
        raise NotImplementedError


class NamedFilm(Film):
    """Opened anew for each picture: a folder may have more films than we may open files."""

    def __init__(self, path: Path, spans: Sequence[Span]) -> None:
        super().__init__(spans)
        self._path = path

    def _file(self) -> AbstractContextManager[BinaryIO]:
        return self._path.open("rb")


class SpooledFilm(Film):
    """In a file without a name, which the caller closes."""

    def __init__(self, file: BinaryIO, spans: Sequence[Span]) -> None:
        super().__init__(spans)
        self._spool = file

    def _file(self) -> AbstractContextManager[BinaryIO]:
        return nullcontext(self._spool)


@contextmanager
def opened(path: Path) -> Iterator[list[Reel]]:
    """The reels of `path`, at least one, each with at least one picture and a name of its own.
    CommandError in one line where there is none."""
    with ExitStack() as stack:
        yield [_reel(piece, stack) for piece in _pieces(path)]


def _pieces(path: Path) -> list[Path]:
    """The path itself, or the films of a folder."""
    if not path.exists():
        raise CommandError(f"{path}: no such file or folder")
    if not path.is_dir() and not path.is_file():
        raise CommandError(f"{path}: neither a file nor a folder")
    films = _inside(path, _MJPG) if path.is_dir() else []
    names = [film.stem for film in films]
    if twice := {name for name in names if names.count(name) > 1}:
        raise CommandError(f"{path}: two films are called {min(twice)}; rename one")
    return films or [path]


def _reel(path: Path, stack: ExitStack) -> Reel:
    suffix = path.suffix.lower()
    if path.is_dir() or suffix in _JPEG:
        return _stills(path)
    if suffix in _MJPG:
        return _film(path)
    if suffix == ".json":
        return _film(_beside(path))
    return _video(path, stack)


def _inside(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    found = (path for path in folder.iterdir() if path.suffix.lower() in suffixes)
    return sorted((path for path in found if path.is_file()), key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    """A key that sorts 9.jpg before 10.jpg."""
    parts = re.split(r"([0-9]+)", path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _stills(path: Path) -> Reel:
    files = _inside(path, _JPEG) if path.is_dir() else [path]
    if not files:
        raise CommandError(f"{path}: no .jpg and no .mjpg in it")
    name = path.resolve().name if path.is_dir() else path.stem
    return Reel(name, path, Stills(files), titles=tuple(file.name for file in files))


def _beside(about: Path) -> Path:
    """The film that a label file speaks of."""
    for suffix in _MJPG:
        if (film := about.with_suffix(suffix)).is_file():
            return film
    raise CommandError(f"{about}: there is no {about.stem}.mjpg beside it")


def _film(path: Path) -> Reel:
    size = path.stat().st_size
    if size == 0:
        raise CommandError(f"{path}: empty; give a file of JPEGs")
    known = labels.read(path.with_suffix(".json"))
    if known is None:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as all_:
            spans = list(_spans(all_))
    else:
        spans = list(known.spans)
        if max((sum(span) for span in spans), default=0) > size:
            raise CommandError(f"{path}: shorter than its label file says")
    if not spans:
        raise CommandError(f"{path}: no JPEG in it")
    return Reel(path.stem, path, NamedFilm(path, spans), known.labels if known else None)


def _spans(content: mmap.mmap) -> Iterator[Span]:
    """Where the pictures are. What begins as a JPEG and is not whole counts as one picture, so
    that the gate says what it makes of it."""
    end = 0
    for span in jpegs.split(content):
        yield from _broken(content, end, span.offset)
        yield span.offset, span.size
        end = span.offset + span.size
    yield from _broken(content, end, len(content))


def _broken(content: mmap.mmap, start: int, end: int) -> Iterator[Span]:
    """At most one: a thumbnail inside would look like a second."""
    if (begin := content.find(_SOI, start, end)) >= 0:
        yield begin, end - begin


def _video(path: Path, stack: ExitStack) -> Reel:
    from porchkit import video  # PyAV is an extra

    spool = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    spans: list[Span] = []
    for picture in video.pictures(path, DEFAULT_FPS, most=MOST_VIDEO_FRAMES + 1):
        jpeg = _encoded(picture)
        spans.append((spool.tell(), len(jpeg)))
        spool.write(jpeg)
    if not spans:
        raise CommandError(f"{path}: no pictures in it")
    if len(spans) > MOST_VIDEO_FRAMES:
        raise CommandError(f"{path}: longer than an hour; cut out the part in question")
    return Reel(path.stem, path, SpooledFilm(spool, spans))


def _encoded(picture: Image.Image) -> bytes:
    """A JPEG such as a board's camera gives, with nothing cut off: zones are shares of the
    picture."""
    picture.thumbnail(_VIDEO_SIZE)
    out = BytesIO()
    picture.save(out, "JPEG", quality=_VIDEO_QUALITY, subsampling="4:2:2")
    return out.getvalue()
