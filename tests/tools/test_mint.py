"""Grants from plain words: what leaves is verified, what could not hold is explained."""

import argparse
import os
from collections import deque
from dataclasses import replace
from pathlib import Path

import pytest

from accord import grant as accord_grant
from accord.errors import Refused
from porchkit import keys, leasing, mint, wishes
from porchkit.errors import CommandError, ConsentRefused, UsageError
from porchkit.who import Party

NOW = 1_793_880_000
KEY = keys.generate()
ME = keys.thumb(KEY.public_key())
CAMERA = Party("porch", "c" * 42 + "A")
HUB = Party("fire", "h" * 42 + "A")


def _args(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    wishes.add_options(parser)
    return parser.parse_args(words)


def _wish(*words: str, audience: tuple[Party, ...] = (HUB,)) -> mint.Wish:
    return wishes.read(_args("--tz", "UTC0", *words), CAMERA, audience, ME, NOW)


def _mint(wish: mint.Wish, seq: int = 7) -> accord_grant.Grant:
    return mint.mint(wish, KEY, seq=seq, now=NOW, random=os.urandom)


def test_a_plain_grant() -> None:
    made = _mint(_wish())
    assert (made.iss, made.sub, made.aud) == (ME, CAMERA.thumb, (HUB.thumb,))
    assert made.actions == ("live", "snapshot")
    assert made.purposes == ("emergency",)
    assert (made.iat, made.nbf, made.exp, made.seq) == (NOW, NOW, NOW + 7200, 7)
    assert len(made.handle) == 16


def test_every_grant_has_its_own_name() -> None:
    assert _mint(_wish()).jti != _mint(_wish()).jti


def test_a_name_never_looks_like_an_option() -> None:
    draws = iter([b"\xfb" + bytes(15), b"\xff" + bytes(15)])  # "-w...", then "_w..."
    made = mint.mint(_wish(), KEY, seq=7, now=NOW, random=lambda _size: next(draws))
    assert made.jti.startswith("_")


def test_all_options_arrive_in_the_grant() -> None:
    wish = _wish(
        *("--actions", "live,clips", "--purposes", "fire,theft", "--for", "30d", "--from", "23:00"),
        *("--windows", "mon 18:00-23:00", "--fps", "5", "--size", "640x480"),
        *("--session", "10m", "--day-limit", "1h"),
    )
    made = _mint(wish)
    assert made.actions == ("live", "clips")
    assert made.purposes == ("fire", "theft")
    assert made.nbf == NOW + 11 * 3600
    assert made.exp == made.nbf + 30 * 86400
    assert made.windows == ((1080, 1380),)
    assert made.tz == "UTC0"
    assert made.limits == {"fps": 5, "w": 640, "h": 480, "session_s": 600, "day_s": 3600}


def test_own_look_is_own_use_and_keeps_what_was_asked() -> None:
    me = Party("me", ME)
    assert _wish(audience=(me,)).purposes == ("own-use",)
    assert _wish(audience=(HUB, me)).purposes == ("emergency", "own-use")
    assert _wish("--purposes", "fire", audience=(me,)).purposes == ("fire", "own-use")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--actions", "live,zoom"), "zoom"),
        (("--actions", ","), "--actions"),
        (("--purposes", "curiosity"), "curiosity"),
        (("--fps", "31"), "--fps"),
        (("--size", "big"), "640x480"),
        (("--size", "640x9999"), "--size"),
        (("--session", "2d"), "--session"),
        (("--from", "2020-01-01"), "begins now"),
        (("--until", "2020-01-01"), "ends after"),
    ],
)
def test_words_that_make_no_sense(words: tuple[str, ...], hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        _wish(*words)


def test_at_most_four_may_be_named() -> None:
    with pytest.raises(UsageError, match="at most four"):
        _wish(audience=(HUB,) * 5)


def test_live_for_days_needs_windows_and_a_daily_limit() -> None:
    with pytest.raises(ConsentRefused, match="--windows and --day-limit") as refused:
        _mint(_wish("--for", "2d"))
    assert refused.value.reason == "live-too-long"
    assert _mint(_wish("--for", "2d", "--actions", "snapshot")).actions == ("snapshot",)


def test_longer_than_the_profile_allows() -> None:
    with pytest.raises(ConsentRefused, match="bad-value"):
        _mint(_wish("--for", "91d", "--actions", "snapshot"))


def test_what_canonical_json_cannot_say() -> None:
    wish = mint.Wish("é", (HUB.thumb,), ("live",), ("fire",), NOW, NOW + 60)
    with pytest.raises(CommandError, match="no grant can say that"):
        _mint(wish)


@pytest.mark.parametrize(
    ("highest", "now", "seq"),
    [
        (0, NOW, NOW - mint.SEQ_EPOCH),
        (5, mint.SEQ_EPOCH + 3, 6),
        (2_000_000_000, NOW, 2_000_000_001),
    ],
)
def test_next_seq_passes_the_known_and_the_clock(highest: int, now: int, seq: int) -> None:
    assert mint.next_seq(highest, now) == seq


def test_three_hundred_grants_in_a_row_have_places_that_a_lease_speaks_of() -> None:
    """Each another one than the eight before it, which may still hold; also past a full list, and
    beside places that were stopped for good."""
    stopped, held = {0, 5, 6, 7}, deque[int](maxlen=8)
    for seq in range(1, 301):
        made = _mint(replace(_wish("--lease"), taken=frozenset(stopped | set(held))), seq=seq * 127)
        assert made.status_idx not in stopped | set(held)
        assert 0 < made.status_idx < leasing.FIRST_AGENT_IDX
        held.append(made.status_idx)


def test_no_place_is_left() -> None:
    everything = frozenset(range(256))
    with pytest.raises(CommandError, match="no place is left"):
        _mint(replace(_wish("--lease"), taken=everything))
    with pytest.raises(CommandError, match="no place is left"):
        leasing.delegate_jti(os.urandom, everything)


def test_a_new_agent_is_not_where_another_was_stopped() -> None:
    draws = iter([bytes([n]) + bytes(15) for n in (0x03, 0x83, 0xF9, 0x04)])  # "-..." is 0xF9
    jti = leasing.delegate_jti(lambda _size: next(draws), {128 + 3})
    assert leasing.agent_idx(jti) == 128 + 4


def test_another_key_does_not_verify() -> None:
    token = _mint(_wish()).token
    other = keys.generate().public_key()
    with pytest.raises(Refused, match="bad-signature"):
        accord_grant.verify(token, {ME: other}, keys.check)


def test_key_files_are_private_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "residents" / "sam.pem"
    keys.save_private(KEY, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.thumb(keys.load_private(path).public_key()) == ME
    assert keys.thumb(keys.load_public(path)) == ME
    with pytest.raises(CommandError, match="never replaced"):
        keys.save_private(keys.generate(), path)


@pytest.mark.parametrize("content", [b"", b"hello", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END"])
def test_files_that_are_no_key(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.pem"
    path.write_bytes(content)
    for load in (keys.load_private, keys.load_public):
        with pytest.raises(CommandError, match=r"bad\.pem"):
            load(path)


def test_a_key_of_another_kind(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    pem = ec.generate_private_key(ec.SECP384R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path / "p384.pem"
    path.write_bytes(pem)
    with pytest.raises(CommandError, match="not a P-256 key"):
        keys.load_private(path)
