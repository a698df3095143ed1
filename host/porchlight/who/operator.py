"""Operator: a person at a hub, as this host knows them."""

from dataclasses import dataclass, field

from porchlight.who import roles


@dataclass(frozen=True)
class Operator:
    """Comes out of who.operators only, for a sign-in that holds now.

    `id`: a pseudonym, another one at every host and at every hub. `expires`: unix s. `session`:
    the hash of their token.
    """

    id: str
    hub: str
    roles: frozenset[str]
    expires: int
    session: bytes = field(default=b"", repr=False, compare=False)

    @property
    def everything(self) -> frozenset[str]:
        """All that their roles allow together."""
        return frozenset().union(*(roles.MAY.get(role, frozenset()) for role in self.roles))

    def may(self, what: str) -> bool:
        """Whether one of their roles allows it."""
        return roles.may(self.roles, what)
