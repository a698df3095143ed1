"""The errors of the agent.

AgentError
  ConfigError   a file of the provisioning cannot be used; str() says which and what is wrong
  StoreError    both generations of a stored file are damaged
  SensorFault   the camera gave no picture
  LinkLost      this connection is over; `reason` is a short word for the log
"""


class AgentError(Exception):
    pass


class ConfigError(AgentError):
    pass


class StoreError(AgentError):
    pass


class SensorFault(AgentError):
    pass


class LinkLost(AgentError):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
