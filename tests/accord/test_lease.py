"""accord.lease, accord.standing: what a lease says, to which nonce, and who may say it."""

from portable import refused

from accord import b64, envelope, grant, lease, names
from accord.book import Book
from accord.grant import verify

NOW = 1_760_000_000
X, Y = bytes([7]) * 32, bytes([8]) * 32
RESIDENT, CAMERA, HUB = [b64.encode(bytes([n]) * 32) for n in (1, 2, 3)]
AGENT = names.key_thumb(X, Y)
NONCE = bytes(range(16))


def sign(claims, typ):
    return envelope.assemble(envelope.signing_input(claims, claims["iss"], typ), bytes(64))


def trusting(_key, _message, _signature):
    return True


def granted(seq=1, **more):
    claims = {
        "iss": RESIDENT,
        "sub": CAMERA,
        "aud": [HUB],
        "jti": b64.encode(bytes([seq]) * 16),
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 7200,
        "seq": seq,
        "authorization_details": [
            {"type": grant.DETAIL_TYPE, "actions": ["live"], "purposes": ["fire"]}
        ],
    }
    claims.update(more)
    return verify(sign(claims, grant.TYP), {RESIDENT: None}, trusting)


def listed(idx=1):
    return {"status_list": {"idx": idx, "uri": lease.uri(CAMERA)}}


def delegate_claims(**more):
    jwk = {"crv": "P-256", "kty": "EC", "x": b64.encode(X), "y": b64.encode(Y)}
    claims = {
        "iss": RESIDENT,
        "sub": AGENT,
        "jti": b64.encode(bytes(16)),
        "iat": NOW,
        "exp": NOW + 86400,
        "scope": ["lease"],
        "cnf": {"jwk": jwk},
        "lease_s": 600,
        "status": listed(9),
    }
    claims.update(more)
    return claims


def delegated(**more):
    token = sign(delegate_claims(**more), lease.DELEGATE_TYP)
    return lease.verify_delegate(token, {RESIDENT: None}, trusting)


def lease_claims(statuses=bytes(4), **more):
    claims = {
        "iss": RESIDENT,
        "sub": lease.uri(CAMERA),
        "iat": NOW,
        "exp": NOW + 600,
        "status_list": {"bits": 2, "lst": lease.pack(statuses)},
        "nonce": b64.encode(NONCE),
        "lease_s": 600,
        "seq_floor": 0,
    }
    claims.update(more)
    return claims


def leased(statuses=bytes(4), by=None, **more):
    signer = RESIDENT if by is None else by.agent
    claims = lease_claims(statuses, iss=signer)
    claims.update(more)
    return lease.verify(sign(claims, lease.TYP), {signer: None}, trusting, by)


