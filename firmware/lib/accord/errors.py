"""The errors of accord.

    AccordError
      LocalError    our own caller broke a rule: a bug on this side
      RemoteError   the peer broke the protocol; this connection is over
      Refused       a token, grant or permit is refused

RemoteError and Refused carry `reason`: one short word, fit for a log, never a secret.
"""


class AccordError(Exception):
    pass


class LocalError(AccordError):
    pass


class RemoteError(AccordError):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(AccordError):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
