"""Settings: what is taken, and the one line that says what is wrong and what to do."""

from pathlib import Path
from typing import Any

import pytest

from porchlight import config
from porchlight.config import Config
from porchlight.errors import ConfigError

HOME = Path("/srv/porch")
VKEY = f"oak/witness+01234567+{'A' * 44}"


def refusal(document: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        config.parse(HOME, document)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_everything_has_a_default() -> None:
    found = config.parse(HOME, {})
    assert found == Config(home=HOME)
    assert (found.listen.port, found.page.address, found.page.port) == (8443, "127.0.0.1", 8080)
    assert found.database_url == "sqlite:////srv/porch/porchlight.db"


def test_what_is_set_is_taken() -> None:
    found = config.parse(
        HOME,
        {
            "host": {"name": "oak street"},
            "listen": {"address": "::", "port": 0, "names": ["Porch.local", "192.168.1.5"]},
            "page": {"port": -1, "address": "::1"},
            "database": {"url": "postgresql+psycopg://u:p@db/porch"},
            "views": {"max_seconds": 60},
            "witness": {"watch": [VKEY], "ask": [f"https://oak/witness {VKEY} oak.pem"]},
        },
    )
    assert found.listen.names == ("porch.local", "192.168.1.5")
    assert (found.listen.address, found.page.address, found.views.max_seconds) == ("::", "::1", 60)
    assert found.database_url.startswith("postgresql")
    assert found.witness.watch == (VKEY,)
    assert found.witness.ask == (("https://oak/witness", VKEY, "oak.pem"),)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"hosts": {}}, "[hosts] is not a section"),
    ({"host": 7}, "host must be a section"),
    ({"host": {"nmae": "x"}}, "host.nmae is not a setting; use one of name"),
    ({"host": {"name": ""}}, "host.name must be 1 to 64 printable characters"),
    ({"host": {"name": "a\nb"}}, "host.name must be"),
    ({"host": {"name": 7}}, "host.name must be"),
    ({"listen": {"port": 70_000}}, "listen.port must be a whole number from 0 to 65535"),
    ({"listen": {"port": "8443"}}, "listen.port must be a whole number"),
    ({"listen": {"port": True}}, "listen.port must be a whole number"),
    ({"listen": {"port": 8443.0}}, "listen.port must be a whole number"),
    ({"listen": {"address": "porch.local"}}, "listen.address must be an IP address"),
    ({"listen": {"address": None}}, "listen.address must be an IP address"),
    ({"listen": {"names": "porch.local"}}, "listen.names must be a list"),
    ({"listen": {"names": ["a b"]}}, "listen.names holds 'a b', which is neither"),
    ({"listen": {"names": ["-x.local"]}}, "listen.names holds"),
    ({"listen": {"names": ["*.local"]}}, "listen.names holds"),
    ({"listen": {"names": [7]}}, "listen.names holds 7"),
    ({"listen": {"names": ["x"] * 33}}, "listen.names must be a list of at most 32"),
    ({"page": {"address": "0.0.0.0"}}, "page.address must be a loopback address"),
    ({"page": {"address": "192.168.1.5"}}, "page.address must be a loopback address"),
    ({"page": {"port": -2}}, "page.port must be a whole number from -1"),
    ({"database": {"url": "mysql://x"}}, "database.url must be empty, sqlite:///PATH"),
    ({"database": {"url": 7}}, "database.url must be"),
    ({"views": {"max_seconds": 0}}, "views.max_seconds must be a whole number from 1"),
    ({"witness": {"watch": ["oak"]}}, "witness.watch holds 'oak', which is not a key"),
    ({"witness": {"watch": "oak"}}, "witness.watch must be a list of at most 32 keys"),
    ({"witness": {"ask": ["https://oak"]}}, 'witness.ask holds what is not "URL KEY"'),
    ({"witness": {"ask": [f"oak {VKEY}"]}}, 'witness.ask holds what is not "URL KEY"'),
    ({"witness": {"ask": ["https://oak oak"]}}, "witness.ask holds 'oak', which is not a key"),
    ({"witness": {"seconds": 0}}, "witness.seconds must be a whole number from 1"),
    ({"limits": {"body_bytes": 1}}, "limits.body_bytes must be a whole number from 4096"),
]


@pytest.mark.parametrize(("document", "line"), WRONG, ids=[line for _, line in WRONG])
def test_a_mistake_names_its_key(document: dict[str, Any], line: str) -> None:
    assert refusal(document).startswith(line)


def test_a_password_is_never_repeated() -> None:
    assert "hunter2" not in refusal({"database": {"url": "mysql://u:hunter2@db/x"}})


@pytest.mark.parametrize("content", [b"[host\n", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_a_file_that_is_no_toml_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "porchlight.toml").write_bytes(content)
    with pytest.raises(ConfigError, match="mend the file"):
        config.load(tmp_path)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="porchlight init"):
        config.load(tmp_path)


def test_a_mistake_in_a_file_names_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "porchlight.toml").write_text("[listen]\nport = 'x'\n")
    with pytest.raises(ConfigError, match=r"porchlight\.toml: listen\.port must be"):
        config.load(tmp_path)


def test_the_home_folder_is_chosen_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/root-of/sam")
    monkeypatch.setenv("PORCHLIGHT_HOME", "/from/environment")
    assert config.home("/chosen") == Path("/chosen")
    assert config.home() == Path("/from/environment")
    monkeypatch.delenv("PORCHLIGHT_HOME")
    assert config.home() == Path("/root-of/sam/.porchlight")
    assert config.home("~/x") == Path("/root-of/sam/x")
    assert config.home("relative").is_absolute()
