"""The host's commands as typed: what they make, what they print, how they refuse."""

import json
import logging
import secrets
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from sqlalchemy import select

from accord import b64, names, statement
from porchkit import cli
from porchlight import config, keys
from porchlight.clock import Clock
from porchlight.keys import PrivateKey, PublicKey
from porchlight.registry import Registry
from porchlight.store import Camera, Store
from porchlight.who.issuers import SAME, Issuer, Issuers
from tests.support.hosting import InThread, hosted
from tests.support.signing import Signer


class Shell:
    """Runs `porchlight ...` in one home folder; keeps what was printed."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, line: str, *, code: int = 0) -> str:
        """Run a line; stdout, or the one line on stderr where it fails."""
        got = cli.main([*line.split(), "--home", str(self.home)])
        self.out, self.err = self._capsys.readouterr()
        assert got == code, (line, self.out, self.err)
        if code:
            assert "Traceback" not in self.err
            assert self.err.startswith("porchlight: ")
            assert self.err.count("\n") == 1, self.err
            return self.err
        assert self.err == ""
        return self.out


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """`serve` sets up logging for its process, which here is ours."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path / "home", capsys)


@pytest.fixture
def shell(fresh: Shell) -> Shell:
    fresh("init --name oak --listen 127.0.0.1:8443")
    return fresh


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_init_makes_a_folder_for_its_owner(fresh: Shell) -> None:
    assert "resident new" in fresh("init --name oak --listen 192.168.1.5:9443")
    found = config.load(fresh.home)
    assert (found.host.name, found.listen.address, found.listen.port) == (
        "oak",
        "192.168.1.5",
        9443,
    )
    assert "192.168.1.5" in found.listen.names
    assert mode(fresh.home) == 0o700
    private = ("ca.key", "tls.key", "porchlight.db", "porchlight.toml")
    assert {mode(fresh.home / name) for name in private} == {0o600}
    assert "is in order" in fresh("check-config")


def test_init_overwrites_nothing(shell: Shell) -> None:
    before = {path: path.read_bytes() for path in shell.home.iterdir() if path.is_file()}
    assert "holds porchlight.toml already" in shell("init", code=1)
    assert {path: path.read_bytes() for path in before} == before


def test_init_keeps_a_lone_key_too(fresh: Shell) -> None:
    fresh.home.mkdir()
    (fresh.home / "ca.key").write_text("precious")
    assert "ca.key already" in fresh("init", code=1)
    assert [path.name for path in fresh.home.iterdir()] == ["ca.key"]


WRONG_WORDS = [
    "--listen nonsense",
    "--listen 127.0.0.1",
    "--listen 1.2.3.4:99999",
    "--listen 1.2.3.4:\u00b2",
    "--listen porch.local:8443",
    '--name a"b',
]


@pytest.mark.parametrize("words", WRONG_WORDS)
def test_init_says_which_word_is_wrong(fresh: Shell, words: str) -> None:
    assert words.split()[1] in fresh(f"init {words}", code=2)
    assert not fresh.home.exists()


def test_a_resident_gets_a_key_that_only_they_can_read(shell: Shell) -> None:
    out = shell("resident new sam")
    path = shell.home / "residents" / "sam.pem"
    key = PrivateKey.from_pem(path.read_bytes())
    assert mode(path) == 0o600
    assert key.public.thumb in out
    assert json.loads(shell("resident list --json")) == {
        "residents": [{"name": "sam", "thumb": key.public.thumb}]
    }
    assert "PRIVATE" not in out


def test_names_are_taken_once(shell: Shell, tmp_path: Path) -> None:
    shell("resident new sam")
    before = (shell.home / "residents" / "sam.pem").read_bytes()
    assert "exists already" in shell("resident new sam", code=1)
    assert (shell.home / "residents" / "sam.pem").read_bytes() == before
    pem = tmp_path / "pub.pem"
    pem.write_bytes(PrivateKey.generate().public.pem())
    assert "called sam already" in shell(f"resident add sam --key {pem}", code=1)
    shell(f"hub add sam --key {pem}")
    assert "registered already" in shell(f"resident add kim --key {pem}", code=1)


def test_a_name_taken_elsewhere_leaves_no_key_behind(shell: Shell, tmp_path: Path) -> None:
    pem = tmp_path / "pub.pem"
    pem.write_bytes(PrivateKey.generate().public.pem())
    shell(f"resident add sam --key {pem}")
    assert "called sam already" in shell("resident new sam", code=1)
    assert not (shell.home / "residents" / "sam.pem").exists()


@pytest.mark.parametrize("name", ["Sam", "../sam", "-sam", "s/x", "x" * 33, "sam.pem"])
def test_a_name_must_be_safe_as_a_file(shell: Shell, name: str) -> None:
    for line in (f"resident new -- {name}", f"hub add -- {name}", f"camera add -- {name}"):
        code = cli.main([*line.split()[:2], "--home", str(shell.home), *line.split()[2:]])
        assert code == 2
    assert not [
        path for path in shell.home.parent.rglob("*.pem") if path.parent.name == "residents"
    ]


