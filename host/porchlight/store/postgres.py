"""PostgreSQL: what it takes for its transactions to keep what SQLite's keep by themselves.

One transaction writes at a time, whichever host's it is: the numbers of entries then rise in the
order of their commits, so nobody who reads on from a number ever passes one by, and what a
transaction has checked still holds when it is committed. Readers see one moment, and wait for
nobody.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from sqlalchemy import Connection, ExceptionContext, create_engine, event
from sqlalchemy.engine import URL, Engine

from porchlight.errors import CommandError, Invalid, StoreError
from porchlight.store.commits import Result

WAIT_S: Final = 10.0  # for others who write, and for one of them that falls silent meanwhile
PATIENCE_S: Final = 2.0  # of the event loop; a row by its key takes a thousandth of that
MOST_WAITING: Final = 4  # threads that a silent server can hold: the loop asks one question a time
DRIVER: Final = "postgresql+psycopg"
READER: Final = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_OURS: Final = 0x706F7263686C6974  # the lock of whoever writes to a database of Porchlight's
# For this transaction only, so that it also works behind a pooler. Durable when committed: what a
# server is told not to wait for at all, we do wait for.
_BEGIN: Final = """\
SELECT set_config('lock_timeout', '{ms}', true),
  set_config('idle_in_transaction_session_timeout', '{ms}', true),
  set_config('synchronous_commit',
    replace(current_setting('synchronous_commit'), 'off', 'on'), true),
  pg_advisory_xact_lock({lock})"""
# A server that is gone without a word is noticed: libpq's own words, seconds unless they say ms.
_NOTICING: Final = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "application_name": "porchlight",
}


def engine(url: URL, reading: str) -> Engine:
    """For a URL of PostgreSQL's. `reading`: the option that marks connections which only read.

    CommandError: the driver is missing, or another one is named."""
    if url.drivername not in ("postgresql", DRIVER):
        raise CommandError("database.url names another driver; write it as postgresql://…")
    chosen = {name: value for name, value in _NOTICING.items() if name not in url.query}
    try:
        made = create_engine(
            url.set(drivername=DRIVER),
            hide_parameters=True,
            pool_pre_ping=True,  # the server may have been restarted meanwhile
            use_native_hstore=False,
            connect_args={"client_encoding": "utf8", **chosen},
        )
    except ModuleNotFoundError:
        raise CommandError(
            "PostgreSQL needs its driver; run `pip install 'porchlight-cam[postgres]'`"
        ) from None

    writing = _BEGIN.format(ms=round(WAIT_S * 1000), lock=_OURS)

    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(reading):
            connection.exec_driver_sql(writing)

    event.listen(made, "begin", begin)
    event.listen(made, "handle_error", _misworded, retval=True)
    return made


def _misworded(context: ExceptionContext) -> BaseException | None:
    """Of all that is text elsewhere, one character cannot be kept here: its sender's fault."""
    said = str(context.original_exception)
    if type(context.original_exception).__name__ == "DataError" and "NUL (0x00)" in said:
        return Invalid("bad-text", "a text has a NUL character in it")
    return None


def check(engine: Engine) -> None:
    """CommandError if this database cannot hold what people write."""
    with engine.connect() as connection:
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise CommandError(
            f"the database has the encoding {encoding}; make one with ENCODING 'UTF8'"
        )


def vacuum(connection: Connection) -> None:
    """Take deleted words out of their table and its indexes."""
    connection.exec_driver_sql("VACUUM (INDEX_CLEANUP ON) entry_words")


class Reach:
    """Whether the server answered when it was last asked.

    A server that falls silent must not hold up the event loop, and with it the streams that run:
    the loop waits for PATIENCE_S at most, and asks nothing more until there was an answer.
    """

    def __init__(self, engine: Engine) -> None:
        self._lost = threading.Event()
        self._threads = ThreadPoolExecutor(MOST_WAITING, thread_name_prefix="reading")
        event.listen(engine, "handle_error", self._failed)
        event.listen(engine, "begin", self._began)

    @property
    def lost(self) -> bool:
        """It did not answer."""
        return self._lost.is_set()

    def soon(self, read: Callable[[], Result]) -> Result:
        """What is read, or StoreError: soon."""
        try:
            return self._threads.submit(read).result(PATIENCE_S)
        except TimeoutError:
            self._lost.set()
            raise StoreError("the database does not answer") from None

    def close(self) -> None:
        """Wait for nobody."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _failed(self, context: ExceptionContext) -> None:
        if context.connection is None or context.is_disconnect:
            self._lost.set()

    def _began(self, _connection: Any) -> None:
        """The pool has asked whether this connection lives, or made it."""
        self._lost.clear()
