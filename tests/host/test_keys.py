"""Keys: names, forms, and signatures as ES256 wants them."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from accord import b64
from porchlight.keys import PrivateKey, PublicKey, check

# RFC 7515 appendix A.3: an ES256 signature made by others.
JWK = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
INPUT = (
    b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    b"cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)
SIGNATURE = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"


def test_a_signature_made_by_others_holds() -> None:
    key = PublicKey.from_jwk(JWK)
    assert key.verify(INPUT, b64.decode(SIGNATURE))
    assert not key.verify(INPUT + b"x", b64.decode(SIGNATURE))


def test_what_one_signs_the_other_verifies() -> None:
    key = PrivateKey.generate()
    signature = key.sign(b"message")
    assert len(signature) == 64
    assert check(key.public, b"message", signature)
    assert not check(key.public, b"messagE", signature)
    assert not check(PrivateKey.generate().public, b"message", signature)


def test_every_flipped_bit_is_noticed() -> None:
    key = PrivateKey.generate()
    signature = key.sign(b"message")
    for at in range(0, 512, 3):
        flipped = bytearray(signature)
        flipped[at // 8] ^= 1 << at % 8
        assert not key.public.verify(b"message", bytes(flipped)), at


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(65), bytes(64), b"\xff" * 64])
def test_what_is_no_signature_does_not_hold(signature: bytes) -> None:
    assert not PrivateKey.generate().public.verify(b"message", signature)


def test_forms_lead_back_to_the_same_key() -> None:
    key = PrivateKey.generate()
    assert PublicKey.from_jwk(key.public.jwk()) == key.public
    assert PublicKey.from_pem(key.public.pem()) == key.public
    assert PrivateKey.from_pem(key.pem()).public == key.public


def test_the_thumb_is_that_of_rfc_7638() -> None:
    members = {"crv": "P-256", "kty": "EC", "x": JWK["x"], "y": JWK["y"]}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    expected = base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
    assert PublicKey.from_jwk(JWK).thumb == expected


BAD_JWKS: list[Any] = [
    None,
    "x",
    [],
    {},
    JWK | {"d": "AAAA"},
    JWK | {"kid": "x"},
    {name: JWK[name] for name in ("kty", "crv", "x")},
    JWK | {"kty": "OKP"},
    JWK | {"crv": "secp256k1"},
    JWK | {"x": JWK["x"] + "="},
    JWK | {"x": JWK["x"][:-1]},
    JWK | {"x": JWK["y"]},
    JWK | {"x": None},
    JWK | {"x": "\ud800"},
]


@pytest.mark.parametrize("jwk", BAD_JWKS, ids=repr)
def test_what_is_no_public_key_is_refused(jwk: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        PublicKey.from_jwk(jwk)


def test_only_p256_is_taken() -> None:
    others: list[Any] = [
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ]
    for other in others:
        pem = other.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        public = other.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        with pytest.raises(ValueError, match="not a P-256 key"):
            PrivateKey.from_pem(pem)
        with pytest.raises(ValueError, match="not a P-256 key"):
            PublicKey.from_pem(public)


@pytest.mark.parametrize("pem", [b"", b"nonsense", b"-----BEGIN PUBLIC KEY-----\n"])
def test_what_is_no_pem_is_refused(pem: bytes) -> None:
    with pytest.raises(ValueError, match="not a PEM public key"):
        PublicKey.from_pem(pem)
    with pytest.raises(ValueError, match="not an unencrypted PEM private key"):
        PrivateKey.from_pem(pem)


def test_a_private_key_does_not_show() -> None:
    key = PrivateKey.generate()
    secret = key.pem().decode().splitlines()[1]
    assert secret not in repr(key)
    assert secret not in repr(vars(key))


def test_wycheproof_agrees(shared: Path) -> None:
    [path] = [p for p in (shared / "data/wycheproof").iterdir() if "p1363" in p.name]
    groups = json.loads(path.read_text())["testGroups"]
    cases = [(group, case) for group in groups for case in group["tests"]]
    assert len(cases) == 262
    for group, case in cases:
        point = bytes.fromhex(group["publicKey"]["uncompressed"])
        key = PublicKey.from_coordinates(point[1:33], point[33:])
        held = key.verify(bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
        assert held == (case["result"] == "valid"), case["tcId"]
