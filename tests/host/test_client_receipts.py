"""A hub's program sees nothing before the host proved that each resident's log has the look.

The host here is a real one that turned bad: what it answers is its own, but for the receipts.
"""

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from porchlight.audit import note, receipts, tree
from porchlight.audit.logkeys import LogKeys
from porchlight.audit.receipts import Logged
from porchlight.client import Hub, Unproven, Why
from porchlight.client.receipts import FRESH_S
from porchlight.client.session import Session
from tests.support.clipping import clip_grant, keep
from tests.support.hosting import InThread, Kit
from tests.support.signing import Signer

WHY = Why(case="24-117", purpose="fire", reason="smoke")
Change = Callable[[dict[str, Any]], dict[str, Any]]


def inside(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


class Between(Session):
    """A session whose answers to views and exports are changed on their way."""

    change: Change = staticmethod(lambda answer: answer)

    async def open_view(self, wish: dict[str, Any]) -> Any:
        return self.change(await super().open_view(wish))

    async def open_clip(self, clip: str, what: str, wish: dict[str, Any], action: str) -> Any:
        return self.change(await super().open_clip(clip, what, wish, action))


class Liar:
    """A hub at a host whose receipts for it the test makes."""

    def __init__(self, host: InThread, who: Signer, camera: Kit) -> None:
        self.host, self.who, self.camera = host, who, camera
        self.session = Between(host.https, who.key, ca=host.ca)
        self.hub = Hub.over(self.session)

    async def looks(self, change: Change) -> str:
        """Why the client refuses to look; "" if it looks."""
        self.session.change = lambda answer: answer | {"receipts": [change(answer)]}
        try:
            async with self.hub.view([self.camera.id], WHY):
                return ""
        except Unproven as unproven:
            return str(unproven)

    def entered(self, opened: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """A receipt of an entry that the host writes besides, by default a copy of the view's."""
        said = json.loads(opened["receipts"][0]["entry"])
        kept = ("type", "camera", "hub", "hub_name", "jti", "view", "purpose")
        draft = {name: said[name] for name in kept} | {"resident": self.camera.owner.thumb}
        to = changes.pop("to", self.who.thumb)
        entries = self.host.parts.entries
        (made,) = self.host.wait(entries.add_with_receipts([draft | changes], to))
        described: dict[str, Any] = made.describe()
        return described

    def forged(self, opened: dict[str, Any], key: LogKeys) -> dict[str, Any]:
        """A receipt of the view's entry in a tree that nobody else has ever seen."""
        true = opened["receipts"][0]
        size, leaf = true["index"] + 1, true["entry"].encode()
        leaves = [secrets.token_bytes(32) for _ in range(size - 1)] + [tree.leaf_hash(leaf)]

        def known(first: int, end: int) -> bytes | None:
            return leaves[first] if end - first == 1 else None

        path = [tree.range_hash(*span, known) for span in tree.inclusion(size - 1, size)]
        root = tree.range_hash(0, size, known)
        resident = true["log"].partition("/")[2]
        logged = Logged(resident, size - 1, leaf, path, size, root)
        return receipts.make(key, logged, self.who.thumb).describe()

    def keys(self) -> LogKeys:
        """The host's own."""
        return self.host.parts.entries._keys


@pytest.fixture
async def liar(host: InThread, fire: Signer, porch: Kit) -> Liar:
    host.grant(porch, fire)
    return Liar(host, fire, porch)


async def test_receipts_that_hold_are_believed(liar: Liar) -> None:
    async with liar.hub:
        assert await liar.looks(lambda opened: opened["receipts"][0]) == ""
        assert await liar.looks(liar.entered) == ""  # whoever makes them, by these very means


async def test_a_checkpoint_that_somebody_else_signed(liar: Liar) -> None:
    """By a key of their own under the host's name; by the host's name with nothing behind it."""
    keys = liar.keys()
    other = LogKeys(keys.host, keys.witness, Ed25519PrivateKey.generate())
    async with liar.hub:
        assert "another key" in await liar.looks(lambda it: liar.forged(it, other))

        def renamed(opened: dict[str, Any]) -> dict[str, Any]:
            return liar.forged(opened, other) | {"vkey": opened["receipts"][0]["vkey"]}

        assert "not signed by the log" in await liar.looks(renamed)

        def edited(opened: dict[str, Any]) -> dict[str, Any]:
            receipt = opened["receipts"][0]
            head, gap, rest = receipt["proof"].partition("\n\n")
            origin, size, more = rest.split("\n", 2)
            proof = f"{head}{gap}{origin}\n{int(size) + 1}\n{more}"
            return dict(receipt, proof=proof)

        assert "not signed by the log" in await liar.looks(edited)
        witness = note.Verifier(f"{keys.host}/x", note.COSIGNATURE, bytes(32)).vkey
        assert "another key" in await liar.looks(lambda it: it["receipts"][0] | {"vkey": witness})
    assert liar.host.parts.views.of(liar.who.thumb) == []  # none of these looks was left open


async def test_a_log_that_only_this_hub_is_shown(liar: Liar) -> None:
    """Signed by the host's own key: but of this size the log had another head before."""
    async with liar.hub:
        seen: list[dict[str, Any]] = []
        assert await liar.looks(lambda it: seen.append(it) or it["receipts"][0]) == ""

        def other(opened: dict[str, Any]) -> dict[str, Any]:
            """The tree as it was at the first look, with this one's entry at its end."""
            own = opened["receipts"][0] | {"index": seen[0]["receipts"][0]["index"]}
            return liar.forged({"receipts": [own]}, liar.keys())

        assert "another one before" in await liar.looks(other)


async def test_a_receipt_of_another_residents_log(liar: Liar) -> None:
    """Else a host could enter every look in a log that nobody reads."""
    nobody = liar.host.resident()
    async with liar.hub:
        why = await liar.looks(lambda opened: liar.entered(opened, resident=nobody.thumb))
        assert "not of the resident who allowed this" in why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"view": "A" * 22}, "another view"),
        ({"type": "view.close"}, "another type"),
        ({"purpose": "theft"}, "another purpose"),
        ({"hub": "A" * 43}, "another hub"),
        ({"to": "A" * 43}, "says other"),
        ({"jti": "A" * 22}, "shows no grant"),
        ({"camera": "A" * 43}, "not of the resident"),
    ],
)
async def test_a_receipt_of_something_else(liar: Liar, changes: dict[str, Any], why: str) -> None:
    async with liar.hub:
        assert why in await liar.looks(lambda opened: liar.entered(opened, **changes))


