"""The client of a host's HTTP API, for hubs. Needs nothing of the host but its address.

See hub.py; `porchkit/examples/command_center.py` is a command center in sixty lines.
"""

from porchlight.client.asking import Wanted
from porchlight.client.errors import (
    BadAnswer,
    HubError,
    Pending,
    Problem,
    Refused,
    Unproven,
    Unreachable,
    Wait,
)
from porchlight.client.hub import Hub
from porchlight.client.models import Circle, Clip, Found, Polygon, Why
from porchlight.client.view import Picture, View

__all__ = [
    "BadAnswer",
    "Circle",
    "Clip",
    "Found",
    "Hub",
    "HubError",
    "Pending",
    "Picture",
    "Polygon",
    "Problem",
    "Refused",
    "Unproven",
    "Unreachable",
    "View",
    "Wait",
    "Wanted",
    "Why",
]
