"""What lies on a board's flash, written into a folder: the firmware and what provisioning adds.

Layout and meaning are the firmware's; here they are only written. The folder holds the board's
key, so it is closed to others.
"""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from accord import b64, names
from porchkit.boards import board_json
from porchkit.paths import firmware_root

# What of firmware/ goes onto the flash; linter settings and packaging do not.
FIRMWARE = ("main.py", "agent", "lib")
# Which update runs; without it, what the cable brought does.
BOOT_RECORD = ("slot.json", "slot.new", "slot.bak")


@dataclass(frozen=True)
class FrameSettings:
    """How to film. `quality` 1..100, higher is better; `mode` "always" or "motion"."""

    width: int = 640
    height: int = 480
    quality: int = 80
    fps: int = 5
    mode: str = "always"


@dataclass(frozen=True)
class MotionSettings:
    """What counts as moving. `sensitivity` 1..100, higher sends more; `zones`: rows of equal
    length over the picture, "." watched and "#" ignored, none: all of it is watched."""

    sensitivity: int = 50
    zones: tuple[str, ...] = ()
    pre_roll_s: int = 2
    post_roll_s: int = 3


@dataclass(frozen=True)
class ReleaseTrust:
    """Whose updates over the air a board takes, and how: `x` and `y` of the release key, 32 bytes
    each; `updates` "never", "ask" (the resident approves each) or "auto"."""

    x: bytes
    y: bytes
    updates: str = "ask"


@dataclass(frozen=True)
class BoardConfig:
    """What one board is told at provisioning. `resident_x` and `resident_y`: the resident's
    public key, 32 bytes each. `wifi`: (name, password)."""

    host: str
    port: int
    server_name: str
    ca_der: bytes = field(repr=False)
    board_key: bytes = field(repr=False)
    resident_x: bytes = field(repr=False)
    resident_y: bytes = field(repr=False)
    frame: FrameSettings = FrameSettings()
    motion: MotionSettings = MotionSettings()
    board: str = "ai_thinker"
    wifi: tuple[str, str] = field(default=("porchlight-sim", "none"), repr=False)
    ntp: str = "pool.ntp.org"
    releases: "ReleaseTrust | None" = None


def write(root: Path, config: BoardConfig) -> None:
    """Lay out a board's flash in `root` as it leaves provisioning: what an earlier run of the
    board stored (grants, counters) stays, the program is copied anew, and it is what runs."""
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o700)
    copy_firmware(root)
    for name in BOOT_RECORD:
        (root / name).unlink(missing_ok=True)
    _json(root / "board.json", board_json(config.board))
    _json(root / "config.json", settings(config))
    _json(root / "resident.json", resident(config))
    (root / "release.json").unlink(missing_ok=True)
    if config.releases is not None:
        _json(root / "release.json", release_trust(config.releases))
    (root / "ca.der").write_bytes(config.ca_der)
    key = root / "board.key"
    key.touch(mode=0o600)
    key.write_bytes(config.board_key)


def copy_firmware(root: Path) -> None:
    """Copied, not linked: a board may be updated, which must not reach the source."""
    source = firmware_root()
    skip = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in FIRMWARE:
        if (source / name).is_dir():
            shutil.rmtree(root / name, ignore_errors=True)
            shutil.copytree(source / name, root / name, ignore=skip)
        else:
            shutil.copyfile(source / name, root / name)


def settings(config: BoardConfig) -> dict[str, Any]:
    """config.json."""
    frame, motion = config.frame, config.motion
    return {
        "host": config.host,
        "port": config.port,
        "server_name": config.server_name,
        "wifi": {"ssid": config.wifi[0], "key": config.wifi[1]},
        "ntp": config.ntp,
        "frame": {
            "width": frame.width,
            "height": frame.height,
            "quality": frame.quality,
            "fps": frame.fps,
            "mode": frame.mode,
        },
        "motion": {
            "sensitivity": motion.sensitivity,
            "zones": list(motion.zones) or None,
            "pre_roll_s": motion.pre_roll_s,
            "post_roll_s": motion.post_roll_s,
        },
    }


def resident(config: BoardConfig) -> dict[str, str]:
    """resident.json."""
    x, y = config.resident_x, config.resident_y
    return {"thumb": names.key_thumb(x, y), "x": b64.encode(x), "y": b64.encode(y)}


def release_trust(trust: ReleaseTrust) -> dict[str, str]:
    """release.json."""
    return {"x": b64.encode(trust.x), "y": b64.encode(trust.y), "updates": trust.updates}


def _json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
