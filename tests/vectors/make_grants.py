"""Makes grants.json: tokens good and bad, and what each verifier has to say about them.

Run by hand (`python tests/vectors/make_grants.py`); the output is committed. Deterministic: fixed
keys, RFC 6979 signatures. Bad tokens are signed by the right key unless the case says otherwise, so
that nothing but the fault under test can be what refuses them.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from accord import b64, canon, envelope, names

NOW = 1_760_000_000
HERE = Path(__file__).parent


class Key:
    def __init__(self, secret: int) -> None:
        self.private = ec.derive_private_key(secret, ec.SECP256R1())
        numbers = self.private.public_key().public_numbers()
        self.public = numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
        self.thumb = names.key_thumb(self.public[:32], self.public[32:])

    def sign(self, message: bytes) -> bytes:
        der = self.private.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(der)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


RESIDENT, STRANGER, HUB, OTHER_HUB = Key(11), Key(22), Key(33), Key(44)
CAMERA = names.camera_thumb(bytes(range(32)))
OTHER_CAMERA = names.camera_thumb(bytes(32))


def detail(**more: Any) -> dict[str, Any]:
    return {
        "type": "urn:optin:camera:1",
        "actions": ["live"],
        "purposes": ["burglary", "theft"],
    } | more


def claims(**more: Any) -> dict[str, Any]:
    base = {
        "iss": RESIDENT.thumb,
        "sub": CAMERA,
        "aud": [HUB.thumb],
        "jti": b64.encode(bytes(range(16))),
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 7200,
        "seq": 1,
        "authorization_details": [detail()],
    }
    return base | more


def without(name: str) -> dict[str, Any]:
    found = claims()
    del found[name]
    return found


def token(body: bytes, *, head: bytes | None = None, key: Key = RESIDENT) -> bytes:
    if head is None:
        head = canon.dumps(envelope.header(RESIDENT.thumb, "optin-grant+jwt"))
    signed = b64.encode(head).encode() + b"." + b64.encode(body).encode()
    return envelope.assemble(signed, key.sign(signed))


def loose(value: Any) -> bytes:
    """Compact sorted JSON of anything, floats included: what accord's own writer refuses."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def good() -> list[dict[str, Any]]:
    week = [[0, 1440], [1440, 2880], [6000, 10080]]
    limits = {"fps": 5, "w": 640, "h": 480, "session_s": 600, "day_s": 3600, "retain_s": 0}
    windows = detail(windows=week, tz="CET-1CEST,M3.5.0,M10.5.0/3", limits=limits)
    full = detail(
        windows=week,
        tz="CET-1CEST,M3.5.0,M10.5.0/3",
        limits=limits,
        mask=[[0, 0, 1000, 100]],
        geo={"cell": "u173z", "precision_m": 1000},
        notify="digest",
        approve="two",
        onward=False,
    )
    many = {
        "plain": claims(),
        "no actions: registry only": claims(authorization_details=[detail(actions=[])]),
        "four hubs": claims(aud=[HUB.thumb, OTHER_HUB.thumb, STRANGER.thumb, RESIDENT.thumb]),
        "everything": claims(
            authorization_details=[full],
            cnf={"jkt": HUB.thumb},
            exp=NOW + 30 * 86400,
            req=b64.encode(bytes(16)),
            crh=b64.encode(bytes(32)),
        ),
        "windows": claims(exp=NOW + 30 * 86400, authorization_details=[windows]),
        "small hours": claims(
            exp=NOW + 30 * 86400,
            authorization_details=[windows | {"windows": [[6 * 1440 + 165, 6 * 1440 + 405]]}],
        ),
        "a mask": claims(authorization_details=[detail(mask=[[0, 0, 1000, 1000]])]),
        "two must approve": claims(authorization_details=[detail(approve="two")]),
        "incident of one hour": claims(incident="2026-1170", exp=NOW + 3600),
        "lease demanded": claims(status={"status_list": {"idx": 3, "uri": "lease"}}),
        "ninety days without live": claims(
            exp=NOW + 90 * 86400, authorization_details=[detail(actions=["register"])]
        ),
        "live for exactly one day": claims(exp=NOW + 86400),
        "panic, signed for ninety days": claims(panic=600, exp=NOW + 90 * 86400),
        "highest seq": claims(seq=2**31 - 1),
    }
    return [case(name, token(canon.dumps(c)), "ok") for name, c in many.items()]


