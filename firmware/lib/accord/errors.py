"""The errors of accord.

    AccordError
      LocalError    our own caller broke a rule: a bug on this side
      RemoteError   the peer broke the protocol; this connection is over
      Refused       a token, grant or permit is refused

RemoteError and Refused carry `reason`: one short word, fit for a log, never a secret.
"""


class AccordError(Exception):
    """Catch this one at a boundary that treats them all alike."""


class LocalError(AccordError):
    """Not for input: nothing a peer sends may lead here."""


class _Named(AccordError):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RemoteError(_Named):
    """Closes the connection it came up on."""


class Refused(_Named):
    """No."""
