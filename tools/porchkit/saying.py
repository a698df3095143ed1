"""A resident's word to one of their boards, by way of the host: asked, signed, handed in, told."""

import argparse
import dataclasses
import time
from collections.abc import Callable
from typing import Any

from porchkit import keys, leasing, options, who
from porchkit.client import Client
from porchkit.errors import ConsentRefused
from porchkit.leasing import Word
from porchkit.words import clean

TRIES = 4
OLD = "old-nonce"
MakeWord = Callable[[Client, who.Party], Word]


def add_options(parser: argparse.ArgumentParser) -> None:
    """CAMERA and the connection."""
    parser.add_argument("camera", metavar="CAMERA", help="its name, label or id")
    options.add_connection(parser)


def say(args: argparse.Namespace, make: MakeWord) -> tuple[str, dict[str, Any]]:
    """Say what `make(client, camera)` gives: (what the camera is called, the host's answer)."""
    session = options.connect(args)
    with session.client as client:
        camera = who.camera(args.camera, session.home, client.get("/cameras")["cameras"])
        word = make(client, camera)
        return clean(camera.name), hand_in(client, session.key, camera.thumb, word)


def hand_in(client: Client, key: keys.PrivateKey, camera: str, word: Word) -> dict[str, Any]:
    """Answer the board's nonce with `word`; the host's answer. Somebody else who answers at the
    same moment uses the nonce up: then there is a new one."""
    for _ in range(TRIES - 1):
        try:
            answer = _once(client, key, camera, word)
        except ConsentRefused as refused:
            if refused.reason != OLD:
                raise
        else:
            if answer["board"] != OLD:
                return answer
    return _once(client, key, camera, word)


def _once(client: Client, key: keys.PrivateKey, camera: str, word: Word) -> dict[str, Any]:
    nonce = client.get(f"/cameras/{camera}/nonce")["nonce"]
    token = leasing.answer(word, key, camera, nonce, int(time.time()))
    answer: dict[str, Any] = client.post(f"/cameras/{camera}/lease", {"token": token.decode()})
    return answer


def not_longer(client: Client, camera: str, word: Word) -> Word:
    """The same word, which prolongs nothing: with what is left of the lease there is."""
    left_s = int(client.get(f"/cameras/{camera}/lease")["left_s"])
    return dataclasses.replace(word, lease_s=max(1, left_s))


def board_says(board: str) -> str:
    """One sentence for the resident."""
    if board == "held":
        return "the board confirmed"
    if board == "sent":
        return "the board has not confirmed yet"
    return f"the board refuses: {clean(board)}"
