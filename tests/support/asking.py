"""Requests for tests: a hub's signed question, and callers who live by the host's own clock."""

import json
import math
from typing import Any

import httpx

from accord import envelope
from porchlight.clock import Clock
from porchlight.requests import statement
from porchlight.requests.spread import SLOT_S
from tests.support.hosting import API, Caller, InThread, Kit, ShiftedClock
from tests.support.signing import Signer, new_id

U = 10_000_000
MIDDLE = (52.37, 4.89)
METRES = 111_195.08  # a degree of latitude


class Timed(Caller):
    """A caller whose proofs are made at the time of `clock`."""

    def __init__(self, base: str, who: Signer, clock: Clock) -> None:
        super().__init__(base, who)
        self._clock = clock

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        url = self.base + (path if path.startswith("/api/") else API + path)
        if method == "POST":
            body = self.who.signing(path, body, now=self._clock.unix())
        content = b"" if body is None else json.dumps(body).encode()
        proof = self.who.proof(method, url, content, iat=self._clock.unix())
        headers = {"DPoP": proof, "Content-Type": "application/json"}
        return self._http.request(method, url, content=content, headers=headers, params=query)

    def put(self, path: str, body: Any) -> httpx.Response:
        return self.ask("PUT", path, body)

    def entries(self, type: str | None = None) -> list[dict[str, Any]]:
        """The caller's log."""
        found = self.get("/entries", limit=500).json()["entries"]
        return [entry for entry in found if type in (None, entry["type"])]


def circle(radius_m: int, north_m: float = 0.0) -> dict[str, Any]:
    """An area around MIDDLE, or that far north of it."""
    lat = round((MIDDLE[0] + north_m / METRES) * U)
    return {"circle": {"lat": lat, "lon": round(MIDDLE[1] * U), "radius_m": radius_m}}


def square(side_m: float, at: tuple[float, float] = MIDDLE) -> dict[str, Any]:
    """A square with its corners counter-clockwise."""
    up = side_m / 2 / METRES
    along = up / math.cos(math.radians(at[0]))
    corners = ((-up, -along), (-up, along), (up, along), (up, -along))
    return {"polygon": [[round((at[0] + a) * U), turned(at[1] + b)] for a, b in corners]}


def turned(lon: float) -> int:
    """A longitude within -180..180, as statements spell it."""
    return round(((lon + 180) % 360 - 180) * U)


def claims(hub: Signer, host: str, now: int, **changes: Any) -> dict[str, Any]:
    """A request for an hour of clips within 300 m, open for a day."""
    said: dict[str, Any] = {
        "iss": hub.thumb,
        "aud": host,
        "jti": new_id(),
        "iat": now,
        "exp": now + 86_400,
        "case": "26-1123",
        "purpose": "fire",
        "reason": "a fire at the corner",
        "area": circle(300),
        "window": [now - 7_200, now - 3_600],
        "actions": ["clips"],
    }
    return said | changes


def signed(hub: Signer, said: dict[str, Any]) -> str:
    """The token of these claims, whatever they say."""
    text = statement.signing_input(said, hub.thumb)
    return envelope.assemble(text, hub.key.sign(text)).decode()


class Block:
    """A running host and its clock: cameras with places, hubs that ask, minutes that pass."""

    def __init__(self, host: InThread, clock: ShiftedClock) -> None:
        self.host = host
        self.clock = clock
        self._callers: dict[str, Timed] = {}

    def caller(self, who: Signer) -> Timed:
        """Who asks the host; close() lets go of all."""
        if who.thumb not in self._callers:
            self._callers[who.thumb] = Timed(self.host.http, who, self.clock)
        return self._callers[who.thumb]

    def close(self) -> None:
        """Let go of connections."""
        for caller in self._callers.values():
            caller.close()

    def camera(self, owner: Signer, north_m: float = 0.0) -> Kit:
        """A camera that far north of MIDDLE."""
        place = {"lat": round((MIDDLE[0] + north_m / METRES) * U), "lon": round(MIDDLE[1] * U)}
        return self.host.camera(owner, "porch", place=place)

    def neighbour(self, hub: Signer, north_m: float = 0.0) -> Kit:
        """A new resident with a camera there, who lets this hub ask for fire."""
        owner = self.host.resident()
        kit = self.camera(owner, north_m)
        answer = self.caller(owner).put("/me/asked", {"hub": hub.thumb, "purposes": ["fire"]})
        assert answer.status_code == 200, answer.text
        return kit

    def ask(self, hub: Signer, **changes: Any) -> httpx.Response:
        """A hub's request, as the host answers it."""
        said = claims(hub, self.host.parts.requests.host, self.clock.unix(), **changes)
        return self.caller(hub).post("/requests", {"token": signed(hub, said)})

    def asked(self, hub: Signer, **changes: Any) -> str:
        """The id of a request that was taken, and has been delivered."""
        answer = self.ask(hub, **changes)
        assert answer.status_code == 201, answer.text
        self.minutes_pass(2)
        return str(answer.json()["id"])

    def minutes_pass(self, count: int) -> None:
        """So many slots go by, and the host does what is due in each."""
        for _ in range(count):
            self.clock.ahead_s += SLOT_S
            self.host.wait(self.host.parts.requests.rounds.sweep())
            self.host.wait(self.host.parts.requests.rounds.sweep())

    def answer(self, kit: Kit, request: str, hub: Signer, **changes: Any) -> str:
        """The token by which this camera's resident approves."""
        begins = self.host.parts.requests.begins()
        detail = {"actions": ["clips"], "purposes": ["fire"]} | changes.pop("detail", {})
        said = {"nbf": begins, "exp": begins + 3_600, "req": request} | changes
        now = self.clock.unix()
        seq = kit.next_seq()
        return kit.owner.grant(kit.id, hub.thumb, seq=seq, now=now, detail=detail, **said)

    def approve(self, kit: Kit, request: str, token: str) -> httpx.Response:
        """The resident hands it in."""
        return self.caller(kit.owner).post(f"/me/requests/{request}/approve", {"token": token})

    def deny(self, kit: Kit, request: str) -> httpx.Response:
        """The resident puts it aside."""
        return self.caller(kit.owner).post(f"/me/requests/{request}/deny")
