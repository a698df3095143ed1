"""agent.lease: the board's own nonce, its own ticks, and what the button opens."""

from accord import b64, envelope, lease, names, wire
from tests.accord.portable import STRIDE
from tests.firmware.parts.fakes import CAMERA, LIVE, NOW, RESIDENT, MemoryFlash, token, watch
from tests.firmware.parts.test_consent import Board, handle

# The public key of the secret 1, which is the curve's base point: a point that is on the curve.
X = bytes.fromhex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")
Y = bytes.fromhex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
AGENT = names.key_thumb(X, Y)
ASK = wire.Lease(0, b"")


def listed(idx):
    return {"status_list": {"idx": idx, "uri": lease.uri(CAMERA)}}


def sign(claims, typ):
    return envelope.assemble(envelope.signing_input(claims, claims["iss"], typ), bytes(64))


def leased(nonce, statuses=bytes(4), **more):
    claims = {
        "iss": RESIDENT,
        "sub": lease.uri(CAMERA),
        "iat": NOW,
        "exp": NOW + 600,
        "status_list": {"bits": 2, "lst": lease.pack(statuses)},
        "nonce": b64.encode(nonce),
        "lease_s": 600,
        "seq_floor": 0,
    }
    claims.update(more)
    return wire.Lease(0, sign(claims, lease.TYP))


def agents(nonce, **more):
    """A lease by an agent, with the delegate before it; its signature is nonsense."""
    delegate = {
        "iss": RESIDENT,
        "sub": AGENT,
        "jti": b64.encode(bytes(16)),
        "iat": NOW,
        "exp": NOW + 86400,
        "scope": ["lease"],
        "cnf": {"jwk": {"crv": "P-256", "kty": "EC", "x": b64.encode(X), "y": b64.encode(Y)}},
        "lease_s": 600,
        "status": listed(9),
    }
    delegate.update(more)
    first = sign(delegate, lease.DELEGATE_TYP)
    return wire.Lease(len(first), first + leased(nonce, iss=AGENT).packed)


class Porch(Board):
    """A board that holds grant 1, which demands a lease; the hub looks."""

    def __init__(self, flash=None, **grant):
        super().__init__(flash)
        self.trusted()
        grant = grant or {"status": listed(1)}
        self.answer(wire.GrantToken(token(1, **grant)))
        self.answer(watch((1, LIVE)))

    def ask(self):
        found = self.downlink.handle(ASK)
        assert found.reason == b"status-nonce"
        return found.handle

    def give(self, message):
        return self.downlink.handle(message).reason.decode()


def test_without_a_lease_the_board_is_dark():
    assert Porch().gate.reason == "no-lease"


def test_dark_on_its_own_ticks_whatever_the_clocks_say():
    porch = Porch()
    assert porch.give(leased(porch.ask())) == "status-held"
    assert porch.gate.reason == "ok"
    (permit,) = porch.gate.permits
    porch.time.now += 300_000
    porch.clock.hear_sntp(NOW * 1000)  # both set the clock back to where the lease began
    porch.clock.hear_host(NOW * 1000)
    porch.time.now += 299_999
    assert porch.gate.check() == "ok"
    assert porch.gate.allows(permit)
    porch.time.now += 1
    assert not porch.gate.allows(permit)
    assert porch.gate.check() == "lease-lapsed"


def test_only_the_open_nonce_and_only_once():
    porch = Porch()
    first = porch.ask()
    assert porch.ask() == first  # asked twice in a moment: both may answer
    given = leased(first)
    assert porch.give(given) == "status-held"
    assert porch.give(given) == "status-old-nonce"
    second = porch.ask()
    assert second != first
    assert porch.give(given) == "status-old-nonce"
    assert porch.downlink.handle(given).handle == first  # whoever waits for its answer gets it
    porch.time.now += 20_000
    assert porch.ask() != second
    assert porch.give(leased(second)) == "status-old-nonce"


