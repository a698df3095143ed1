"""accord.mac against RFC 4231."""

from accord import mac


def test_rfc_4231_case_1_in_one_part_and_in_many():
    key = b"\x0b" * 20
    want = bytes.fromhex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    assert mac.hmac_sha256(key, b"Hi There") == want
    assert mac.hmac_sha256(key, b"Hi", b" ", b"", memoryview(b"There")) == want


def test_rfc_4231_case_2():
    want = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    assert mac.hmac_sha256(b"Jefe", b"what do ya want for nothing?") == want


def test_equal():
    assert mac.equal(b"abc", b"abc")
    for other in (b"abd", b"ab", b"abcd", b""):
        assert not mac.equal(b"abc", other)


def test_a_key_is_given_once_for_many_messages():
    code = mac.keyed(b"k" * 32)
    for parts in ((b"",), (b"one",), (b"o", memoryview(b"n"), b"e")):
        assert code(*parts) == mac.hmac_sha256(b"k" * 32, *parts)
