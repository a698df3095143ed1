"""What the commands that work on a home folder share."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from porchlight import config as settings
from porchlight import values
from porchlight.clock import Clock
from porchlight.config import Config
from porchlight.errors import CommandError, RequestError, StoreError
from porchlight.registry import Party, Registry
from porchlight.store import Store


class UsageError(CommandError):
    """Wrong words on the command line."""

    exit_code = 2


def add_home(parser: argparse.ArgumentParser) -> None:
    """Declare --home."""
    parser.add_argument(
        "--home",
        metavar="FOLDER",
        help="the host's folder (default: $PORCHLIGHT_HOME or ~/.porchlight)",
    )


def load(args: argparse.Namespace) -> Config:
    """The settings of the chosen folder."""
    return settings.load(settings.home(args.home))


def name(text: str) -> str:
    """A resident's, hub's or camera's name from the command line."""
    try:
        return values.short_name(text)
    except ValueError as error:
        raise UsageError(f"the name {text!r} {error}") from None


@contextmanager
def opened(config: Config) -> Iterator[tuple[Store, Registry]]:
    """The database of a host, running or not; what is refused becomes one line."""
    store = Store(config.database_url)
    try:
        store.open()
        yield store, Registry(store, Clock())
    except RequestError as error:
        raise CommandError(f"{error.detail} ({error.reason})") from None
    except StoreError as error:
        raise CommandError(f"the database cannot be written: {error}") from None
    finally:
        store.close()


def resident(registry: Registry, chosen: str | None) -> Party:
    """The resident of this name, or the only one there is."""
    if chosen is not None:
        found = registry.named("resident", name(chosen))
        if found is None:
            raise CommandError(f"no resident {chosen!r}; add one: porchlight resident new {chosen}")
        return found
    known = registry.parties("resident")
    if not known:
        raise CommandError("no resident yet; add one: porchlight resident new NAME")
    if len(known) > 1:
        names = ", ".join(party.name for party in known)
        raise CommandError(f"whose camera is it? choose with --resident: {names}")
    return known[0]
