"""The page's modules without a page: their own tests under node, and what they sign judged by
the code that will verify it."""

import json
import random
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from accord import b64, canon, grant, lease
from accord.errors import Refused
from porchkit import keys, leasing
from porchlight import dpop
from porchlight.audit.entries import TYPES
from porchlight.client import looks
from porchlight.errors import Unauthenticated
from porchlight.requests import statement

JS = Path(__file__).parent / "js"
HUB = "h" * 42 + "A"
NAMES = ("127.0.0.1",)
CAMERA = "c" * 42 + "A"


@pytest.fixture
def speak(node: str) -> Any:
    """Asks the page's modules one thing: JSON in, JSON out."""

    def ask(what: str, **request: Any) -> Any:
        done = subprocess.run(
            [node, JS / "speak.mjs"],
            input=json.dumps({"ask": what, **request}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ask


def test_modules_pass_their_own_tests(node: str) -> None:
    files = sorted(JS.glob("*.test.mjs"))
    assert len(files) >= 5
    done = subprocess.run([node, "--test", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_canonical_json_is_that_of_boards_and_host(speak: Any) -> None:
    chance = random.Random(1)
    values = [_value(chance, depth=3) for _ in range(300)]
    assert speak("canon", values=values) == [canon.dumps(value).decode() for value in values]


def test_what_has_no_canonical_form_is_not_signed(speak: Any) -> None:
    values = [0.5, 2**53, "é", 'a"b', "a\\b", "a\nb", {"é": 1}, [None, {"a": ["\x7f"]}]]
    assert speak("refused", values=values) == [None] * len(values)


@pytest.mark.parametrize("lasts_s", [60, 3600, 86_400])
def test_a_grant_made_in_the_browser_is_accepted(speak: Any, lasts_s: int) -> None:
    key = keys.generate()
    claims = _mint(speak, key, lasts_s)
    assert (claims.sub, claims.aud, claims.actions) == (CAMERA, (HUB,), ("live", "snapshot"))
    assert claims.exp - claims.nbf == lasts_s
    assert abs(claims.nbf - time.time()) < 60


def test_the_browser_cannot_make_what_boards_refuse(speak: Any) -> None:
    with pytest.raises(Refused, match="live-too-long"):
        _mint(speak, keys.generate(), 86_401)


def test_a_proof_made_in_the_browser_is_accepted(speak: Any) -> None:
    key, now, body = keys.generate(), int(time.time()), '{"token":"x"}'
    url = "http://127.0.0.1:8080/api/v1/grants?after=1"
    request = {"method": "POST", "url": url, "body": body}
    header = speak("proof", jwk=keys.private_jwk(key), request=request)
    asked = dpop.Asked("POST", "http", "127.0.0.1:8080", "/api/v1/grants", body.encode(), NAMES)
    assert dpop.verify(header, asked, now).key.thumb == keys.thumb(key.public_key())
    other = dpop.Asked("POST", "http", "127.0.0.1:8080", "/api/v1/grants", b"{}", NAMES)
    with pytest.raises(Unauthenticated, match="wrong-body"):
        dpop.verify(header, other, now)


def test_a_word_said_in_the_browser_is_taken_by_boards(speak: Any) -> None:
    key = keys.generate()
    now = int(time.time())
    to = {"camera": CAMERA, "nonce": "A" * 22, "now_s": now}
    known = {keys.thumb(key.public_key()): key.public_key()}
    words = {
        "pause": {"lease_s": 40, "pause": True},
        "resume": {"lease_s": 3600, "resume": True},
        "open": {"lease_s": 40, "opens": "B" * 21 + "A"},
    }
    heard = {}
    for name, word in words.items():
        token = speak("lease", jwk=keys.private_jwk(key), word=word, to=to)
        heard[name] = lease.verify(token.encode(), known, keys.check)
    assert {one.uri for one in heard.values()} == {lease.uri(CAMERA)}
    assert [lease.status(one.statuses, 0) for one in heard.values()] == [lease.SUSPENDED, 0, 0]
    assert [one.resumes for one in heard.values()] == [False, True, False]
    assert [one.opens for one in heard.values()] == [b"", b"", b64.decode("B" * 21 + "A")]
    by_us = leasing.answer(leasing.Word(lease_s=40, stopped=(0,)), key, CAMERA, "A" * 22, now)
    by_page = speak("lease", jwk=keys.private_jwk(key), word=words["pause"], to=to)
    assert by_page.split(".")[:2] == by_us.decode().split(".")[:2]


def test_a_request_signed_in_the_browser_is_taken_by_hosts(speak: Any) -> None:
    key, now = keys.generate(), int(time.time())
    wish = {
        "circle": {"lat": 52.3702, "lon": -4.89, "radius_m": 641},
        "cause": {"case": "26-1", "purpose": "fire", "reason": "a fire at the corner"},
        "from_s": now - 7_200,
        "until_s": now - 3_600,
        "actions": ["clips", "export"],
        "open_s": 7 * 86_400,
    }
    to = {"host": HUB, "jti": "A" * 22, "now_s": now}
    token = speak("request", jwk=keys.private_jwk(key), wish=wish, to=to)
    known = {keys.thumb(key.public_key()): key.public_key()}
    found = statement.verify(token.encode(), known, keys.check)
    assert (found.window, found.actions) == ((now - 7_200, now - 3_600), ("clips", "export"))


def test_looks_signed_in_the_browser_are_what_the_host_compares(speak: Any) -> None:
    key = keys.generate()
    why = {"action": "live", "purpose": "fire", "case": ' Über "26" ', "reason": "smoke"}
    wish = {"cameras": [CAMERA, HUB], **why}
    body = speak("look", jwk=keys.private_jwk(key), host=HUB, operator="op-1", wish=wish)
    known = {keys.thumb(key.public_key()): key.public_key()}
    found = {cam: looks.verify(text, known, keys.check) for cam, text in body["looks"].items()}
    ask = looks.Ask("live", "fire", body["case"], "smoke", operator="op-1")
    assert (body["case"], body["cameras"]) == ('Über "26"', [CAMERA, HUB])
    assert all(found[cam].says(replace(ask, camera=cam)) for cam in (CAMERA, HUB))
    assert {each.aud for each in found.values()} == {HUB}
    assert abs(found[HUB].iat - time.time()) < looks.WINDOW_S


def test_every_type_of_entry_has_words(speak: Any) -> None:
    kinds = sorted(TYPES)
    entries = [{"type": kind, "camera": "CAM", "hub": "HUB", "detail": {}} for kind in kinds]
    said = dict(zip(kinds, speak("sentences", entries=entries), strict=True))
    spelled = {kind for kind, words in said.items() if words.lower() == unsaid(kind)}
    assert spelled == set()


def unsaid(kind: str) -> str:
    """What the page makes of a type that it has no sentence for."""
    return f"{kind.replace('.', ' ')}."


@pytest.mark.parametrize("kind", ["pem", "jwk"])
def test_a_key_file_becomes_a_key_no_script_can_read(speak: Any, kind: str) -> None:
    key = keys.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    file = pem if kind == "pem" else json.dumps(keys.private_jwk(key))
    told = speak("thumb", file=file)
    assert told["thumb"] == keys.thumb(key.public_key())
    assert told["jwk"] == keys.public_jwk(key.public_key())
    assert told["extractable"] is False


def _mint(speak: Any, key: keys.PrivateKey, lasts_s: int) -> grant.Grant:
    detail = {
        "type": grant.DETAIL_TYPE, "actions": ["live", "snapshot"], "purposes": ["theft"],
        "limits": {"fps": 5},
    }  # fmt: skip
    terms = {"camera": CAMERA, "hubs": [HUB], "scope": detail}
    when = {"seq": 7, "now_s": int(time.time()), "lasts_s": lasts_s}
    token = speak("mint", jwk=keys.private_jwk(key), terms=terms, when=when)
    known = {keys.thumb(key.public_key()): key.public_key()}
    return grant.verify(token.encode(), known, keys.check)


def _value(chance: random.Random, depth: int) -> Any:
    kind = chance.randrange(7 if depth else 5)
    if kind == 5:
        return [_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    if kind == 6:
        return {_text(chance): _value(chance, depth - 1) for _ in range(chance.randrange(5))}
    plain = [None, True, False, chance.randrange(-(2**53) + 1, 2**53), _text(chance)]
    return plain[kind]


def _text(chance: random.Random) -> str:
    letters = [chr(code) for code in range(32, 127) if chr(code) not in '"\\']
    return "".join(chance.choices(letters, k=chance.randrange(6)))
