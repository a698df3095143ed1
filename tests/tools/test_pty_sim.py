"""`porchlight sim --pty`: boards on ports until Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from porchkit import cli
from tests.support.provisioning import living


@contextmanager
def bench(*words: str | Path) -> Iterator[tuple["subprocess.Popen[str]", list[Path], str]]:
    """(the command, the ports it printed, what else it says) while it runs."""
    command = [sys.executable, "-c", "import sys; from porchkit import cli; sys.exit(cli.main())"]
    with subprocess.Popen(
        [*command, "sim", "--pty", *map(str, words)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None
        try:
            said = ""
            while "unplugs" not in said:
                line = process.stdout.readline()
                assert line, said
                said += line
            yield process, [Path(line) for line in said.splitlines() if line[:1] == "/"], said
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def mpremote(port: Path, *words: str) -> str:
    command = [sys.executable, "-m", "mpremote", "connect", str(port), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def test_empty_boards_until_ctrl_c() -> None:
    with bench("--boards", "2") as (process, ports, said):
        assert len(ports) == 2
        assert f"mpremote connect {ports[0]} repl" in said
        for port in ports:
            assert mpremote(port, "exec", "import os; print(os.listdir('/'))") == "[]\n"
    assert process.returncode == 0
    assert not any(port.parent.parent.exists() for port in ports)


def test_boards_with_the_firmware_keep_what_is_on_them(tmp_path: Path) -> None:
    with bench("--firmware", "--folder", tmp_path / "bench") as (_, [port], _):
        assert "main.py" in mpremote(port, "fs", "ls")
        mpremote(port, "exec", "open('/kept', 'w').close()")
    with bench("--folder", tmp_path / "bench") as (_, [port], _):
        assert "kept" in mpremote(port, "fs", "ls")


async def test_the_line_that_it_prints_provisions_the_board(tmp_path: Path) -> None:
    async with living(tmp_path) as porch:
        with bench("--folder", tmp_path / "bench") as (_, _, said):
            (line,) = re.findall(r"^ *porchlight (provision NAME .*)$", said, re.MULTILINE)
            words = [{"NAME": "porch"}.get(word, word) for word in line.split()]
            where = ["--home", str(porch.home.path), "--wifi-file", str(porch.wifi)]
            done = await porch.type(*words, *where)
            assert done.code == 0, done.out + done.err


def test_a_folder_is_for_one_bench_at_a_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with bench("--folder", tmp_path):
        assert cli.main(["sim", "--pty", "--folder", str(tmp_path)]) == 1
        err = capsys.readouterr().err
        assert err == (
            f"porchlight: another porchlight sim --pty uses {tmp_path}; "
            "end it, or name another --folder\n"
        )
    with bench("--folder", tmp_path):
        pass  # and free again


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--pty", "--boards", "0"], "--boards must be"),
        (["--pty", "--json"], "do not go with --pty"),
        (["--pty", "--home", "/nowhere"], "do not go with --pty"),
        (["--firmware"], "go with --pty"),
        (["--folder", "/nowhere"], "go with --pty"),
    ],
)
def test_wrong_words(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sim", *words]) == 2
    assert says in capsys.readouterr().err
