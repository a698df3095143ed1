"""`porchlight pause`: the camera is dark for everybody, until its resident resumes."""

import argparse

from porchkit import leasing, saying, who
from porchkit.client import Client
from porchkit.leasing import Word

HELP = """\
examples:
  porchlight pause porch
  porchlight resume porch

Grants stay as they are, and run on. Board and host both obey, also after a restart; nobody but you
can resume, and an agent that keeps the camera alive cannot either."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    saying.add_options(parser)


def run(args: argparse.Namespace) -> int:
    """Say it, and what the board says."""

    def word(client: Client, camera: who.Party) -> Word:
        return saying.not_longer(client, camera.thumb, Word(stopped=(leasing.CAMERA_IDX,)))

    name, answer = saying.say(args, word)
    print(f"{name} is paused: {saying.board_says(answer['board'])}")
    return 0
