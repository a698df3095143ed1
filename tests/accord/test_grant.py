"""accord.grant on tests/vectors/grants.json: host, hub, board and CLI hold these same cases."""

import portable
from portable import es256, raises, refused, vectors

from accord import b64, canon, envelope, grant
from accord.errors import LocalError, Refused

V = vectors("grants.json")
RESIDENT = V["people"]["resident"]
KEYS = {RESIDENT["thumb"]: bytes.fromhex(RESIDENT["public"])}


def _bytes(text):
    return bytes([ord(char) for char in text])


def _token(name):
    return _bytes(next(case["token"] for case in V["cases"] if case["name"] == name))


def test_every_case_of_the_vectors():
    for case in V["cases"]:
        try:
            found = grant.verify(_bytes(case["token"]), KEYS, es256)
            verdict = "ok"
            assert found.iss == RESIDENT["thumb"]
        except Refused as error:
            verdict = error.reason
        assert verdict == case["expect"], (case["name"], verdict)


def test_one_bit_flipped_anywhere_is_refused():
    token = _token("plain")

    def check(key, message, signature):  # the real check on 6,000 tokens would take a minute
        return message + b"." + b64.encode(signature).encode() == token

    for at in range(0, len(token), portable.STRIDE):
        for bit in range(8):
            broken = bytearray(token)
            broken[at] ^= 1 << bit
            raises(Refused, grant.verify, bytes(broken), KEYS, check)


def test_one_bit_flipped_here_and_there_is_refused_by_the_real_check():
    token = _token("plain")
    for at in range(0, len(token), 23):
        broken = bytearray(token)
        broken[at] ^= 1
        raises(Refused, grant.verify, bytes(broken), KEYS, es256)


def test_a_cut_token_is_refused_at_every_length():
    token = _token("plain")
    for end in range(0, len(token), portable.STRIDE):
        raises(Refused, grant.verify, token[:end], KEYS, lambda *_: True)


def test_the_claims_arrive_as_signed():
    found = grant.verify(_token("everything"), KEYS, es256)
    assert found.handle == b64.decode(found.jti)
    assert found.windows == ((0, 1440), (1440, 2880), (6000, 10080))
    assert found.limits["fps"] == 5
    assert found.mask == ((0, 0, 1000, 100),)
    assert (found.notify, found.approve) == ("digest", "two")
    assert found.cnf == V["people"]["hub"]["thumb"]
    assert not found.needs_lease
    assert grant.verify(_token("lease demanded"), KEYS, es256).needs_lease


def test_the_signature_is_asked_about_the_bytes_received():
    token, seen = _token("plain"), []

    def check(key, message, signature):
        seen.append((key, message, signature))
        return True

    grant.verify(token, KEYS, check)
    key, message, signature = seen[0]
    assert key == KEYS[RESIDENT["thumb"]]
    assert message == token[: len(message)]
    assert envelope.assemble(message, signature) == token


def test_no_key_pinned_is_no_grant():
    refused("unknown-key", grant.verify, _token("plain"), {}, es256)


def test_a_grant_cannot_be_made_by_hand():
    raises(LocalError, grant.Grant, object(), b"", {})


def test_minting_gives_the_same_bytes_as_the_vectors():
    token = _token("plain")
    claims = canon.loads(b64.decode(token.split(b".")[1].decode()))
    signature = b64.decode(token.split(b".")[2].decode())
    signed = grant.signing_input(claims, RESIDENT["thumb"])
    assert grant.assemble(signed, signature) == token