def bad_claims() -> dict[str, tuple[dict[str, Any], str]]:
    month = NOW + 30 * 86400
    windows = detail(windows=[[0, 60]], tz="UTC0")
    found = {f"no {name}": (without(name), "missing-claim") for name in claims()}
    found |= {
        "unknown claim": (claims(scope="all"), "unknown-claim"),
        "unknown in detail": (claims(authorization_details=[detail(zoom=1)]), "unknown-claim"),
        "unknown limit": (
            claims(authorization_details=[detail(limits={"kbps": 9})]),
            "unknown-claim",
        ),
        "unknown in cnf": (claims(cnf={"jkt": HUB.thumb, "x": 1}), "unknown-claim"),
        "panic for less than a minute": (claims(panic=59), "bad-value"),
        "panic for more than an hour": (claims(panic=3601), "bad-value"),
        "panic as string": (claims(panic="600"), "bad-value"),
        "panic true": (claims(panic=True), "bad-value"),
        "exp as string": (claims(exp=str(NOW + 60)), "bad-value"),
        "exp true": (claims(exp=True), "bad-value"),
        "exp null": (claims(exp=None), "bad-value"),
        "exp negative": (claims(exp=-1), "bad-value"),
        "exp beyond 2100": (claims(exp=2**40), "bad-value"),
        "exp is nbf": (claims(exp=NOW), "bad-value"),
        "nbf before iat": (claims(nbf=NOW - 1), "bad-value"),
        "ninety days and a second": (
            claims(exp=NOW + 90 * 86400 + 1, authorization_details=[detail(actions=[])]),
            "bad-value",
        ),
        "incident over an hour": (claims(incident="a", exp=NOW + 3601), "bad-value"),
        "wildcard audience": (claims(aud=["*"]), "bad-value"),
        "audience as string": (claims(aud=HUB.thumb), "bad-value"),
        "empty audience": (claims(aud=[]), "bad-value"),
        "doubled audience": (claims(aud=[HUB.thumb, HUB.thumb]), "bad-value"),
        "five hubs": (
            claims(aud=[b64.encode(bytes([i] * 32)) for i in range(5)]),
            "bad-value",
        ),
        "short jti": (claims(jti="AAAA"), "bad-value"),
        "jti with padding bits": (claims(jti="AAAAAAAAAAAAAAAAAAAAAB"), "bad-value"),
        "seq 0": (claims(seq=0), "bad-value"),
        "seq 2**31": (claims(seq=2**31), "bad-value"),
        "seq true": (claims(seq=True), "bad-value"),
        "details not a list": (claims(authorization_details=detail()), "bad-value"),
        "two details": (claims(authorization_details=[detail(), detail()]), "bad-value"),
        "detail is a list": (claims(authorization_details=[[]]), "wrong-type"),
        "other detail type": (
            claims(authorization_details=[detail(type="urn:optin:camera:2")]),
            "bad-value",
        ),
        "unknown action": (claims(authorization_details=[detail(actions=["ptz"])]), "bad-value"),
        "doubled action": (
            claims(authorization_details=[detail(actions=["live", "live"])]),
            "bad-value",
        ),
        "unknown purpose": (
            claims(authorization_details=[detail(purposes=["protest"])]),
            "bad-value",
        ),
        "no purpose": (claims(authorization_details=[detail(purposes=[])]), "bad-value"),
        "window backwards": (
            claims(authorization_details=[detail(windows=[[60, 0]], tz="UTC0")]),
            "bad-value",
        ),
        "window past the week": (
            claims(authorization_details=[detail(windows=[[0, 10081]], tz="UTC0")]),
            "bad-value",
        ),
        "windows without tz": (
            claims(authorization_details=[detail(windows=[[0, 60]])]),
            "missing-claim",
        ),
        "tz without windows": (claims(authorization_details=[detail(tz="UTC0")]), "missing-claim"),
        "tz by name": (
            claims(authorization_details=[windows | {"tz": "Europe/Berlin"}]),
            "bad-value",
        ),
        "onward true": (claims(authorization_details=[detail(onward=True)]), "bad-value"),
        "onward 0": (claims(authorization_details=[detail(onward=0)]), "bad-value"),
        "fps 0": (claims(authorization_details=[detail(limits={"fps": 0})]), "bad-value"),
        "live for a month": (claims(exp=month), "live-too-long"),
        "live for a month, windows only": (
            claims(exp=month, authorization_details=[windows]),
            "live-too-long",
        ),
    }
    return found


