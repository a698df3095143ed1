"""Whose updates this board takes: the release key and the resident's policy, from release.json.

    {"x", "y": the release key, "updates": "never" | "ask" | "auto"}      written over the cable

"ask" wants the resident's approval of each release; "auto" takes whatever the release key signed.
No message of the host's and no update writes this file.
"""

from accord import b64, names
from agent import config, p256
from agent.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.config import Fields
    from agent.p256 import Verifier

POLICIES = ("never", "ask", "auto")


class Trust:
    """`resident`: (thumb, verifier) of the pinned resident; `camera`: the thumb of this board."""

    def __init__(self, fields: "Fields", resident: "tuple[str, Verifier]", camera: str) -> None:
        self.policy = fields.word("updates", POLICIES, "ask")
        self.resident_keys = {resident[0]: resident[1]}
        self.camera = camera
        try:
            x, y = b64.decode(fields.text("x")), b64.decode(fields.text("y"))
            thumb = names.key_thumb(x, y)
        except ValueError as error:
            raise ConfigError("release.json: %s" % error) from None
        point = (int.from_bytes(x, "big"), int.from_bytes(y, "big"))
        self.release_keys = {thumb: point}

    @staticmethod
    def check_release(point: "tuple[int, int]", message: bytes, signature: bytes) -> bool:
        """Without a table: a release is met once."""
        try:
            return p256.verify(point[0], point[1], message, signature)
        except ValueError:
            return False  # the point is on no curve

    @staticmethod
    def check_resident(verifier: "Verifier", message: bytes, signature: bytes) -> bool:
        return verifier.verify(message, signature)


def read(raw: "bytes | None", resident: "tuple[str, Verifier]", camera: str) -> "Trust | None":
    """What release.json says; None where there is none: no update is taken. ConfigError."""
    if raw is None:
        return None
    return Trust(config.read("release.json", raw), resident, camera)
