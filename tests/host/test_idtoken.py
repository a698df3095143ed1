"""ID tokens: every lie is refused by its own word. Pure: no provider, no host, no clock."""

import hmac
import json
from typing import Any

import pytest
from joserfc import jwk, jwt

from accord import b64
from porchlight.errors import Unauthenticated
from porchlight.who import idtoken
from porchlight.who.idtoken import Expected

NOW = 1_800_000_000
WANTED = Expected("https://login.example.org", "porchlight", jkt="J" * 43)
CLAIMS: dict[str, Any] = {
    "iss": WANTED.issuer,
    "aud": WANTED.client_id,
    "sub": "248289761001",
    "nonce": "n-0S6_WzA2Mj",
    "iat": NOW - 5,
    "exp": NOW + 300,
}
EC = jwk.generate_key("EC", "P-256", {"kid": "ec", "use": "sig"})
RSA = jwk.generate_key("RSA", 2048, {"kid": "rsa", "use": "sig"})
KEYS: list[dict[str, Any]] = [key.as_dict(private=False) for key in (EC, RSA)]


def signed(changed: dict[str, Any] | None = None, key: Any = EC, **header: Any) -> str:
    alg = "ES256" if key.key_type == "EC" else "RS256"
    head = {"alg": alg, "kid": key.kid} | header
    return jwt.encode(head, CLAIMS | (changed or {}), key, [head["alg"]])


