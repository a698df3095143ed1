"""Project Wycheproof's JSON Web Signature cases that concern ES256, against the grant parser.

Its tokens carry the payload "foo" and no `typ`: as they stand none may pass as a grant. What they
probe (malformed texts, signatures out of range, embedded keys) is judged by the parser's own parts:
split() and the exact header, then the signature over the bytes received.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from accord import b64, canon, envelope, grant
from accord.errors import Refused
from tests.vectors.make_grants import Key, claims

es256 = __import__("portable").es256
HEADER = {"alg": "ES256", "kid": "kid-ec-sign"}


@pytest.fixture(scope="module")
def groups(shared: Path) -> list[dict[str, Any]]:
    cases = json.loads((shared / "data/wycheproof/json_web_signature_test.json").read_text())
    found = [g for g in cases["testGroups"] if g.get("public", {}).get("crv") == "P-256"]
    assert sum(len(g["tests"]) for g in found) == 41
    return found


def public_bytes(group: dict[str, Any]) -> bytes:
    return b64.decode(group["public"]["x"]) + b64.decode(group["public"]["y"])


def accepted(text: str, public: bytes) -> bool:
    """What open_verified() does, with the header of these cases in place of ours."""
    token = text.encode()
    try:
        head, _, signature = envelope.split(token)
        if canon.loads(head) != HEADER:
            return False
    except (Refused, ValueError):
        return False
    return es256(public, token[: token.rfind(b".")], signature)


def test_every_case_is_judged_as_wycheproof_says(groups: list[dict[str, Any]]) -> None:
    for group in groups:
        if group["comment"] == "ec_key_for_encryption":
            continue  # `use` and `key_ops`: our keys are pinned by thumbprint and carry neither
        for case in group["tests"]:
            verdict = "valid" if accepted(case["jws"], public_bytes(group)) else "invalid"
            assert verdict == case["result"], case["comment"]


def test_none_of_them_is_a_grant(groups: list[dict[str, Any]]) -> None:
    for group in groups:
        for case in group["tests"]:
            with pytest.raises(Refused):
                grant.verify(case["jws"].encode(), {"kid-ec-sign": public_bytes(group)}, es256)


def test_a_grant_signed_with_wycheproofs_key_is_one(groups: list[dict[str, Any]]) -> None:
    key = Key(int.from_bytes(b64.decode(groups[0]["private"]["d"]), "big"))
    assert key.public == public_bytes(groups[0])
    signed = grant.signing_input(claims(iss=key.thumb), key.thumb)
    token = grant.assemble(signed, key.sign(signed))
    assert grant.verify(token, {key.thumb: key.public}, es256).iss == key.thumb
