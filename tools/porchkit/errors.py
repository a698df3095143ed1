"""What the workbench raises. The command line prints each as one line and ends with its code.

    CommandError        1   something is missing or wrong; the message says what to do
      UsageError        2   the words on the command line make no sense
      ConsentRefused    3   consent, or the lack of it, says no; .reason is the short word
      HostUnreachable   4   no host answers where we looked
      LogBroken         5   a resident's log does not hold: somebody has to answer for it
      NotTrusted        6   a recording is not proven to be what it says it is

`exit_code` is the contract with scripts and does not change.
"""


class CommandError(Exception):
    """`what is wrong; what to do`, in one line, without secrets."""

    exit_code = 1


class UsageError(CommandError):
    """A value on the command line cannot be understood."""

    exit_code = 2


class ConsentRefused(CommandError):
    """The host, or the grant itself, refused. `reason` is the word the log carries."""

    exit_code = 3

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class HostUnreachable(CommandError):
    """No host answers."""

    exit_code = 4


class LogBroken(CommandError):
    """A log was changed, or tells of what nobody allowed."""

    exit_code = 5


class NotTrusted(CommandError):
    """A recording is not proven to be what it says it is."""

    exit_code = 6
