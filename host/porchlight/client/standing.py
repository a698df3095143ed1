"""What a client is at a host, by the host's own word (GET /me), and what it signs there."""

from dataclasses import dataclass, replace
from typing import Any, Self

from porchlight.client import looks
from porchlight.client.errors import BadAnswer
from porchlight.client.looks import Ask
from porchlight.client.making import Maker


@dataclass(frozen=True)
class Standing:
    """`host`: its thumb, for whom looks are signed; empty where nothing is: a resident's own looks
    need no statement. `operator`: the pseudonym of who is signed in."""

    host: str
    operator: str = ""

    @classmethod
    def read(cls, me: Any) -> Self:
        """Of the answer to GET /me."""
        try:
            return cls(str(me["host"]) if me["kind"] == "hub" else "", me["operator"] or "")
        except (KeyError, TypeError):
            raise BadAnswer("a host that does not say who it is") from None

    def view(self, make: Maker, body: dict[str, Any]) -> dict[str, Any]:
        """The body of a POST /views, each camera signed for. ValueError: it cannot be signed."""
        if not self.host or make.key is None:
            return body
        ask = self._ask(body, str(body["action"]))
        signed = {one: self._sign(make, replace(ask, camera=one)) for one in body["cameras"]}
        return body | {"looks": signed}

    def clip(self, make: Maker, clip: str, body: dict[str, Any], action: str) -> dict[str, Any]:
        """The body of what opens a clip, signed for. ValueError: it cannot be signed."""
        if not self.host or make.key is None:
            return body
        return body | {"look": self._sign(make, replace(self._ask(body, action), clip=clip))}

    def _ask(self, body: dict[str, Any], action: str) -> Ask:
        said = {name: str(body.get(name, "")).strip() for name in ("purpose", "case", "reason")}
        return Ask(action, **said, operator=self.operator)

    def _sign(self, make: Maker, ask: Ask) -> str:
        if make.key is None:
            raise ValueError("a look is signed: a hub without a key cannot ask for one")
        jti = make.random(looks.JTI_BYTES)
        return looks.signed(ask, make.key, self.host, now=int(make.now()), jti=jti)
