"""Where the firmware and the board data are: in the checkout, or inside the installed wheel."""

from pathlib import Path

from porchkit.errors import CommandError

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent.parent
_WHEEL = _PACKAGE / "_data"


def in_checkout() -> bool:
    """Whether this runs from a clone of the project, with its Makefile."""
    return (_CHECKOUT / "Makefile").is_file() and (_CHECKOUT / "firmware/main.py").is_file()


def firmware_root() -> Path:
    """The folder that mirrors a board's flash: main.py, agent/, lib/. CommandError without it."""
    return _find("firmware", "main.py")


def boards_root() -> Path:
    """The folder with one TOML a board. CommandError without it."""
    return _find("boards", "ai_thinker.toml")


def standins_root() -> Path:
    """The MicroPython modules that stand in for a board's hardware."""
    return _PACKAGE / "standins"


def onboard_root() -> Path:
    """The MicroPython programs that run the firmware's modules on their own."""
    return _PACKAGE / "onboard"


def _find(folder: str, witness: str) -> Path:
    # The checkout first: what a developer edits is what a virtual board runs.
    for root in (_CHECKOUT, _WHEEL):
        if (root / folder / witness).is_file():
            return root / folder
    raise CommandError(f"the {folder} folder is missing; install porchlight-cam again")
