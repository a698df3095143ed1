"""From the names people use to thumbs, and back: cameras, hubs, "me"."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accord import names as accord_names
from porchkit import keys
from porchkit.errors import CommandError, UsageError
from porchkit.home import Home

ME = "me"


@dataclass(frozen=True)
class Party:
    """Somebody, or a camera, under the name that was asked for."""

    name: str
    thumb: str


def audience(words: Iterable[str], home: Home, me: str) -> list[Party]:
    """Each of `words` is "me", a hub's name in this folder, a .pem file, or a thumb."""
    hubs = home.hubs()
    found = {party.thumb: party for party in (_party(word, hubs, me) for word in words)}
    return list(found.values())


def camera(word: str, home: Home, listed: Iterable[Mapping[str, Any]]) -> Party:
    """A camera by its name in this folder, its label or id at the host, or a bare thumb.

    `listed`: the resident's cameras as the host tells them; empty when offline."""
    shown = list(listed)
    here = home.cameras()
    if word in here:
        return Party(word, here[word])
    for key in ("id", "label"):
        fits = [row for row in shown if row[key] == word]
        if len(fits) > 1:
            raise CommandError(f"{len(fits)} cameras are called '{word}'; give the id instead")
        if fits:
            return Party(str(fits[0]["label"]), str(fits[0]["id"]))
    if is_thumb(word):
        return Party(word, word)
    known = sorted({*here, *(str(row["label"]) for row in shown)})
    hint = f"there are {', '.join(known)}" if known else "add one with: porchlight camera add"
    raise CommandError(f"no camera '{word}'; {hint}")


def names(home: Home, key: keys.PrivateKey, cameras: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What to call each thumb the resident may meet: cameras, hubs of this folder, "you"."""
    hubs = {thumb: name for name, thumb in home.hubs().items()}
    labels = {str(row["id"]): str(row["label"]) for row in cameras}
    return {**hubs, **labels, keys.thumb(key.public_key()): "you"}


def called(thumb: str, known: Mapping[str, str]) -> str:
    """The name of a thumb, or its beginning."""
    return known.get(thumb) or f"{thumb[:8]}…"


def is_thumb(word: str) -> bool:
    """Whether `word` is the thumbprint of a key."""
    try:
        return len(accord_names.raw(word)) == accord_names.KEY_BYTES
    except ValueError:
        return False


def _party(word: str, hubs: Mapping[str, str], me: str) -> Party:
    if word == ME:
        return Party(ME, me)
    if word in hubs:
        return Party(word, hubs[word])
    if word.endswith(".pem"):
        return Party(Path(word).stem, keys.thumb(keys.load_public(Path(word))))
    if is_thumb(word):
        return Party(word, word)
    known = ", ".join([ME, *hubs])
    raise UsageError(f"no hub '{word}' here; there are {known}, or give its .pem file")
