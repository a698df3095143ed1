"""Everything the board keeps: provisioning (read only) and its own state (two generations).

config.json board.json ca.der board.key resident.json   written by provisioning
release.json                                             so too; without it no update is taken
resident.tab                                             made here, from resident.json
state.json  {"boot", "floor", "iat_floor", "grants", "revoked", "button", "pressed_at", "said"}
days.json   {"used"}: time filmed today, apart from the rest because it is written every minute
"""

from accord import b64, names
from agent import config, p256, trust
from agent.board import Board
from agent.cell import Cell
from agent.errors import ConfigError, StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from agent.flash import Flash
    from agent.p256 import Verifier

SEALED = 2**31 - 1  # the highest seq there is: with this floor no grant is new


class State:
    """What must survive a power cut. `floor`: highest seq seen; `iat_floor`: newest iat seen;
    `button`: shut until a newer grant; `pressed_at`: unix s, what was signed by then is void;
    `said`: what the resident stopped or paused (accord.standing)."""

    def __init__(self, record: "dict[str, Any]") -> None:
        self.boot: int = record.get("boot", 0)
        self.floor: int = record.get("floor", 0)
        self.iat_floor: int = record.get("iat_floor", 0)
        self.grants: list[str] = record.get("grants", [])
        self.revoked: list[str] = record.get("revoked", [])
        self.button: bool = record.get("button", False)
        self.pressed_at: int = record.get("pressed_at", 0)
        self.said: str = record.get("said", "")


class Store:
    def __init__(self, flash: "Flash") -> None:
        self._flash = flash
        self._state = Cell(flash, "state")
        self._days = Cell(flash, "days")
        self.state = State({})
        self.damaged = False
        self.rolled_back = False

    def config(self) -> config.Config:
        return config.Config(config.read("config.json", self._flash.read("config.json")))

    def board(self) -> Board:
        return Board(config.read("board.json", self._flash.read("board.json")))

    def ca_der(self) -> bytes:
        """The certificate of the one CA this board trusts."""
        return self._provisioned("ca.der")

    def board_key(self) -> bytes:
        key = self._provisioned("board.key")
        if len(key) != names.KEY_BYTES:
            raise ConfigError("board.key: must be 32 bytes")
        return key

    def resident(self) -> "tuple[str, Verifier]":
        """The pinned resident: thumb, and what checks their signatures."""
        fields = config.read("resident.json", self._flash.read("resident.json"))
        thumb = fields.text("thumb")
        try:
            x, y = b64.decode(fields.text("x")), b64.decode(fields.text("y"))
            named = names.key_thumb(x, y)
            verifier = self._verifier(int.from_bytes(x, "big"), int.from_bytes(y, "big"))
        except ValueError as error:
            raise ConfigError("resident.json: %s" % error) from None
        if named != thumb:
            raise ConfigError("resident.json: thumb does not name this key")
        return thumb, verifier

    def trust(self, resident: "tuple[str, Verifier]", camera: str) -> "trust.Trust | None":
        """Whose updates are taken; None for nobody's."""
        return trust.read(self._flash.read("release.json"), resident, camera)

    def load(self) -> State:
        """The stored state. If both copies are damaged nobody knows what was revoked: then no
        grant is taken and nothing is written until the board is provisioned again. If only the
        newest is, a grant it revoked may be held in the older one: then no grant is held."""
        try:
            self.state = State(self._state.load() or {})
        except StoreError:
            self.damaged = True
            self.state = State({"floor": SEALED})
        self.rolled_back = self._state.rolled_back
        if self.rolled_back:
            self.state.grants = []
            self.state.boot += 2  # the lost copy may have counted one more
        return self.state

    def save(self) -> None:
        """On return the state survives a power cut."""
        if self.damaged:
            return
        state = self.state
        self._state.save(
            {
                "boot": state.boot,
                "floor": state.floor,
                "iat_floor": state.iat_floor,
                "grants": state.grants,
                "revoked": state.revoked,
                "button": state.button,
                "pressed_at": state.pressed_at,
                "said": state.said,
            }
        )

    def load_days(self) -> "dict[str, Any] | None":
        """What save_days() stored; StoreError if both copies are damaged."""
        return self._days.load()

    def save_days(self, record: "dict[str, Any]") -> None:
        self._days.save(record)

    def has(self, name: str) -> bool:
        return self._flash.read(name) is not None

    def _verifier(self, x: int, y: int) -> "Verifier":
        """From the stored table; a missing or wrong one is made anew (half a second, once)."""
        table = self._flash.read("resident.tab")
        if table is not None:
            try:
                return p256.Verifier(table, x, y)
            except ValueError:
                pass  # torn, or another resident's
        table = p256.make_table(x, y)
        self._flash.write("resident.tab", table)
        return p256.Verifier(table, x, y)

    def _provisioned(self, name: str) -> bytes:
        content = self._flash.read(name)
        if not content:
            raise ConfigError(name + ": missing; provision the board")
        return content
