"""`porchlight request`: a resident at the command line is asked, answers, or does not."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accord import b64, canon
from porchkit import cli
from porchkit.commands import request
from porchlight.requests.spread import SLOT_S, Slots
from tests.support.asking import Block
from tests.support.hosting import Kit, ShiftedClock, hosted
from tests.support.signing import Signer

BEHIND_S = -2 * SLOT_S
NOW = 1_795_000_000
Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def whole_block(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Block]:
    clock = ShiftedClock(BEHIND_S)
    home = tmp_path_factory.mktemp("requests") / "home"
    with hosted(home, clock=clock) as host, contextlib.closing(Block(host, clock)) as block:
        yield block


@pytest.fixture
def block(whole_block: Block) -> Block:
    """Two minutes behind: requests that are made now were put before residents by our own time."""
    whole_block.clock.ahead_s = BEHIND_S
    return whole_block


@pytest.fixture
def hub(block: Block) -> Signer:
    return block.host.hub()


@pytest.fixture
def kit(block: Block, hub: Signer) -> Kit:
    return block.neighbour(hub)


@pytest.fixture
def run(block: Block, kit: Kit, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command as the resident of `kit` types it: (exit code, what it said)."""
    key = tmp_path / "sam.pem"
    key.write_bytes(kit.owner.key.pem())
    key.chmod(0o600)
    host = block.host
    where = ["--home", str(tmp_path), "--host", host.https, "--ca", str(host.ca), "--key", str(key)]

    def command(*words: str) -> tuple[int, str]:
        code = cli.main(["request", *words, *where])
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


def test_asked_shown_and_allowed(block: Block, hub: Signer, kit: Kit, run: Run) -> None:
    request = block.asked(hub, actions=["clips", "export"])
    code, said = run("list")
    assert (code, hub.name in said, "26-1123" in said, "open" in said) == (0, True, True, True)
    code, said = run("show", "1")
    assert code == 0
    assert "asks for clips and export" in said
    assert "300 m around 52.3700, 4.8900" in said
    code, said = run("approve", "1", "--for", "2h", "--json")
    assert code == 0, said
    (given,) = json.loads(said)["approved"]
    full = block.caller(kit.owner).get(f"/grants/{given['grant']}").json()
    claims = canon.loads(b64.decode(full["token"].split(".")[1]))
    assert (claims["req"], claims["aud"]) == (request, [hub.thumb])
    assert claims["authorization_details"][0]["actions"] == ["clips"]
    assert claims["exp"] - claims["nbf"] == 7_200
    code, said = run("approve", request)
    assert (code, "none is left" in said) == (1, True)
    code, said = run("list", "--json")
    assert json.loads(said)["requests"][0]["state"] == "approved"


def test_put_aside(block: Block, hub: Signer, run: Run) -> None:
    request = block.asked(hub)
    before = block.caller(hub).get(f"/requests/{request}").content
    assert run("deny", "1") == (0, "Put aside. The hub is not told.\n")
    assert block.caller(hub).get(f"/requests/{request}").content == before
    assert "denied" in run("list")[1]


def test_more_than_was_asked_is_not_even_signed(block: Block, hub: Signer, run: Run) -> None:
    block.asked(hub)
    code, said = run("approve", "1", "--actions", "clips,export")
    assert (code, said) == (
        2, "porchlight: they did not ask for 'export'; only clips\n"
    )  # fmt: skip
    code, said = run("approve", "1", "--for", "8d")
    assert (code, "at most seven days" in said) == (3, True)


def test_who_may_ask(block: Block, hub: Signer, run: Run) -> None:
    block.minutes_pass(2)
    assert run("list") == (0, f"You were asked nothing. May ask: {hub.name}.\n")
    code, said = run("may-ask", hub.thumb, "--purposes", "none")
    assert (code, said) == (0, f"{hub.thumb} may ask you nothing.\n")
    assert run("list")[1] == "You were asked nothing. May ask: nobody.\n"
    assert run("may-ask", hub.thumb, "--purposes", "fire, theft")[0] == 0
    assert run("may-ask", hub.thumb, "--purposes", "gossip")[0] == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [(("show",), 2), (("show", "7"), 1), (("may-ask", "A" * 43), 2), (("remind", "1"), 2)],
)
def test_words_that_make_no_sense(
    block: Block, run: Run, words: tuple[str, ...], code: int
) -> None:
    block.minutes_pass(2)
    assert run(*words)[0] == code


@pytest.mark.parametrize("seconds", [1, 60, 300, 301, 3_600])
def test_it_begins_when_the_host_says_however_long_its_slots_are(seconds: int) -> None:
    """Or no yes could be given at all: one that begins between two slots is none."""
    slots = Slots(seconds)
    for now in (NOW, NOW + 1, NOW + seconds - 1):
        begins = slots.suggested(now)
        assert request._beginning(begins, now) == begins
    assert request._beginning(NOW - 1, NOW) % SLOT_S == 0  # our clock is ahead of the host's
