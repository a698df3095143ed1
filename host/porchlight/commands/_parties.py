"""Registering and listing residents and hubs: what the commands `resident` and `hub` share."""

import json
from pathlib import Path

from porchlight import files
from porchlight.commands._home import opened
from porchlight.config import Config
from porchlight.errors import CommandError
from porchlight.keys import PrivateKey, PublicKey
from porchlight.registry import Party


def add_known(config: Config, kind: str, name: str, pem: Path) -> Party:
    """Register a party by the public key in a PEM file."""
    return register(config, kind, name, _public(pem))


def add_new(config: Config, kind: str, name: str, path: Path) -> Party:
    """Make a key, keep it in `path` for this user only, register it. All of it or nothing."""
    key = PrivateKey.generate()
    files.private_folder(path.parent)
    files.create(path, key.pem(), files.PRIVATE)
    try:
        return register(config, kind, name, key.public)
    except BaseException:
        path.unlink()
        raise


def register(config: Config, kind: str, name: str, key: PublicKey) -> Party:
    """Put a key and its name into the database; CommandError if either is taken."""
    with opened(config) as (store, registry):
        return store.run_now(registry.adding_party(kind, name, key))


def show(config: Config, kind: str, *, as_json: bool) -> None:
    """Print all residents or all hubs."""
    with opened(config) as (_, registry):
        found = registry.parties(kind)
    if as_json:
        rows = [{"name": party.name, "thumb": party.thumb} for party in found]
        print(json.dumps({f"{kind}s": rows}))
        return
    for party in found:
        print(f"{party.name:<32} {party.thumb}")
    if not found:
        print(f"no {kind} yet")


def _public(path: Path) -> PublicKey:
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from None
    if b"PRIVATE KEY" in pem:
        raise CommandError(
            f"{path} holds a private key, which must stay where it is; "
            f"give its public half: openssl pkey -in {path} -pubout"
        )
    try:
        return PublicKey.from_pem(pem)
    except ValueError as error:
        raise CommandError(f"{path} is {error}; give a P-256 public key in PEM") from None