def test_a_lease_costs_no_flash_and_a_pause_one_write():
    porch = Porch()
    before = porch.flash.changes
    for _ in range(0, 100, STRIDE):
        assert porch.give(leased(porch.ask())) == "status-held"
    assert porch.flash.changes == before
    assert porch.give(leased(porch.ask(), b"\x02")) == "status-held"
    written = porch.flash.changes
    assert written > before
    assert porch.give(leased(porch.ask(), b"\x02")) == "status-held"
    assert porch.flash.changes == written


def test_a_pause_is_obeyed_before_it_is_stored_and_outlives_a_power_cut():
    porch = Porch()
    porch.give(leased(porch.ask()))
    before = porch.flash.changes
    porch.give(leased(porch.ask(), b"\x02"))
    assert ("paused", before) in porch.happened
    again = Porch(porch.flash)
    assert again.gate.reason == "paused"
    again.give(leased(again.ask()))
    assert again.gate.check() == "paused"
    again.give(leased(again.ask(), resume=True))
    assert again.gate.check() == "ok"
    assert Porch(porch.flash).gate.reason == "no-lease"  # a lease does not outlive one


def test_a_floor_takes_back_what_is_below_it_and_what_may_still_come():
    porch = Porch()
    assert porch.give(leased(porch.ask(), seq_floor=5)) == "status-held"
    assert porch.gate.check() == "revoked"
    assert porch.answer(wire.GrantToken(token(4))) == (b"\x04", b"seq-replayed")
    assert Porch(porch.flash).gate.reason == "revoked"
    assert porch.answer(wire.GrantToken(token(5))) == (b"\x05", b"held")


def test_an_agents_signature_is_checked_with_the_key_of_its_delegate():
    porch = Porch()
    assert porch.give(agents(porch.ask())) == "status-bad-signature"
    assert porch.give(agents(porch.ask(), scope=["lease", "grant"])) == "status-bad-value"
    assert porch.give(wire.Lease(0, agents(porch.ask()).packed)) == "status-malformed"
    assert porch.give(leased(porch.ask(), iss=AGENT)) == "status-unknown-key"
    assert porch.gate.check() == "no-lease"


def test_the_button_opens_the_newest_panic_grant_and_tells():
    porch = Porch(panic=60)
    assert porch.gate.reason == "not-opened"
    porch.answer(wire.GrantToken(token(2, panic=120)))
    porch.answer(watch((1, LIVE), (2, LIVE)))
    assert porch.leases.armed
    assert porch.leases.press()
    assert porch.told == [(handle(2), b"panic-opened")]
    assert [permit.handle for permit in porch.gate.permits] == [handle(2)]
    porch.time.now += 119_999
    assert porch.gate.check() == "ok"
    porch.time.now += 1
    assert porch.gate.check() == "not-opened"


def test_nothing_but_the_resident_opens_a_panic_grant():
    porch = Porch(panic=60)
    assert porch.give(leased(porch.ask())) == "status-held"
    assert porch.gate.check() == "not-opened"
    other = leased(porch.ask(), open=b64.encode(bytes(16)))
    assert porch.give(other) == "status-no-grant"
    assert porch.give(leased(porch.ask(), open=b64.encode(handle(1)))) == "status-held"
    assert porch.gate.check() == "ok"


def test_without_a_panic_grant_the_button_has_none_to_open():
    porch = Porch()
    assert not porch.leases.armed
    assert not porch.leases.press()
    late = Porch(panic=60, nbf=NOW + 60)
    assert late.leases.armed
    assert not late.leases.press()


def test_dark_while_the_button_is_down():
    porch = Porch(panic=60)
    porch.leases.press()
    assert porch.gate.check() == "ok"
    (permit,) = porch.gate.permits
    porch.consent.shut(True)
    assert porch.gate.reason == "button"
    assert not porch.gate.allows(permit)
    porch.consent.shut(False)
    assert porch.gate.check() == "ok"


def test_a_flash_that_cannot_be_written_keeps_a_pause_dark():
    flash = MemoryFlash()
    porch = Porch(flash)
    porch.give(leased(porch.ask()))
    flash.error = 28
    porch.give(leased(porch.ask(), b"\x02", resume=True))
    assert porch.gate.check() == "store-fault"
