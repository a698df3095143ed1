"""accord.statement: whose camera it is."""

from portable import refused

from accord import b64, names, statement

CAMERA = names.camera_thumb(bytes(32))
RESIDENT = names.key_thumb(b"x" * 32, b"y" * 32)


def _claims(**more):
    base = {
        "iss": RESIDENT,
        "sub": CAMERA,
        "jti": b64.encode(bytes(16)),
        "iat": 1_760_000_000,
        "label": "Front door",
        "place": {"lat": 520_000_000, "lon": -13_000_000},
    }
    base.update(more)
    return base


def _verify(claims, check=lambda *_: True):
    signed = statement.signing_input(claims, RESIDENT)
    token = signed + b"." + b64.encode(bytes(64)).encode()
    return statement.verify(token, {RESIDENT: None}, check)


def test_a_good_one():
    found = _verify(_claims())
    assert (found.iss, found.sub, found.label) == (RESIDENT, CAMERA, "Front door")
    assert found.place == {"lat": 520_000_000, "lon": -13_000_000}


def test_bad_ones():
    refused("bad-signature", _verify, _claims(), lambda *_: False)
    refused("bad-value", _verify, _claims(label=""))
    refused("bad-value", _verify, _claims(label="x" * 65))
    refused("missing-claim", _verify, _claims(place={"lat": 0}))
    refused("bad-value", _verify, _claims(place={"lat": 900_000_001, "lon": 0}))
    refused("unknown-claim", _verify, _claims(owner="me"))
