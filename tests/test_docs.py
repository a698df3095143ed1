"""The documents tell the truth: commands parse, make targets exist, links lead somewhere."""

import argparse
import importlib
import re
import shlex
from pathlib import Path

import pytest

from porchkit.cli import COMMANDS

README_LINES = 130
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)


@pytest.fixture(scope="module")
def documents(root: Path) -> list[Path]:
    """Every Markdown file of ours."""
    hidden = {".venv", ".git", "node_modules", ".pytest_cache", "dist"}
    found = [path for path in root.rglob("*.md") if not hidden & set(path.relative_to(root).parts)]
    assert root / "README.md" in found
    return sorted(found)


def in_blocks(text: str, program: str) -> list[str]:
    """The commands of `program` in shell blocks: a reader will copy them."""
    lines = [
        line for kind, body in FENCE.findall(text) if kind == "sh" for line in body.splitlines()
    ]
    parts = [part.strip() for line in lines for part in line.partition(" #")[0].split("&&")]
    return [part for part in parts if part.split()[:1] == [program]]


def spoken(text: str, program: str) -> list[str]:
    """Those, and what stands as `program ...` in running text."""
    spans = re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    return in_blocks(text, program) + [span for span in spans if span.split()[:1] == [program]]


def missing_targets(text: str, makefile: str) -> list[str]:
    """Words after `make` that are neither a target, a variable nor an option."""
    known = set(TARGET.findall(makefile))
    words = [word for line in spoken(text, "make") for word in line.split()[1:]]
    return [word for word in words if word not in known and "=" not in word and word[0] != "-"]


def unknown_commands(text: str) -> list[str]:
    """Names after `porchlight` that the table of commands does not have."""
    names = [line.split()[1] for line in spoken(text, "porchlight") if len(line.split()) > 1]
    return [name for name in names if name[0].islower() and name not in COMMANDS]


def does_not_parse(line: str) -> bool:
    """True when the command itself would refuse these words."""
    name, *words = shlex.split(line)[1:]
    parser = argparse.ArgumentParser(prog=name, exit_on_error=False)
    importlib.import_module(COMMANDS[name][0]).configure(parser)
    try:
        parser.parse_args(words)
    except (SystemExit, argparse.ArgumentError):
        return True
    return False


def anchors(text: str) -> set[str]:
    """The names that links to headings of this text use."""
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text)]
    return {heading.strip().replace(" ", "-") for heading in plain}


def dead_links(path: Path) -> list[str]:
    """Links of one document that lead to no file or heading of ours; the web is not asked."""
    dead = []
    for link in LINK.findall(path.read_text("utf-8")):
        place, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", place):
            continue
        target = path.parent / place if place else path
        if not target.exists() or (anchor and anchor not in anchors(target.read_text("utf-8"))):
            dead.append(f"{path.name}: {link}")
    return dead


def test_make_targets_exist(root: Path, documents: list[Path]) -> None:
    makefile = (root / "Makefile").read_text("utf-8")
    for path in documents:
        assert missing_targets(path.read_text("utf-8"), makefile) == [], path
    assert missing_targets("`make demo` and `make tea V=1`", makefile) == ["tea"]


def test_every_target_explains_itself(root: Path) -> None:
    makefile = (root / "Makefile").read_text("utf-8")
    rules = [line for line in makefile.splitlines() if TARGET.match(line)]
    assert {"install", "demo", "test", "check", "bench", "fmt"} <= set(TARGET.findall(makefile))
    assert [line for line in rules if "## " not in line] == []


def test_commands_exist(documents: list[Path]) -> None:
    for path in documents:
        assert unknown_commands(path.read_text("utf-8")) == [], path
    assert unknown_commands("```sh\nmake x && porchlight dance # now\n```") == ["dance"]
    assert unknown_commands("`porchlight COMMAND --help`") == []


def test_commands_in_code_blocks_parse(documents: list[Path]) -> None:
    lines = [
        line for path in documents for line in in_blocks(path.read_text("utf-8"), "porchlight")
    ]
    assert "porchlight grant porch --to fire --for 2h" in lines
    assert [line for line in lines if does_not_parse(line)] == []
    assert does_not_parse("porchlight grant porch --to fire --until-i-say-so")


def test_readme_teaches_the_two_commands_first(root: Path) -> None:
    text = (root / "README.md").read_text("utf-8")
    assert [line.split()[1] for line in in_blocks(text, "make")][:2] == ["demo", "test"]
    assert len(text.splitlines()) <= README_LINES


def test_links_lead_somewhere(documents: list[Path], tmp_path: Path) -> None:
    assert [link for path in documents for link in dead_links(path)] == []
    page = tmp_path / "page.md"
    page.write_text("# The way\n[a](#the-way) [b](page.md#no-way) [c](gone.md) [d](https://x.y/)")
    assert dead_links(page) == ["page.md: page.md#no-way", "page.md: gone.md"]


def test_changelog_has_room_for_the_next_change(root: Path) -> None:
    text = (root / "CHANGELOG.md").read_text("utf-8")
    assert re.search(
        r"^## \[?Unreleased\]?\n+### (Added|Changed|Fixed|Removed)\n", text, re.MULTILINE
    )


READ = re.compile(r"""(?:environ(?:\.get\(|\[)|VARIABLE: Final = )"(PORCHLIGHT_[A-Z_]+)""")
OURS = {"PORCHLIGHT_HOME", "PORCHLIGHT_DEBUG"}  # of the commands, not of their tests


def test_the_readme_of_the_tests_names_what_makes_them_differ(root: Path) -> None:
    tests = root / "tests"
    sources = [path.read_text("utf-8") for path in tests.rglob("*.py")]
    read = {name for source in sources for name in READ.findall(source)} - OURS
    assert {"PORCHLIGHT_SWEEP", "PORCHLIGHT_TEST_DATABASE"} <= read
    named = set(re.findall(r"PORCHLIGHT_[A-Z_]+", (tests / "README.md").read_text("utf-8")))
    assert read - named == set()
