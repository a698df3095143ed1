"""What a virtual board films: any pictures, made into one form that MicroPython can read.

    NAME.mjpg   JPEGs; normally back to back
    NAME.idx    one row a frame: u32 offset, u32 size, big-endian
    NAME.json   {"fps", "width", "height", "frames", ...}

`prepare` takes a folder of JPEGs, a .mjpg file, a folder of several (one for each board), a video
file, or None for the generated street. Frames that no ESP32 camera would give (another size, not
baseline, too large for its buffer) are drawn anew as 640x480.
"""

import json
import mmap
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from porchkit import jpegs, scene
from porchkit.errors import CommandError

DEFAULT_FPS = 5.0
SIZE = (640, 480)
# The picture sizes the camera's driver knows, up to an OV2640's largest.
SENSOR_SIZES = frozenset([
    (96, 96), (160, 120), (128, 128), (176, 144), (240, 176), (240, 240), (320, 240), (320, 320),
    (400, 296), (480, 320), (640, 480), (800, 600), (1024, 768), (1280, 720), (1280, 1024),
    (1600, 1200),
])  # fmt: skip
_ROW = struct.Struct(">II")
_MJPG = (".mjpg", ".mjpeg")
_JPEG = (".jpg", ".jpeg")
_QUALITY = 80
_STREETS = 8  # as many different ones as a simulation needs


class Footage(NamedTuple):
    """One prepared piece of footage."""

    path: Path
    fps: float
    width: int
    height: int
    frames: int


def load(path: Path) -> Footage:
    """The prepared footage at `path` (the .mjpg); CommandError where it was never prepared."""
    try:
        about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        frames = path.with_suffix(".idx").stat().st_size // _ROW.size
        size = int(about["width"]), int(about["height"])
        return Footage(path, float(about["fps"]), *size, frames)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path}: not prepared as footage; give the source again") from error


def prepare(source: Path | None, folder: Path, boards: int = 1) -> list[Path]:
    """One prepared .mjpg for each of `boards`, in `folder`; several may share one.
    CommandError in one line when `source` cannot be filmed."""
    folder.mkdir(parents=True, exist_ok=True)
    if source is None:
        made = [_street(seed, folder) for seed in range(min(boards, _STREETS))]
    else:
        made = [_kind(source)(piece, folder) for piece in _pieces(source)[:boards]]
    return [made[number % len(made)] for number in range(boards)]


def frames(path: Path) -> Iterator[bytes]:
    """The JPEGs of a prepared piece, in order."""
    with path.open("rb") as film:
        for offset, size in _ROW.iter_unpack(path.with_suffix(".idx").read_bytes()):
            film.seek(offset)
            yield film.read(size)


def resized(path: Path, width: int, height: int) -> Path:
    """The same footage in another size, made at first use and kept beside it."""
    target = path.with_name(f"{path.stem}.{width}x{height}.mjpg")
    if not target.with_suffix(".json").exists():
        redrawn = (_redraw(jpeg, (width, height)) for jpeg in frames(path))
        _write(redrawn, target, load(path).fps)
    return target


def _pieces(source: Path) -> list[Path]:
    """The sources of footage in `source`: itself, or each .mjpg of a folder."""
    if not source.exists():
        raise CommandError(f"{source}: no such file or folder")
    inside = _with_suffix(source, _MJPG) if source.is_dir() else []
    return inside or [source]


def _kind(source: Path) -> Callable[[Path, Path], Path]:
    if source.is_dir():
        return _from_mjpg if _with_suffix(source, _MJPG) else _from_folder
    return _from_mjpg if source.suffix.lower() in _MJPG else _from_video


def _with_suffix(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)