async def test_a_receipt_of_another_view(liar: Liar) -> None:
    async with liar.hub:
        seen: list[dict[str, Any]] = []
        for _ in range(2):
            why = await liar.looks(lambda it: seen.append(it["receipts"][0]) or seen[0])
        assert "another view" in why


async def test_an_answer_that_was_given_before(liar: Liar) -> None:
    """The id of a view is the host's to choose: an old one goes with its old receipt."""
    seen: list[dict[str, Any]] = []
    async with liar.hub:
        assert await liar.looks(lambda it: seen.append(dict(it)) or it["receipts"][0]) == ""
        liar.session.change = lambda it: it | {name: seen[0][name] for name in ("id", "receipts")}
        with pytest.raises(Unproven, match="given before"):
            async with liar.hub.view([liar.camera.id], WHY):
                raise AssertionError("it looks")


async def test_a_receipt_of_another_day(liar: Liar) -> None:
    """Which a program that was started anew cannot remember."""

    def older(opened: dict[str, Any]) -> dict[str, Any]:
        receipt = opened["receipts"][0]
        said = json.loads(receipt["entry"])
        said["ts"] -= (FRESH_S + 60) * 1000
        return liar.forged({"receipts": [receipt | {"entry": json.dumps(said)}]}, liar.keys())

    async with liar.hub:
        assert "another time" in await liar.looks(older)


@pytest.mark.parametrize("receipt", [None, {}, [], "no", {"vkey": 7}, {"entry": "{"}])
async def test_what_is_no_receipt(liar: Liar, receipt: Any) -> None:
    async with liar.hub:
        assert await liar.looks(lambda _opened: receipt)


async def test_one_receipt_for_two_cameras(liar: Liar) -> None:
    yard = liar.host.camera(liar.camera.owner, "yard")
    liar.host.grant(yard, liar.who)
    async with liar.hub:
        liar.session.change = lambda it: it | {"receipts": it["receipts"][:1]}
        with pytest.raises(Unproven, match=f"no receipt for {yard.id}"):
            async with liar.hub.view([liar.camera.id, yard.id], WHY):
                raise AssertionError("it looks")


async def test_no_bundle_without_its_own_receipt(liar: Liar, tmp_path: Path) -> None:
    grant = clip_grant(liar.host, liar.camera, liar.who, detail={"actions": ["clips", "export"]})
    first, second = (keep(liar.host, liar.camera, grant) for _ in range(2))
    made: list[Any] = []
    async with liar.hub:
        liar.session.change = lambda it: made.append(it["receipt"]) or it
        assert (await liar.hub.export(first.id, WHY, tmp_path)).name == f"{first.id}.zip"
        for receipt in (made[0], None):
            liar.session.change = lambda it, receipt=receipt: it | {"receipt": receipt}
            with pytest.raises(Unproven):
                await liar.hub.export(second.id, WHY, tmp_path)
    assert inside(tmp_path) == [f"{first.id}.zip"]
