"""A throw-away PostgreSQL for tests: on a Unix socket in a folder of its own, with no port and no
password, ended with the tests. A database costs a tenth of a second.
"""

import atexit
import contextlib
import functools
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from porchlight.store import Store

MISSING: Final = "needs PostgreSQL's `initdb` and `postgres` (Debian's package postgresql)"
PATIENCE_S: Final = 30.0
_PLACES: Final = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
)
_SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "off",  # the machine may fail, the tests do not ask about it
    "shared_buffers": "16MB",
    "max_connections": "60",
    "autovacuum": "off",
}
_numbers = itertools.count(1)


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`, the newest there is; None if there is none."""
    found = [path for place in _PLACES for path in Path("/").glob(place[1:] + "/initdb")]
    newest = sorted(found, key=lambda path: [int(n) for n in path.parts if n.isdecimal()])
    on_path = shutil.which("initdb")
    best = newest[-1] if newest else Path(on_path).resolve() if on_path else None
    return best.parent if best is not None and (best.parent / "postgres").exists() else None


def account() -> str | None:
    """As whom to run it: PostgreSQL refuses root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


class Server:
    """A running server. stop() and start() are a restart; close() leaves nothing behind."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._as: dict[str, Any] = {"cwd": "/"}
        self.folder = Path(tempfile.mkdtemp(prefix="porchlight-pg-", dir="/tmp"))  # short: a socket
        if (user := account()) is not None:
            who = pwd.getpwnam(user)
            os.chown(self.folder, who.pw_uid, who.pw_gid)
            self._as |= {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
        self._process: subprocess.Popen[bytes] | None = None
        words = ("-D", self.folder / "data", "-U", "porchlight", "-E", "UTF8", "--locale=C")
        quick = ("-A", "trust", "--no-sync", "--no-instructions")
        command = [programs / "initdb", *words, *quick]
        subprocess.run(command, check=True, capture_output=True, **self._as)

    def start(self) -> None:
        """Returns once it takes connections."""
        settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [self._programs / "postgres", "-D", self.folder / "data", "-k", self.folder]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *settings], stderr=log, start_new_session=True, **self._as
            )
        ready = [self._programs / "pg_isready", "-q", "-h", self.folder, "-d", "postgres"]
        while subprocess.run(ready, check=False, cwd="/").returncode:
            assert self._process.poll() is None, (self.folder / "log").read_text()

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """As if it had crashed; SIGINT: orderly, its clients are told."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE_S)

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """It takes connections and questions, and answers none."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            pids = [pid for (pid,) in connection.execute("SELECT pid FROM pg_stat_activity")]
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            try:
                yield
            finally:
                for pid in pids:
                    os.kill(pid, signal.SIGCONT)

    def close(self) -> None:
        """It, and what it kept."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *statements: str) -> list[Any]:
        """As its administrator, each by itself; the rows of the last one."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            for statement in statements:
                found = connection.execute(statement)
            return found.fetchall() if found.description else []

    def conninfo(self, database: str) -> str:
        """For psycopg."""
        return f"host={self.folder} user=porchlight dbname={database}"

    def url(self, database: str) -> str:
        """For database.url."""
        return f"postgresql://porchlight@/{database}?host={self.folder}"

    def empty(self, options: str = "") -> str:
        """A new database without tables; its name."""
        name = f"porch{next(_numbers)}"
        self.run(f"CREATE DATABASE {name} {options}")
        return name

    @functools.cached_property
    def _template(self) -> str:
        """The name of a database that the migrations made."""
        name = self.empty()
        store = Store(self.url(name))
        store.open()
        store.close()
        return name

    def fresh(self) -> str:
        """A new database, up to date and empty; its name."""
        return self.empty(f"TEMPLATE {self._template}")


@functools.cache
def server() -> Server:
    """The one of this process, started when it is first asked for; skips where there is none."""
    found = programs()
    if found is None:
        pytest.skip(MISSING)
    made = Server(found)
    atexit.register(made.close)
    made.start()
    return made