def written(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"x") -> str:
    """By hand, for what no library signs."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(map(b64.encode, parts))


def verified(text: str, keys: list[dict[str, Any]] = KEYS, now: int = NOW) -> idtoken.IdToken:
    return idtoken.verify(idtoken.read(text), keys, WANTED, now)


def why(text: str, keys: list[dict[str, Any]] = KEYS, now: int = NOW) -> str:
    with pytest.raises(Unauthenticated) as refused:
        verified(text, keys, now)
    return refused.value.reason


@pytest.mark.parametrize("key", [EC, RSA], ids=["ES256", "RS256"])
def test_a_token_that_holds(key: Any) -> None:
    token = verified(signed(key=key))
    assert (token.subject, token.nonce, token.expires) == (
        CLAIMS["sub"],
        CLAIMS["nonce"],
        NOW + 300,
    )


@pytest.mark.parametrize(
    ("reason", "changed"),
    [
        ("wrong-issuer", {"iss": "https://login.example.org/"}),
        ("bad-token", {"iss": None}),
        ("wrong-audience", {"aud": "another"}),
        ("wrong-audience", {"aud": []}),
        ("wrong-audience", {"aud": {"porchlight": 1}}),
        ("wrong-audience", {"aud": ["porchlight", "another"]}),
        ("wrong-audience", {"aud": ["porchlight", "another"], "azp": "another"}),
        ("wrong-audience", {"azp": "another"}),
        ("expired-token", {"exp": NOW}),
        ("bad-token", {"exp": str(NOW + 300)}),
        ("bad-token", {"exp": NOW + 300.5}),
        ("bad-token", {"exp": True}),
        ("bad-token", {"exp": None}),
        ("stale-token", {"iat": NOW + 61}),
        ("stale-token", {"iat": NOW - 601}),
        ("bad-token", {"iat": None}),
        ("stale-token", {"nbf": NOW + 61}),
        ("stale-token", {"nbf": "now"}),
        ("bad-token", {"nonce": ""}),
        ("bad-token", {"nonce": None}),
        ("bad-token", {"sub": ""}),
        ("bad-token", {"sub": 1}),
        ("wrong-key", {"cnf": {"jkt": "K" * 43}}),
        ("wrong-key", {"cnf": {}}),
        ("wrong-key", {"cnf": "J" * 43}),
    ],
)
def test_claims_that_are_wrong(reason: str, changed: dict[str, Any]) -> None:
    assert why(signed(changed)) == reason


def test_a_key_that_the_token_is_bound_to_is_the_hub_s() -> None:
    assert verified(signed({"cnf": {"jkt": WANTED.jkt}})).subject == CLAIMS["sub"]
    assert verified(signed({"aud": ["porchlight", "b"], "azp": "porchlight"})).subject


def test_no_signature_at_all() -> None:
    for alg in ("none", "None", "NONE", "", None, 1, ["ES256"]):
        assert why(written({"alg": alg, "kid": "ec"}, CLAIMS, b"")) == "bad-algorithm"


@pytest.mark.parametrize("key", [EC, RSA], ids=["EC", "RSA"])
def test_a_public_key_is_no_shared_secret(key: Any) -> None:
    """Signed HS256 with what everybody can fetch: in PEM, in DER, as JWK."""
    forms = [key.as_pem(private=False), key.as_der(private=False)]
    forms.append(json.dumps(key.as_dict(private=False)).encode())
    for secret in forms:
        body = written({"alg": "HS256", "kid": key.kid}, CLAIMS).rpartition(".")[0]
        text = f"{body}.{b64.encode(hmac.digest(secret, body.encode(), 'sha256'))}"
        assert why(text) == "bad-algorithm"
        shared = {"kty": "oct", "k": b64.encode(secret), "kid": key.kid}
        assert why(text, [*KEYS, shared]) == "bad-algorithm"


def test_an_algorithm_of_another_kind_of_key() -> None:
    assert why(signed(key=EC, kid="rsa")) == "bad-signature"
    head = {"alg": "RS256", "kid": "ec"}
    assert why(written(head, CLAIMS)) == "bad-signature"
    curve = jwk.generate_key("EC", "P-384", {"kid": "ec"}).as_dict(private=False)
    assert why(signed(), [curve]) == "bad-signature"


@pytest.mark.parametrize("header", [{"jwk": KEYS[0]}, {"jku": "http://x"}, {"x5u": "http://x"}])
def test_a_token_does_not_bring_its_own_keys(header: dict[str, Any]) -> None:
    thief = jwk.generate_key("EC", "P-256", {"kid": "ec"})
    assert why(signed(key=thief)) == "bad-signature"
    head = {"alg": "ES256", "kid": "ec"} | header
    assert why(written(head, CLAIMS)) == "bad-token"


def test_which_key_it_is_must_be_plain() -> None:
    nameless = jwt.encode({"alg": "ES256"}, CLAIMS, EC, ["ES256"])
    assert verified(nameless).subject == CLAIMS["sub"]
    other = jwk.generate_key("EC", "P-256", {"kid": "other"}).as_dict(private=False)
    assert why(nameless, [*KEYS, other]) == "bad-signature"
    assert why(signed(kid="unknown")) == "bad-signature"
    assert why(signed(), []) == "bad-signature"
    assert why(signed(), [KEYS[0] | {"use": "enc"}]) == "bad-signature"
    assert why(signed(), [{"kty": "EC", "kid": "ec"}]) == "bad-signature"


def test_a_short_key_is_no_key() -> None:
    with pytest.warns(match="2048"):
        short = jwk.generate_key("RSA", 1024, {"kid": "rsa"})
    text = jwt.encode({"alg": "RS256", "kid": "rsa"}, CLAIMS, short, ["RS256"])
    with pytest.warns(match="2048"):
        assert why(text, [short.as_dict(private=False)]) == "bad-signature"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_bit_of_it_that_was_changed(place: int) -> None:
    parts = signed().split(".")
    raw = bytearray(b64.decode(parts[place]))
    raw[len(raw) // 2] ^= 1
    parts[place] = b64.encode(bytes(raw))
    assert why(".".join(parts)) in ("bad-signature", "bad-token", "bad-algorithm", "wrong-issuer")


@pytest.mark.parametrize(
    "text", ["", "a.b", "a.b.c.d", "é.e.e", "e30.e30.", "W10.W10.eA", "." * 20_000, "[" * 9_000]
)
def test_what_is_no_token_at_all(text: str) -> None:
    assert why(text) in ("bad-token", "bad-algorithm")