def test_a_hubs_public_key_is_kept_for_grants(shell: Shell, tmp_path: Path) -> None:
    key = PrivateKey.generate()
    pem = tmp_path / "fire.pem"
    pem.write_bytes(key.public.pem())
    assert key.public.thumb in shell(f"hub add fire --key {pem}")
    kept = (shell.home / "hubs" / "fire.pem").read_bytes()
    assert PublicKey.from_pem(kept) == key.public
    assert "grant CAMERA --to fire" in shell.out


def test_a_hub_can_be_made_here(shell: Shell) -> None:
    shell("hub add fire")
    path = shell.home / "hubs" / "fire.pem"
    assert mode(path) == 0o600
    assert PrivateKey.from_pem(path.read_bytes()).public.thumb in shell("hub list")


def test_a_hub_gets_an_issuer_for_its_operators(shell: Shell) -> None:
    shell("hub add fire")
    line = "hub issuer fire --url https://login.example.org --client-id porchlight"
    assert "sign in at https://login.example.org" in shell(line)
    assert issuer_of(shell, "fire") == Issuer(
        "https://login.example.org", "porchlight", "roles", SAME
    )
    shell(f"{line} --claim groups --role dispatch=viewer --role a=b=approver")
    kept = issuer_of(shell, "fire")
    assert kept is not None
    assert (kept.roles_claim, dict(kept.roles)) == (
        "groups",
        {"dispatch": "viewer", "a=b": "approver"},
    )
    assert kept.roles_in({"groups": ["a=b", "viewer", 1]}) == {"approver"}
    assert kept.roles_in({"groups": "dispatch other", "roles": ["admin"]}) == {"viewer"}
    assert kept.roles_in({"groups": {"dispatch": True}}) == frozenset()
    assert "https://login.example.org" in shell("hub list")
    listed = json.loads(shell("hub list --json"))["hubs"]
    assert [(hub["name"], hub["issuer"]) for hub in listed] == [
        ("fire", "https://login.example.org")
    ]
    assert "key alone" in shell("hub issuer fire --none")
    assert issuer_of(shell, "fire") is None


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("police --url https://a.example --client-id x", 1, "porchlight hub add police"),
        ("fire --url http://a.example --client-id x", 2, "must begin with https://"),
        ("fire --url https://u@a.example --client-id x", 2, "must be an address"),
        ("fire --url https://a.example", 2, "--client-id"),
        ("fire --url https://a.example --client-id x --role viewer", 2, "VALUE=ROLE"),
        ("fire --url https://a.example --client-id x --role a=chief", 2, "VALUE=ROLE"),
    ],
)
def test_an_issuer_that_cannot_be(shell: Shell, words: str, code: int, says: str) -> None:
    shell("hub add fire")
    assert says in shell(f"hub issuer {words}", code=code)
    assert issuer_of(shell, "fire") is None


def issuer_of(shell: Shell, name: str) -> Issuer | None:
    """What a host would find in this folder."""
    store = Store(config.load(shell.home).database_url)
    hub = Registry(store, Clock()).named("hub", name)
    assert hub is not None
    found = Issuers(store, Clock()).of(hub.thumb)
    store.close()
    return found


def test_wrong_keys_say_what_is_wanted(shell: Shell, tmp_path: Path) -> None:
    pem = tmp_path / "key.pem"
    assert "cannot read" in shell(f"hub add fire --key {pem}", code=1)
    pem.write_bytes(PrivateKey.generate().pem())
    assert "openssl pkey" in shell(f"hub add fire --key {pem}", code=1)
    pem.write_text("nonsense")
    assert "not a PEM public key" in shell(f"hub add fire --key {pem}", code=1)


def test_a_camera_is_signed_for_and_its_board_gets_its_files(shell: Shell) -> None:
    shell("resident new sam")
    out = shell("camera add porch --label Front --at=52.5163,-13.37775")
    folder = shell.home / "boards" / "porch"
    board_key = (folder / "board.key").read_bytes()
    assert names.camera_thumb(board_key) in out
    assert {mode(path) for path in folder.iterdir()} == {0o600}
    x509.load_der_x509_certificate((folder / "ca.der").read_bytes())
    settings = json.loads((folder / "config.json").read_text())
    assert (settings["port"], settings["board"]) == (8443, "ai_thinker")
    assert settings["server_name"]
    resident = json.loads((folder / "resident.json").read_text())
    key = PublicKey.from_coordinates(b64.decode(resident["x"]), b64.decode(resident["y"]))
    assert key.thumb == resident["thumb"]
    [row] = json.loads(shell("camera list --json"))["cameras"]
    assert (row["label"], row["resident_name"]) == ("Front", "sam")
    record = registry(shell).camera(row["id"])
    assert record is not None
    assert record.place == {"lat": 525_163_000, "lon": -133_777_500}
    assert record.board_key == board_key


