"""Where webhooks may lead, whatever a name means and however it is written."""

import asyncio
import ssl
from collections.abc import Iterator, Sequence

import pytest

from porchlight import tls
from porchlight.clock import Clock
from porchlight.sections import WebhookRules
from porchlight.tls import TlsFiles
from porchlight.webhooks import sending
from porchlight.webhooks.addresses import choose, parse, system
from porchlight.webhooks.sending import Sender
from tests.support.receiver import Receiver, receiving

STRICT, HOME = WebhookRules(), WebhookRules(private=True)
PLAIN = WebhookRules(plain_loopback=True)
PRIVATE = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.5", "100.64.0.1", "169.254.169.254"),
    *("0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1"),
    *("ff02::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1", "2002:a00:1::"),
)
PUBLIC = ("93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "::ffff:93.184.216.34")
BODY = b"{}"


class Means:
    """A resolver by a table; `asked`: how often. It answers anew each time, as an attacker's."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self._answers[min(self.asked, len(self._answers)) - 1]


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    """An authority, and a certificate of hooks.example.org."""
    made, now = TlsFiles(tmp_path_factory.mktemp("tls")), Clock().unix()
    tls.create_authority(made, "elm", now)
    tls.renew(made, ("hooks.example.org",), now)
    return made


@pytest.fixture(scope="module")
def there(at: TlsFiles) -> Iterator[Receiver]:
    """A receiver by https."""
    with receiving(ssl_certfile=str(at.cert), ssl_keyfile=str(at.key)) as receiver:
        yield receiver


@pytest.mark.parametrize("address", PRIVATE)
async def test_names_that_mean_this_network_lead_nowhere(address: str) -> None:
    target = parse("https://innocent.example/", STRICT)
    with pytest.raises(PermissionError):
        await choose(target, Means([address]), STRICT)
    with pytest.raises(PermissionError):  # nor hidden behind a public one
        await choose(target, Means(["93.184.216.34", address]), STRICT)


@pytest.mark.parametrize("address", PUBLIC)
async def test_names_that_mean_elsewhere_do(address: str) -> None:
    assert await choose(parse("https://x.example/", STRICT), Means([address]), STRICT) == address


async def test_the_settings_open_this_network_and_not_more() -> None:
    target = parse("https://nas.lan/", HOME)
    for address in ("10.1.2.3", "127.0.0.1", "fc00::1"):
        assert await choose(target, Means([address]), HOME) == address
    for address in ("169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "::ffff:169.254.1.1"):
        with pytest.raises(PermissionError):
            await choose(target, Means([address]), HOME)
    plain = parse("http://localhost:8123/", PLAIN)
    assert await choose(plain, Means(["127.0.0.1"]), PLAIN) == "127.0.0.1"
    with pytest.raises(PermissionError):
        await choose(plain, Means(["93.184.216.34"]), PLAIN)


@pytest.mark.parametrize(
    "url",
    [
        *("http://x.example/", "ftp://x.example/", "//x.example/", "x.example", "https://", ""),
        *("https://user:pw@x.example/", "https://x.example\\@10.0.0.1/", "https://x.example/#a"),
        *("https://x.example/ a", "https://x.example/\r\nHost: y", "https://x.example:99999/"),
        *("https://10.0.0.1/", "https://[::1]/", "https://[fe80::1%25eth0]/", "https://ä.example/"),
        *("https://[::ffff:10.0.0.1]/", "https://x_y.example/", "https://x.example:0x50/"),
        "https://x.example/" + "a" * 500,
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(url, STRICT)


@pytest.mark.parametrize("name", ["2130706433", "0x7f.1", "127.1", "localhost"])
async def test_other_spellings_of_this_machine(name: str) -> None:
    """The resolver knows them; so they are judged by what they mean."""
    with pytest.raises((PermissionError, LookupError)):
        await choose(parse(f"https://{name}/", STRICT), system, STRICT)


async def test_a_url_is_taken_apart_as_it_stands() -> None:
    target = parse("https://Hooks.Example.org/a%20b?c=d&e", STRICT)
    assert (target.host, target.port, target.path) == ("hooks.example.org", 443, "/a%20b?c=d&e")
    assert target.authority == "hooks.example.org"
    assert parse("https://x.example:8443", STRICT).authority == "x.example:8443"
    assert parse("https://[2606:2800:220:1::1]/", STRICT).authority == "[2606:2800:220:1::1]"


async def test_it_connects_to_what_was_judged_and_checks_the_name(
    there: Receiver, at: TlsFiles
) -> None:
    trust = ssl.create_default_context(cafile=at.ca_cert)
    names = Means(["127.0.0.1"], ["10.9.9.9"])  # means another machine when asked again
    sender = Sender(HOME, names, trust)
    url = f"https://hooks.example.org:{there.port}/in"
    assert await sender.send(url, {"webhook-id": "m"}, BODY) is None
    assert names.asked == 1
    assert there.posts[-1].headers["host"] == f"hooks.example.org:{there.port}"
    other = f"https://other.example.org:{there.port}/in"
    wrong = Sender(HOME, Means(["127.0.0.1"]), trust)
    assert await wrong.send(other, {}, BODY) == "unreachable"
    assert len(there.posts) == 1
    await sender.close()
    await wrong.close()


async def test_rebinding_leads_nowhere(there: Receiver) -> None:
    """A name that meant a public machine when it was registered, and this one now."""
    sender = Sender(STRICT, Means(["127.0.0.1"]))
    before = len(there.posts)
    url = f"https://hooks.example.org:{there.port}/in"
    assert await sender.send(url, {}, BODY) == "forbidden-address"
    assert len(there.posts) == before
    assert await Sender(STRICT, Means([])).send(url, {}, BODY) == "unknown-name"
    assert await Sender(STRICT).send("http://x.example/", {}, BODY) == "forbidden-address"


async def test_nobody_keeps_it_waiting_or_makes_it_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """One receiver never answers; one answers without end."""
    written: list[int] = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                await writer.drain()
                written.append(65536)
        except OSError:
            writer.close()

    for serve, outcome, patience_s in ((silent, "timeout", 0.05), (endless, None, 10)):
        monkeypatch.setattr(sending, "TIMEOUT_S", patience_s)
        sender = Sender(PLAIN)
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            assert await sender.send(f"http://127.0.0.1:{port}/", {}, BODY) == outcome
            await sender.close()
            server.close()
    assert sum(written) < 64 * 1_048_576
