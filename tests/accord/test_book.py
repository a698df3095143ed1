"""accord.book: new, held, replayed, revoked."""

from portable import refused, vectors

from accord import b64, grant
from accord.book import MAX_GRANTS, MAX_REVOKED, Book

V = vectors("grants.json")
CAMERA, NOW, HUB = V["camera"], V["now"], V["people"]["hub"]["thumb"]
RESIDENT = V["people"]["resident"]["thumb"]


def make(seq, **more):
    claims = {
        "iss": RESIDENT,
        "sub": CAMERA,
        "aud": [HUB],
        "jti": b64.encode(bytes([seq]) * 16),
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 600,
        "seq": seq,
        "authorization_details": [
            {"type": "urn:optin:camera:1", "actions": ["live"], "purposes": ["theft"]}
        ],
    }
    claims.update(more)
    token = grant.assemble(grant.signing_input(claims, RESIDENT), bytes(64))
    return grant.verify(token, {RESIDENT: None}, lambda *_: True)


def still():
    """The ticks of books in which no lease is."""
    return 0


def test_a_book_has_ticks_of_its_own_by_no_default():
    try:
        Book(CAMERA)
    except TypeError:
        return
    raise AssertionError("a lease in it would never lapse")


def permit(book, one, **more):
    asked = {"hub": HUB, "action": "live", "now": NOW}
    asked.update(more)
    return book.permit(one.handle, **asked)


def test_a_new_grant_gives_permits():
    book, one = Book(CAMERA, still), make(1)
    assert book.add(one)
    assert not book.add(make(1))  # the same bytes again: held already
    assert permit(book, one).holds(NOW)
    assert (book.floor, book.iat_floor()) == (1, NOW)


def test_grants_live_beside_each_other_until_each_ends():
    book, one, two = Book(CAMERA, still), make(1), make(2, exp=NOW + 60)
    book.add(one)
    book.add(two)
    assert [g.seq for g in book.drop_expired(NOW + 60)] == [2]
    assert book.get(two.handle) is None
    assert permit(book, one).holds(NOW + 60)
    refused("no-grant", permit, book, two)


def test_a_lower_or_equal_seq_is_a_replay():
    book = Book(CAMERA, still, floor=5)
    refused("seq-replayed", book.add, make(5))
    refused("seq-replayed", book.add, make(4))
    assert book.add(make(6))
    other = make(6, jti=b64.encode(b"other" + bytes(11)))
    refused("seq-replayed", book.add, other)


def test_the_same_jti_with_other_claims_is_not_the_held_one():
    book = Book(CAMERA, still)
    one = make(1)
    book.add(one)
    given = permit(book, one)
    refused("jti-reused", book.add, make(1, exp=NOW + 601))
    refused("jti-reused", book.add, make(2, jti=one.jti))
    book.revoke(one.handle)
    assert not given.holds(NOW)


def test_another_camera():
    refused("wrong-camera", Book(V["other_camera"], still).add, make(1))


def test_revoked_stays_revoked_and_permits_end_at_once():
    book, one = Book(CAMERA, still), make(1)
    book.add(one)
    given = permit(book, one)
    assert book.revoke(one.handle) is one
    assert not given.holds(NOW)
    refused("revoked", permit, book, one)
    refused("revoked", book.add, one)
    again = Book(CAMERA, still, floor=book.floor, revoked=tuple(book.revoked))
    again.restore(one)
    assert again.grants() == []
    refused("revoked", again.add, make(1))


def test_revoking_the_unknown_keeps_it_out():
    book, one = Book(CAMERA, still), make(1)
    assert book.revoke(one.handle) is None
    refused("revoked", book.add, one)


def test_what_fell_off_the_list_of_revoked_is_below_the_floor():
    book = Book(CAMERA, still)
    first = make(1)
    book.add(first)
    book.revoke(first.handle)
    for i in range(MAX_REVOKED):
        book.revoke(i.to_bytes(16, "big"))
    assert len(book.revoked) == MAX_REVOKED
    refused("seq-replayed", book.add, first)


def test_a_full_book_refuses():
    book = Book(CAMERA, still)
    for seq in range(1, MAX_GRANTS + 1):
        book.add(make(seq))
    refused("too-many", book.add, make(99))
    assert book.floor == MAX_GRANTS


def test_restored_after_a_restart():
    book = Book(CAMERA, still, floor=3)
    book.restore(make(2))
    assert permit(book, make(2)).holds(NOW)
    assert book.floor == 3
    refused("seq-replayed", book.add, make(1))