def suspended(*indices):
    statuses = bytearray(4)
    for index in indices:
        statuses[index // 4] |= lease.SUSPENDED << index % 4 * 2
    return bytes(statuses)


class Porch:
    """A book with ticks that stand still, a grant that demands a lease, and an open nonce."""

    def __init__(self, *grants):
        self.ms = 5000
        self.book = Book(CAMERA, ticks=lambda: self.ms)
        self.grants = grants or (granted(status=listed()),)
        for one in self.grants:
            self.book.add(one)
        self.standing = self.book.standing
        self.standing.ask(NONCE)

    def take(self, one, now=NOW):
        self.standing.take(one, now, self.book.floor)

    def again(self, one, now=NOW):
        self.standing.ask(NONCE)
        self.take(one, now)

    def why(self, which=0):
        return self.grants[which].lapsed()


def test_a_list_is_a_zlib_stream_that_every_reader_takes():
    # What zlib makes of others: tests/test_lease_list.py.
    assert lease.pack(b"\x01") == "eAEBAQD-_wEAAgAC"
    assert lease.status(b"\xe4\x02", 0) == 0
    assert [lease.status(b"\xe4\x02", i) for i in range(9)] == [0, 1, 2, 3, 2, 0, 0, 0, 0]


def test_what_is_no_lease():
    for reason, more in (
        ("missing-claim", {"nonce": None}),
        ("unknown-claim", {"scope": "all"}),
        ("bad-value", {"lease_s": 0}),
        ("bad-value", {"lease_s": 86401}),
        ("bad-value", {"exp": NOW}),
        ("bad-value", {"exp": NOW + 86401}),
        ("bad-value", {"nonce": b64.encode(bytes(15))}),
        ("bad-value", {"resume": False}),
        ("bad-value", {"status_list": {"bits": 2, "lst": ""}}),
        ("bad-value", {"status_list": {"bits": 1, "lst": lease.pack(b"\x00")}}),
        ("bad-value", {"status_list": {"bits": 2, "lst": lease.pack(bytes(65))}}),
        ("bad-value", {"status_list": {"bits": 2, "lst": lease.pack(b"ab")[:-2] + "AA"}}),
    ):
        claims = lease_claims(**more)
        if reason == "missing-claim":
            del claims["nonce"]
        refused(reason, lease.verify, sign(claims, lease.TYP), {RESIDENT: None}, trusting)
    token = sign(lease_claims(), "optin-grant+jwt")
    refused("wrong-header", lease.verify, token, {RESIDENT: None}, trusting)
    refused("unknown-key", lease.verify, sign(lease_claims(), lease.TYP), {AGENT: None}, trusting)


def test_what_is_no_delegate():
    for more in (
        {"scope": ["lease", "grant"]},
        {"scope": []},
        {"lease_s": 86401},
        {"exp": NOW + 90 * 86400 + 1},
        {"exp": NOW},
        {"sub": RESIDENT},  # not the name of the key it brings
        {"status": listed(0)},  # the camera's own
        {"status": listed(256)},  # beyond what a lease says
    ):
        token = sign(delegate_claims(**more), lease.DELEGATE_TYP)
        refused("bad-value", lease.verify_delegate, token, {RESIDENT: None}, trusting)
    token = sign(delegate_claims(iss=AGENT), lease.DELEGATE_TYP)
    refused("unknown-key", lease.verify_delegate, token, {RESIDENT: None}, trusting)


def test_a_grant_has_a_place_that_leases_speak_of():
    for idx in (0, 255):
        assert granted(status=listed(idx)).status_idx == idx
    assert lease.status(bytes(63) + b"\x40", 255) == lease.INVALID
    for idx in (-1, 256, 2**31 - 1):
        refused("bad-value", granted, status=listed(idx))


def test_a_lease_holds_by_ticks_from_when_its_nonce_was_asked():
    porch = Porch()
    assert porch.why() == "no-lease"
    given = leased()
    porch.ms += 59_999  # withheld so long: that much shorter
    porch.take(given)
    assert porch.why() == ""
    permit = porch.book.permit(porch.grants[0].handle, hub=HUB, action="live", now=NOW)
    porch.ms += 540_000
    assert permit.holds(NOW)
    porch.ms += 1
    assert not permit.holds(NOW)
    assert porch.why() == "lease-lapsed"


def test_a_nonce_is_answered_once_and_in_time():
    porch = Porch()
    refused("old-nonce", porch.take, leased(nonce=b64.encode(bytes(16))))
    porch.take(leased())
    refused("old-nonce", porch.take, leased())
    porch.standing.ask(bytes(16))
    refused("old-nonce", porch.take, leased())
    porch.standing.ask(NONCE)
    porch.ms += 60_000
    refused("old-nonce", porch.take, leased())
    fresh = Book(CAMERA, porch.book.standing.ticks).standing
    refused("old-nonce", fresh.take, leased(nonce=b64.encode(bytes(16))), NOW, 0)


def test_only_the_list_that_the_grant_names_counts():
    elsewhere = granted(2, status={"status_list": {"idx": 1, "uri": "urn:other"}})
    beyond = granted(3, status=listed(16))
    porch = Porch(granted(status=listed()), elsewhere, beyond)
    porch.take(leased())
    assert [porch.why(n) for n in range(3)] == ["", "no-lease", "no-lease"]
    porch.standing.ask(NONCE)
    refused("wrong-camera", porch.take, leased(sub="urn:optin:lease:" + HUB))


def test_a_pause_needs_no_lease_rule_and_only_its_resident_ends_it():
    porch = Porch(granted(), granted(2, status=listed()))
    assert [porch.why(0), porch.why(1)] == ["", "no-lease"]
    porch.take(leased(suspended(0)))
    assert [porch.why(0), porch.why(1)] == ["paused", "paused"]
    porch.again(leased(by=delegated()))
    porch.again(leased())  # even the resident's own key, where it only keeps alive
    assert [porch.why(0), porch.why(1)] == ["paused", "paused"]
    porch.again(leased(resume=True))
    assert [porch.why(0), porch.why(1)] == ["", ""]


def test_what_the_resident_stops_adds_up():
    porch = Porch(granted(status=listed(1)), granted(2, status=listed(2)))
    porch.take(leased(suspended(1)))
    porch.again(leased(suspended(2)))
    assert [porch.why(0), porch.why(1)] == ["paused", "paused"]
    porch.again(leased(suspended(2), resume=True))
    assert [porch.why(0), porch.why(1)] == ["", "paused"]


def test_what_is_invalid_stays_so():
    porch = Porch()
    porch.take(leased(bytes([lease.INVALID << 2 | lease.SUSPENDED])))
    assert porch.why() == "paused"
    porch.again(leased(resume=True))
    assert porch.why() == "stopped"


def test_an_agent_keeps_alive_or_stops():
    porch = Porch()
    porch.take(leased(by=delegated()))
    assert porch.why() == ""
    porch.again(leased(suspended(1), by=delegated()))
    assert porch.why() == "paused"
    porch.again(leased(by=delegated()))
    assert porch.why() == ""
    porch.again(leased(suspended(0), by=delegated()))
    assert porch.why() == "paused"


def test_an_agent_never_widens():
    porch = Porch()
    for more in (
        {"lease_s": 601},
        {"resume": True},
        {"open": b64.encode(bytes(16))},
        {"seq_floor": 3},  # above every grant there is: the next one would be dead
    ):
        refused("widened", porch.take, leased(by=delegated(), **more))
    assert porch.why() == "no-lease"
    porch.take(leased(by=delegated(), seq_floor=2))


def test_an_agents_time_and_place():
    porch = Porch()
    by = delegated()
    refused("delegate-expired", porch.take, leased(by=by), NOW + 86400)
    refused("no-clock", porch.take, leased(by=by), None)
    there = {"status_list": {"idx": 9, "uri": "urn:optin:lease:" + HUB}}
    refused("wrong-camera", porch.take, leased(by=delegated(status=there)))
    porch.take(leased(suspended(9)))
    porch.standing.ask(NONCE)
    refused("delegate-stopped", porch.take, leased(by=by))


def test_a_panic_grant_allows_nothing_until_its_resident_opens_it():
    panic = granted(1, panic=600, exp=NOW + 90 * 86400)
    assert panic.lapsed() == "not-opened"
    porch = Porch(panic)
    porch.take(leased())
    assert porch.why() == "not-opened"
    porch.standing.open(panic)
    assert porch.why() == ""
    porch.ms += 599_999
    assert porch.why() == ""
    porch.ms += 1
    assert porch.why() == "not-opened"


def test_a_panic_grant_is_open_from_the_question_on_when_a_message_opens_it():
    panic = granted(1, panic=60)
    porch = Porch(panic)
    given = leased(open=panic.jti)
    assert given.opens == panic.handle
    porch.ms += 30_000
    porch.take(given)
    porch.standing.open(panic, asked=True)
    porch.ms += 29_999
    assert porch.why() == ""
    porch.ms += 1
    assert porch.why() == "not-opened"


def test_a_pause_is_stronger_than_panic():
    panic = granted(1, panic=60)
    porch = Porch(panic)
    porch.take(leased(suspended(0)))
    porch.standing.open(panic)
    assert porch.why() == "paused"


def test_a_panic_grant_is_open_for_an_hour_at_most():
    for seconds in (59, 3601):
        claims = dict(granted().claims, panic=seconds)
        refused("bad-value", verify, sign(claims, grant.TYP), {RESIDENT: None}, trusting)
