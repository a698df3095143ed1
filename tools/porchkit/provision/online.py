"""Whether a board that was provisioned has reached its host; if not, what the host says of it."""

import time

from porchkit import sentences
from porchkit.errors import CommandError
from porchkit.provision import household
from porchkit.provision.household import Household
from porchkit.provision.verdicts import FAIL, PASS, Row

ONLINE_S = 60.0  # joining, the time, a TLS handshake on a slow chip
_POLL_S = 0.5
_LASTING = "old-boot"  # no later try will be taken
_SILENT = "look at what it prints: mpremote connect PORT; then porchlight doctor PORT"
_REFUSED = "porchlight log has more; --new-key makes it a new camera, which the host takes"


def row(house: Household, camera: str, newest: int) -> Row:
    """Has it connected since entry `newest`? The host may still think so of the last time."""
    until, why = time.monotonic() + ONLINE_S, ""
    try:
        while time.monotonic() < until and why != _LASTING:
            if household.came_online(house, camera, newest):
                return Row("online", PASS, "the board has connected to the host")
            why = household.sent_away(house, camera, newest)
            time.sleep(_POLL_S)
    except CommandError as error:
        return Row("online", FAIL, str(error))
    if why:
        says = f"the host sent the board away: {sentences.reason(why)}"
        return Row("online", FAIL, says, _REFUSED)
    return Row("online", FAIL, f"the board did not connect within {ONLINE_S:.0f} s", _SILENT)