def _street(seed: int, folder: Path) -> Path:
    """The generated street, kept in the user's cache: drawing takes half a second."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cached = base / "porchlight" / f"street-{scene.VERSION}-{seed}.mjpg"
    try:
        if not cached.with_suffix(".json").exists():
            cached.parent.mkdir(parents=True, exist_ok=True)
            _write(scene.frames(seed), cached, scene.FPS)
    except OSError:  # no home that we may write to
        cached = folder / cached.name
        _write(scene.frames(seed), cached, scene.FPS)
    return _adopt(cached, folder)


def _adopt(prepared: Path, folder: Path) -> Path:
    """Make a prepared piece of another folder appear in this one."""
    for suffix in (".mjpg", ".idx", ".json"):
        _link(folder / (prepared.stem + suffix), prepared.with_suffix(suffix))
    return folder / prepared.name


def _link(link: Path, target: Path) -> None:
    if link != target:
        link.unlink(missing_ok=True)
        link.symlink_to(target.resolve())


def _from_mjpg(source: Path, folder: Path) -> Path:
    """The file itself, linked, where a board can film it as it is."""
    target = folder / f"{source.stem}.mjpg"
    with source.open("rb") as film:
        if film.seek(0, os.SEEK_END) == 0:
            raise CommandError(f"{source}: empty; give a file of JPEGs")
        with mmap.mmap(film.fileno(), 0, access=mmap.ACCESS_READ) as content:
            spans = list(jpegs.split(content))
            if not spans:
                raise CommandError(f"{source}: no whole JPEG in it")
            fps = _labelled_fps(source)
            if not _filmable(spans):
                pieces = (content[span.offset : span.offset + span.size] for span in spans)
                return _write((_redraw(piece, SIZE) for piece in pieces), target, fps)
    _link(target, source)
    _describe(target, [(span.offset, span.size) for span in spans], spans[0].shape, fps)
    return target


def _filmable(spans: Sequence[jpegs.Span]) -> bool:
    """Would an ESP32 camera give exactly these frames?"""
    width, height, _ = first = spans[0].shape
    return (
        (width, height) in SENSOR_SIZES
        and first.baseline
        and all(span.shape == first and span.size <= width * height // 5 for span in spans)
    )


def _labelled_fps(source: Path) -> float:
    try:
        about = json.loads(source.with_suffix(".json").read_text(encoding="utf-8"))
        return float(about["fps"])
    except (OSError, ValueError, KeyError, TypeError):
        return DEFAULT_FPS


def _from_folder(source: Path, folder: Path) -> Path:
    files = _with_suffix(source, _JPEG)
    if not files:
        raise CommandError(f"{source}: no .jpg and no .mjpg in it")
    pictures = [path.read_bytes() for path in files]
    spans = [span for picture in pictures for span in list(jpegs.split(picture))[:1]]
    if len(spans) == len(pictures) and _filmable(spans):
        return _write(pictures, folder / f"{source.name}.mjpg", DEFAULT_FPS)
    redrawn = (_redraw(path.read_bytes(), SIZE, path.name) for path in files)
    return _write(redrawn, folder / f"{source.name}.mjpg", DEFAULT_FPS)


def _from_video(source: Path, folder: Path) -> Path:
    from porchkit import video  # PyAV is an extra

    pictures = video.pictures(source, DEFAULT_FPS)
    drawn = (_encode(ImageOps.fit(picture, SIZE)) for picture in pictures)
    return _write(drawn, folder / f"{source.stem}.mjpg", DEFAULT_FPS)


def _redraw(jpeg: bytes, size: tuple[int, int], name: str = "a frame") -> bytes:
    try:
        with Image.open(BytesIO(jpeg)) as picture:
            picture.draft("RGB", size)
            return _encode(ImageOps.fit(picture.convert("RGB"), size))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise CommandError(f"{name}: not a picture that can be read ({error})") from error


def _encode(picture: Image.Image) -> bytes:
    """A JPEG such as an OV2640 gives, small enough for the driver's buffer."""
    for quality in range(_QUALITY, 0, -8):
        out = BytesIO()
        picture.save(out, "JPEG", quality=quality, subsampling="4:2:2")
        if out.tell() <= picture.width * picture.height // 5:
            return out.getvalue()
    return _encode(picture.filter(ImageFilter.GaussianBlur(2)))  # hardly more than noise


def _write(pictures: Iterable[bytes], target: Path, fps: float) -> Path:
    """Write the three files. They get their names when whole, the .json last: several programs
    may prepare the same footage at a time."""
    rows, offset, first = [], 0, None
    part = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        with part.open("wb") as film:
            for picture in pictures:
                first = first or jpegs.shape(picture)
                film.write(picture)
                rows.append((offset, len(picture)))
                offset += len(picture)
        if first is None:
            raise CommandError(f"{target.stem}: no picture in it")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    _describe(target, rows, first, fps)
    return target


def _describe(
    target: Path, rows: Sequence[tuple[int, int]], shape: jpegs.Shape, fps: float
) -> None:
    index = b"".join(_ROW.pack(*row) for row in rows)
    about = {"fps": fps, "width": shape.width, "height": shape.height, "frames": len(rows)}
    for suffix, content in ((".idx", index), (".json", json.dumps(about).encode())):
        part = target.with_name(f".{os.getpid()}.{target.stem}{suffix}")
        part.write_bytes(content)
        part.replace(target.with_suffix(suffix))