def bad_bodies() -> dict[str, tuple[bytes, str]]:
    plain = canon.dumps(claims())
    exp = b'"exp":' + str(NOW + 7200).encode()
    return {
        "exp as float": (plain.replace(exp, exp + b".0"), "not-canonical"),
        "exp 1e400": (plain.replace(exp, b'"exp":1e400'), "not-canonical"),
        "exp NaN": (plain.replace(exp, b'"exp":NaN'), "not-canonical"),
        "exp with leading zero": (plain.replace(exp, b'"exp":0' + exp[6:]), "not-canonical"),
        "exp twice": (plain.replace(exp, exp + b"," + exp), "not-canonical"),
        "trailing comma": (plain[:-1] + b",}", "not-canonical"),
        "white space": (plain.replace(b",", b", "), "not-canonical"),
        "keys not sorted": (b'{"sub":"' + CAMERA.encode() + b'",' + plain[1:], "not-canonical"),
        "escape": (plain.replace(b'"urn:', b'"\\u0075rn:'), "not-canonical"),
        "trailing bytes": (plain + b" ", "not-canonical"),
        "not JSON": (b"hello", "not-canonical"),
        "empty": (b"", "not-canonical"),
        "a list": (b"[]", "wrong-type"),
        "deep": (b"[" * 600 + b"]" * 600, "not-canonical"),
    }


def bad_heads() -> dict[str, tuple[bytes, str]]:
    head = envelope.header(RESIDENT.thumb, "optin-grant+jwt")
    variants = {
        "alg none": head | {"alg": "none"},
        "alg HS256": head | {"alg": "HS256"},
        "typ JWT": head | {"typ": "JWT"},
        "typ of a statement": head | {"typ": "optin-camera+jwt"},
        "crit": head | {"crit": ["exp"]},
        "b64 false": head | {"b64": False},
        "jwk inside": head | {"jwk": {"kty": "EC"}},
        "jku": head | {"jku": "x"},
        "kid a number": head | {"kid": 7},
        "no kid": {"alg": "ES256", "typ": "optin-grant+jwt"},
    }
    found = {f"header: {name}": (loose(v), "wrong-header") for name, v in variants.items()}
    found["header: white space"] = (json.dumps(head).encode(), "wrong-header")
    found["header: a list"] = (b"[]", "wrong-header")
    found["header: kid of a stranger"] = (loose(head | {"kid": STRANGER.thumb}), "unknown-key")
    return found


def bad_texts() -> dict[str, tuple[bytes, str]]:
    plain = token(canon.dumps(claims()))
    head, body, signature = plain.split(b".")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    raw = b64.decode(signature.decode())
    high_s = raw[:32] + (order - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    short = b64.encode(raw[:63]).encode()
    join: Callable[..., bytes] = lambda *parts: b".".join(parts)  # noqa: E731
    return {
        "empty text": (b"", "malformed"),
        "two parts": (join(head, body), "malformed"),
        "four parts": (join(head, body, signature, b""), "malformed"),
        "padding": (plain + b"==", "malformed"),
        "newline": (plain + b"\n", "malformed"),
        "plain base64 alphabet": (plain.replace(b"-", b"+").replace(b"_", b"/"), "malformed"),
        "not ASCII": (plain[:-1] + b"\xff", "malformed"),
        "short signature": (join(head, body, short), "malformed"),
        "signature of zeros": (join(head, body, b64.encode(bytes(64)).encode()), "bad-signature"),
        "signature swapped": (
            join(head, body, b64.encode(raw[32:] + raw[:32]).encode()),
            "bad-signature",
        ),
        "signed by a stranger": (token(canon.dumps(claims()), key=STRANGER), "bad-signature"),
        "stranger as issuer": (token(canon.dumps(claims(iss=STRANGER.thumb))), "wrong-issuer"),
        "high s: the twin is as valid": (join(head, body, b64.encode(high_s).encode()), "ok"),
        "too long": (token(canon.dumps(claims(incident="x" * 1500))), "too-long"),
    }


def case(name: str, text: bytes, expect: str) -> dict[str, str]:
    # latin-1 keeps every byte of a damaged token
    return {"name": name, "token": text.decode("latin-1"), "expect": expect}


def main() -> None:
    cases = good()
    for name, (found, reason) in bad_claims().items():
        cases.append(case(name, token(loose(found)), reason))
    for name, (body, reason) in bad_bodies().items():
        cases.append(case(name, token(body), reason))
    for name, (head, reason) in bad_heads().items():
        cases.append(case(name, token(canon.dumps(claims()), head=head), reason))
    for name, (text, reason) in bad_texts().items():
        cases.append(case(name, text, reason))
    people = {"resident": RESIDENT, "stranger": STRANGER, "hub": HUB, "other_hub": OTHER_HUB}
    out = {
        "now": NOW,
        "camera": CAMERA,
        "other_camera": OTHER_CAMERA,
        "people": {n: {"thumb": k.thumb, "public": k.public.hex()} for n, k in people.items()},
        "cases": cases,
    }
    (HERE / "grants.json").write_text(json.dumps(out, indent=1) + "\n")
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
