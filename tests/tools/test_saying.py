"""A word to the board, where somebody else answers its nonce first."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from accord import b64
from porchkit import keys, saying
from porchkit.errors import ConsentRefused
from porchkit.leasing import Word

CAMERA = b64.encode(bytes(32))


class Host:
    """The client of a host that answers leases as told."""

    def __init__(self, *answers: str | Exception) -> None:
        self._answers = list(answers)
        self.nonces: list[str] = []

    def get(self, path: str) -> dict[str, Any]:
        assert path == f"/cameras/{CAMERA}/nonce"
        self.nonces.append(b64.encode(os.urandom(16)))
        return {"nonce": self.nonces[-1]}

    def post(self, path: str, value: Any) -> dict[str, Any]:
        said = b64.decode(value["token"].split(".")[1]).decode()
        assert self.nonces[-1] in said
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"board": answer}


def old() -> ConsentRefused:
    return ConsentRefused("refused by the host", saying.OLD)


def hand_in(host: Host) -> str:
    client: Any = host
    return str(saying.hand_in(client, keys.generate(), CAMERA, Word())["board"])


@pytest.mark.parametrize("first", [lambda: saying.OLD, old])
def test_a_nonce_that_was_used_up_is_asked_anew(first: Callable[[], str | Exception]) -> None:
    host = Host(first(), "held")
    assert hand_in(host) == "held"
    assert len(host.nonces) == 2


def test_not_for_ever() -> None:
    host = Host(*(old() for _ in range(saying.TRIES)))
    with pytest.raises(ConsentRefused):
        hand_in(host)
    assert len(host.nonces) == saying.TRIES


def test_any_other_refusal_is_final() -> None:
    host = Host(ConsentRefused("refused by the host", "delegate-stopped"))
    with pytest.raises(ConsentRefused, match="host"):
        hand_in(host)
    assert len(host.nonces) == 1
