"""The command line: help, exit codes, errors in one line."""

import json
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from porchkit import cli
from porchkit.errors import CommandError, ConsentRefused, HostUnreachable, UsageError

MODULE = "tests_tools_fake_command"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch):
    """A command `try` in the table whose run() is the function given."""

    def put(run) -> None:
        module = types.ModuleType(MODULE)
        module.configure = lambda parser: parser.add_argument("word", nargs="?")
        module.run = run
        monkeypatch.setitem(sys.modules, MODULE, module)
        monkeypatch.setitem(cli.COMMANDS, "try", (MODULE, "tries"))

    return put


def _raiser(error: BaseException):
    def run(_args) -> int:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandError("no folder; make one"), 1),
        (UsageError("no time; write 2h"), 2),
        (ConsentRefused("refused; ask", "no-grant"), 3),
        (HostUnreachable("no host; start it"), 4),
    ],
)
def test_errors_are_one_line_and_their_code(command, capsys, error: Exception, code: int) -> None:
    command(_raiser(error))
    assert cli.main(["try"]) == code
    captured = capsys.readouterr()
    assert captured.err == f"porchlight: {error}\n"
    assert captured.out == ""


def test_an_error_of_the_host_package_needs_only_an_exit_code(command, capsys) -> None:
    class Foreign(Exception):
        exit_code = 3

    command(_raiser(Foreign("two\nlines")))
    assert cli.main(["try"]) == 3
    assert capsys.readouterr().err == "porchlight: two lines\n"


def test_the_operating_systems_errors_name_the_file(command, capsys, tmp_path: Path) -> None:
    command(lambda _args: len((tmp_path / "absent").read_bytes()))
    assert cli.main(["try"]) == 1
    assert capsys.readouterr().err == f"porchlight: {tmp_path}/absent: No such file or directory\n"


def test_a_fault_of_ours_says_how_to_look(command, capsys, monkeypatch) -> None:
    monkeypatch.delenv("PORCHLIGHT_DEBUG", raising=False)
    command(_raiser(ZeroDivisionError("x")))
    assert cli.main(["try"]) == 70
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "PORCHLIGHT_DEBUG=1" in err


def test_debug_shows_the_traceback(command, capsys, monkeypatch) -> None:
    monkeypatch.setenv("PORCHLIGHT_DEBUG", "1")
    command(_raiser(CommandError("no; do")))
    assert cli.main(["try"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_is_quiet(command, capsys) -> None:
    command(_raiser(KeyboardInterrupt()))
    assert cli.main(["try"]) == 130
    assert capsys.readouterr() == ("", "")


def test_an_unknown_command_suggests_the_nearest(capsys) -> None:
    assert cli.main(["gramt"]) == 2
    assert "did you mean 'grant'?" in capsys.readouterr().err
    assert cli.main(["xyzzy"]) == 2
    assert "--help lists them" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_help_lists_every_command_and_exit_code(capsys, words: list[str]) -> None:
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    for name, (_, line) in cli.COMMANDS.items():
        assert name in out
        assert line in out
    for code in ("0 done", "1 something", "2 wrong", "3 refused", "4 no host", "70 ", "130 "):
        assert code in out


def test_no_words_is_a_usage_error_with_help(capsys) -> None:
    assert cli.main([]) == 2
    assert "examples:" in capsys.readouterr().out


def test_a_wrong_option_is_a_usage_error(command, capsys) -> None:
    command(lambda _args: 0)
    assert cli.main(["try", "--nonsense"]) == 2
    assert cli.main(["--nonsense"]) == 2
    assert "--nonsense" in capsys.readouterr().err


def _run(*words: str, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "porchkit.cli", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **more,
    )


# Asks each for its help in a process that has imported no other command; what all of them take
# from others is imported once, before those processes part.
EXPLAINED = """
import json, os, sys, tempfile
import cryptography.x509, httpx
from porchkit import cli

def explained(name):
    with tempfile.TemporaryFile("w+") as said:
        if not (child := os.fork()):
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            code = cli.main([name, "--help"])
            sys.stdout.flush()
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        return code, said.read()

json.dump({name: explained(name) for name in cli.COMMANDS}, sys.stdout)
"""


@pytest.fixture(scope="module")
def explained() -> dict[str, tuple[int, str]]:
    """Exit code and words of each command's --help."""
    done = subprocess.run(
        [sys.executable, "-c", EXPLAINED], capture_output=True, text=True, timeout=60, check=True
    )
    found: dict[str, tuple[int, str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_each_command_explains_itself(explained: dict[str, tuple[int, str]], name: str) -> None:
    code, said = explained[name]
    assert code == 0, said
    assert f"usage: porchlight {name}" in said
    assert "example" in said or "exit codes" in said


def test_help_imports_no_command_and_nothing_heavy() -> None:
    code = (
        "import sys; from porchkit import cli; cli.main(['--help']); "
        "ours = ('porchkit.', 'porchlight', 'accord', 'httpx', 'cryptography'); "
        "print([name for name in sys.modules if name.startswith(ours)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['porchkit.starting', 'porchkit.cli']"


def test_version() -> None:
    done = _run("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("porchlight 0.")


def test_a_closed_pipe_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "porchkit.cli", "--version"],
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert done.returncode == cli.EXIT_BROKEN_PIPE
    assert done.stderr == b""


@pytest.mark.parametrize(
    "words",
    [
        ["grants"],
        ["log"],
        ["revoke", "all"],
        ["grant", "porch", "--to", "me"],
    ],
)
def test_without_a_folder_each_says_what_to_do(capsys, tmp_path: Path, words: list[str]) -> None:
    assert cli.main([*words, "--home", str(tmp_path / "none")]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "porchlight resident new" in said


def test_a_host_that_is_not_there(tmp_path: Path) -> None:
    from porchkit import keys

    keys.save_private(keys.generate(), tmp_path / "residents" / "sam.pem")
    (tmp_path / "run.json").write_text(json.dumps({"pid": 1, "https": 1, "http": 0}))
    done = _run("grants", "--home", str(tmp_path))
    assert done.returncode == 4
    assert "porchlight serve" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("length", [22, 43])
@pytest.mark.parametrize("begins", ["-", "--", "-h", "-6u0", "--json"])
def test_an_id_may_begin_with_a_dash(command, begins: str, length: int) -> None:
    words = []
    command(lambda args: words.append(args.word) or 0)
    thumb = begins.ljust(length, "x")
    assert cli.main(["try", thumb]) == 0
    assert words == [thumb]
    assert cli.main(["try", thumb + "y"]) == cli.EXIT_USAGE
    assert cli.main(["try", "--help"]) == 0
