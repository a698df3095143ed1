"""Whose camera this board is: which key it keeps, gets or makes.

    board   folder boards/NAME   then
    none    none                 it makes a key and hands it out, this once
    none    a key                it is handed that key, this once
    a key   the same             nothing
    a key   another, or none     refused, with what to do

--new-key makes a new key whatever is there, and sets the folder of the old one aside. A folder
that is another resident's is always refused.

A board without a key has nothing stored under one either: forgetting begins with the key, so a run
that breaks off leaves a board that the next run takes for a new one.
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from accord import names
from porchkit.errors import CommandError
from porchkit.provision import cells, install
from porchkit.provision.board import About, Board
from porchkit.provision.household import SET_ASIDE, Folder, Household

KEEP, HAND, MAKE = "kept", "handed over", "made on the board"
_KEY = "board.key"


@dataclass(frozen=True)
class Asked:
    """The camera's name, and whether the board shall forget which one it was."""

    name: str
    new_key: bool


def decide(about: About, asked: Asked, folder: Folder, house: Household) -> str:
    """KEEP, HAND or MAKE. CommandError where the board is another camera, or another's."""
    owner, here = folder.resident(), folder.key()
    if owner not in (None, house.thumb):
        raise CommandError(
            f"'{asked.name}' is another resident's camera ({owner[:8]}…), not {house.resident}'s; "
            f"use another name, such as {house.resident}-{asked.name}, with the same options"
        )
    if asked.new_key:
        return MAKE
    if about.camera is None:
        return MAKE if here is None else HAND
    if here is None:
        raise CommandError(_stranger(about.camera, asked.name, house.home.cameras()))
    if names.camera_thumb(here) != about.camera:
        raise CommandError(_stranger(about.camera, asked.name, house.home.cameras()))
    if about.resident not in (None, house.thumb):
        raise CommandError(
            f"this board obeys another resident ({about.resident[:8]}…), not {house.resident}; "
            "--new-key makes it a new camera, and what it stored for them is removed"
        )
    return KEEP


def draw(board: Board, folder: Folder) -> tuple[bytes, Path | None]:
    """A key made on the board, kept in `folder` before the board takes it for its own; and
    where what belonged to the one before has been set aside."""
    key = base64.b64decode(board.ask("make_key", secrets.token_hex(names.KEY_BYTES)))
    aside = folder.set_aside()
    folder.keep(_KEY, key)
    return key, aside


def settle(board: Board, decision: str, key: bytes, state: bytes) -> None:
    """The board becomes the camera of `key`: what it stored as another is forgotten first. `state`
    is where it begins if the key was not made just now."""
    if decision == KEEP:
        return
    board.ask("forget")
    if decision == MAKE:
        board.ask("keep_key")
    else:
        install.put(board, "state.json", state)
        install.put(board, _KEY, key)


def state_is_lost(board: Board) -> bool:
    """Both copies of what the agent stored are damaged: it takes no grant until it begins anew."""
    there = [name for name in ("state.json", "state.bak") if name in board.about.names]
    found = [cells.opened(base64.b64decode(board.ask("read", name))) for name in there]
    return bool(found) and not any(found)


def begin_anew(board: Board, state: bytes) -> None:
    """Forget what cannot be read."""
    board.ask("remove", ["state.bak", "state.new"])
    install.put(board, "state.json", state)


def _stranger(camera: str, name: str, known: Mapping[str, str]) -> str:
    mine = next((other for other, thumb in known.items() if thumb == camera), None)
    if mine is not None and SET_ASIDE in mine:
        return (
            f"this board still holds the key that was set aside as boards/{mine}; "
            f"say --new-key to make it '{name}'"
        )
    if mine is not None:
        return (
            f"this board is '{mine}' already; say: porchlight provision {mine}, "
            f"or --new-key to make it '{name}'"
        )
    return (
        f"this board holds the key of a camera that is not here ({camera[:8]}…); restore its "
        f"folder under boards/ from your copy, or say --new-key to make it '{name}'"
    )
