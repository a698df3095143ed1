"""The status list of a lease is what zlib calls a stream: whoever reads such lists reads ours."""

import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord import b64, envelope, lease
from accord.errors import Refused

RESIDENT = b64.encode(bytes(32))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("azAZ-_09", max_size=44),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40)
@given(st.binary(min_size=1, max_size=lease.MAX_LIST))
def test_every_list_inflates_to_its_statuses(statuses: bytes) -> None:
    assert zlib.decompress(b64.decode(lease.pack(statuses))) == statuses


@settings(max_examples=60)
@given(
    st.dictionaries(st.sampled_from([*lease._LEASE, *lease._MORE, *lease._DELEGATE, "x"]), _JSON)
)
def test_nothing_but_a_lease_is_one(claims: dict[str, Any]) -> None:
    """Whatever a signer signs: Refused, by a word, and no other error."""
    for typ, verify in ((lease.TYP, lease.verify), (lease.DELEGATE_TYP, lease.verify_delegate)):
        signed = envelope.signing_input(claims | {"iss": RESIDENT}, RESIDENT, typ)
        token = envelope.assemble(signed, bytes(64))
        with pytest.raises(Refused):
            verify(token, {RESIDENT: None}, lambda *_: True)
