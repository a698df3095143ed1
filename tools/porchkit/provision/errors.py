"""What can go wrong between us and a board on a cable.

BoardError      1   a CommandError: its message says what to do
  PortError         the port cannot be opened
  LinkLost          the port went away while we worked
  BoardSilent       no answer in time
  BoardReset        the board restarted under us; .brownout: for want of power
  BoardFault        our program on the board raised; .line is the last of its traceback
HalfDone      130   Ctrl-C in the middle
"""

from porchkit.errors import CommandError


class BoardError(CommandError):
    """Something between us and the board."""


class LinkLost(BoardError):
    """The cable was pulled, or the port vanished."""

    def __init__(self, port: str) -> None:
        super().__init__(f"{port} went away; plug the board in and run the same command again")


class BoardSilent(BoardError):
    """The board says nothing, or nothing that we understand."""


class HalfDone(CommandError):
    """Ctrl-C between the two marks: the board runs nothing until it is provisioned again."""

    exit_code = 130

    def __init__(self) -> None:
        super().__init__("stopped; the board is half provisioned: run the same command again")


class BoardReset(BoardError):
    """The board restarted while we worked on it."""

    def __init__(self, *, brownout: bool) -> None:
        why = "for want of power: feed it 5 V with 2 A" if brownout else "by itself"
        super().__init__(f"the board restarted {why}; run the same command again")
        self.brownout = brownout


class BoardFault(BoardError):
    """A program of ours raised on the board. `line` never holds what it was given."""

    def __init__(self, line: str) -> None:
        super().__init__(f"the board could not do it: {line}; run the same command again")
        self.line = line