def test_the_statement_kept_is_the_residents_own(shell: Shell) -> None:
    shell("resident new sam")
    shell("camera add porch")
    store = Store(config.load(shell.home).database_url)

    row = store.read_now(lambda session: session.scalars(select(Camera)).one())
    owner = Registry(store, Clock()).party(row.resident)
    assert owner is not None
    stated = statement.verify(row.statement, {owner.thumb: owner.key}, keys.check)
    assert (stated.sub, stated.label) == (row.id, "porch")
    store.close()


def registry(shell: Shell) -> Registry:
    return Registry(Store(config.load(shell.home).database_url), Clock())


def test_a_camera_needs_one_resident(shell: Shell) -> None:
    assert "resident new" in shell("camera add porch", code=1)
    shell("resident new sam")
    shell("resident new kim")
    assert "--resident: kim, sam" in shell("camera add porch", code=1)
    assert "no resident 'pat'" in shell("camera add porch --resident pat", code=1)
    shell("camera add porch --resident kim")
    assert "exists already" in shell("camera add porch --resident sam", code=1)


REFUSED_WORDS = [
    "--at=91,0",
    "--at=x,y",
    "--at=1",
    "--at=inf,0",
    "--at=1,2,3",
    "--at=nan,0",
    '--label="',
    "--label=caf\u00e9",
    "--host=a_b!",
    "--board=../x",
]


@pytest.mark.parametrize("words", REFUSED_WORDS)
def test_a_camera_that_is_refused_leaves_nothing_behind(shell: Shell, words: str) -> None:
    shell("resident new sam")
    shell(f"camera add porch {words}", code=2)
    assert not (shell.home / "boards" / "porch").exists()
    assert json.loads(shell("camera list --json")) == {"cameras": []}


def test_a_resident_whose_key_is_elsewhere_adds_cameras_over_the_api(
    shell: Shell, tmp_path: Path
) -> None:
    pem = tmp_path / "pub.pem"
    pem.write_bytes(PrivateKey.generate().public.pem())
    shell(f"resident add sam --key {pem}")
    assert "not on this machine" in shell("camera add porch", code=1)


def test_a_running_host_knows_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with hosted(tmp_path / "home") as host:
        shell = Shell(host.home, capsys)
        (host.home / "run.json").write_text(json.dumps({"https": host.ports.https}))
        shell("resident new sam")
        shell("camera add porch")
        shell("hub add fire")
        key = PrivateKey.from_pem((host.home / "residents" / "sam.pem").read_bytes())
        check_known(host, key)
        settings = json.loads((host.home / "boards" / "porch" / "config.json").read_text())
        assert settings["port"] == host.ports.https


def check_known(host: InThread, key: PrivateKey) -> None:
    sam = Signer("sam", key)
    [camera] = host.caller(sam).get("/cameras").json()["cameras"]
    fire = PrivateKey.from_pem((host.home / "hubs" / "fire.pem").read_bytes())
    token = sam.grant(camera["id"], fire.public.thumb, seq=1)
    assert host.caller(sam).post("/grants", {"token": token}).status_code == 201


def test_check_config_finds_what_others_can_read(shell: Shell) -> None:
    shell("resident new sam")
    (shell.home / "residents" / "sam.pem").chmod(0o644)
    assert "chmod 600" in shell("check-config", code=1)


def test_check_config_names_the_wrong_key(shell: Shell) -> None:
    path = shell.home / "porchlight.toml"
    path.write_text(path.read_text().replace("port = 8443", 'port = "8443"'))
    assert "listen.port must be a whole number" in shell("check-config", code=1)
    assert "listen.port must be a whole number" in shell("serve", code=1)


def test_a_profile_that_is_not_understood_keeps_the_host_from_starting(shell: Shell) -> None:
    with (shell.home / config.FILE_NAME).open("a") as settings:
        settings.write('[profile]\nfile = "county.toml"\n')
    for command in ("check-config", "serve"):
        assert "county.toml does not exist" in shell(command, code=1)
    (shell.home / "county.toml").write_text('[[forbid]]\nwhy = "law"\nallow = ["live"]\n')
    for command in ("check-config", "serve"):
        assert "forbid[1].allow is not known" in shell(command, code=1)


def test_without_a_folder_every_command_says_how_to_make_one(fresh: Shell) -> None:
    for line in ("serve", "check-config", "resident list", "hub list", "camera list"):
        assert "porchlight init" in fresh(line, code=1)


def test_serve_says_when_a_port_is_taken(shell: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        path = shell.home / "porchlight.toml"
        port = taken.getsockname()[1]
        path.write_text(path.read_text().replace("port = 8443", f"port = {port}"))
        assert f"port {port}" in shell("serve", code=1)
    assert not (shell.home / "run.json").exists()


def test_a_key_that_was_replaced_does_not_sign(shell: Shell) -> None:
    shell("resident new sam")
    path = shell.home / "residents" / "sam.pem"
    path.write_bytes(PrivateKey.generate().pem())
    assert "not the key sam was added with" in shell("camera add porch", code=1)
    path.write_bytes(secrets.token_bytes(100))
    assert "restore it" in shell("camera add porch", code=1)
    assert not (shell.home / "boards" / "porch").exists()
