"""A folder from which a browser can flash one board, as ESP Web Tools reads it: manifest.json and
the parts it names.

The parts are those that `porchlight flash` writes: the release's merged image without its gap over
NVS, so that the browser leaves that alone, too, unless its user says "erase".
"""

import json
from pathlib import Path
from typing import Any

from porchkit.flash.firmware import Firmware
from porchkit.flash.target import Target

# As esptool-js names the chips that MicroPython's camera firmware exists for.
FAMILIES = {"esp32": "ESP32", "esp32s2": "ESP32-S2", "esp32s3": "ESP32-S3"}
MANIFEST = "manifest.json"


def write(folder: Path, firmware: Firmware, board: Target) -> list[Path]:
    """Write manifest and parts into `folder`, which may exist; what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = {
        f"{board.name}-{address:x}.bin": (address, raw)
        for address, raw in firmware.regions(with_nvs=False)
    }
    for name, (_, raw) in parts.items():
        (folder / name).write_bytes(raw)
    offsets = {name: address for name, (address, _) in parts.items()}
    text = json.dumps(manifest(firmware, board, offsets), indent=2) + "\n"
    (folder / MANIFEST).write_text(text, "utf-8")
    return [folder / MANIFEST, *(folder / name for name in parts)]


def manifest(firmware: Firmware, board: Target, offsets: dict[str, int]) -> dict[str, Any]:
    """`offsets`: where each file goes. One board only: a browser knows chips, and the images for
    two boards with one chip differ."""
    return {
        "name": f"Camera firmware for {board.title}",
        "version": firmware.sha256[:12],
        "new_install_prompt_erase": True,  # else all of the flash is erased without a word
        "new_install_improv_wait_time": 0,  # firmware/README.md says why there is no Improv
        "builds": [
            {
                "chipFamily": FAMILIES[firmware.chip],
                "parts": [{"path": path, "offset": at} for path, at in offsets.items()],
            }
        ],
    }
