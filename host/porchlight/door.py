"""Door: how many connections there may be, in all and from one address. No I/O."""

import ipaddress
from collections import Counter
from collections.abc import Hashable


class Door:
    """Counts who is in. This machine's own address may take all places: it has other means."""

    def __init__(self, most: int, per_address: int) -> None:
        self._most = most
        self._per_address = per_address
        self._inside: dict[Hashable, str] = {}
        self._by_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._inside)

    def enter(self, who: Hashable, address: str) -> str | None:
        """Let a connection in: None, or the reason why not. Entering twice changes nothing."""
        if who in self._inside:
            return None
        if len(self._inside) >= self._most:
            return "too-many-connections"
        if self._by_address[address] >= self._per_address and not _is_loopback(address):
            return "too-many-from-address"
        self._inside[who] = address
        self._by_address[address] += 1
        return None

    def leave(self, who: Hashable) -> None:
        """The connection is gone; harmless for one that was not let in."""
        address = self._inside.pop(who, None)
        if address is None:
            return
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
