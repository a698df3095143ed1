"""One neighbourhood on a real host, for the pages of its residents and of its hubs.

The host runs in a thread of its own: unlike a street it goes on while other tests have the loop.
"""

import os
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from accord import b64, canon, wire
from porchkit import keys
from porchkit.demo import page as pages
from tests.support.asking import Block
from tests.support.boardpeer import BoardPeer
from tests.support.hosting import Kit
from tests.support.signing import Signer
from tests.web import looks


class ListeningBoard(BoardPeer):
    """Asks for a fresh word when it is told to, and confirms each. `said`: their claims."""

    _nonce = b""

    def __init__(self, *rest: Any, **more: Any) -> None:
        super().__init__(*rest, **more)
        self.said: list[dict[str, Any]] = []

    async def _take(self, payload: bytes | str) -> None:
        before = len(self.told)
        await super()._take(payload)
        for message in self.told[before:]:
            if isinstance(message, wire.Lease) and not message.packed:
                self._nonce = os.urandom(16)
                await self.say(wire.Answer(self._nonce, b"status-nonce"))
            elif isinstance(message, wire.Lease):
                self.said.append(claims_of(message.packed))
                await self.say(wire.Answer(self._nonce, b"status-held"))


def claims_of(token: bytes) -> dict[str, Any]:
    """What is signed in a compact JWS, whatever stands before it."""
    claims: dict[str, Any] = canon.loads(b64.decode(token.split(b".")[-2].decode()))
    return claims


@dataclass
class Home:
    """A resident and their camera, and a hub."""

    block: Block
    kit: Kit
    hub: Signer

    @property
    def owner(self) -> Signer:
        return self.kit.owner

    @property
    def card(self) -> str:
        """The camera's card, as a selector."""
        return looks.card(self.kit.id)

    @property
    def page(self) -> str:
        """The page with the resident's key. The hub's in it is one that the host does not know."""
        names = {self.owner.thumb: "sam", self.hub.thumb: "fire-brigade"}
        base = f"{self.block.host.http}/"
        return pages.address(base, private(self.owner), keys.generate(), names)

    def get(self, path: str) -> Any:
        """What the host tells the resident."""
        answer = self.block.caller(self.owner).get(path)
        assert answer.is_success, answer.text
        return answer.json()


def private(who: Signer) -> ec.EllipticCurvePrivateKey:
    """The same key, as the workbench holds it."""
    key = serialization.load_pem_private_key(who.key.pem(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key
