"""accord.names: thumbprints."""

from portable import raises

from accord import b64, names


def test_rfc_7638_of_a_p256_key():
    # The P-256 key of RFC 7517 appendix A.1; its thumbprint was checked with joserfc 1.8.
    x = b64.decode("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4")
    y = b64.decode("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM")
    assert names.key_thumb(x, y) == "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"


def test_camera_thumb_is_that_of_its_oct_key():
    thumb = names.camera_thumb(bytes(32))
    assert len(thumb) == 43
    assert names.text(names.raw(thumb)) == thumb
    assert thumb != names.camera_thumb(b"\x01" + bytes(31))


def test_what_is_no_name():
    raises(ValueError, names.camera_thumb, bytes(31))
    raises(ValueError, names.key_thumb, bytes(32), bytes(33))
    raises(ValueError, names.raw, "AAAA")
