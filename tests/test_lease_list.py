"""The status list of a lease is what zlib calls a stream: whoever reads such lists reads ours."""

import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from accord import b64, lease


@settings(max_examples=40)
@given(st.binary(min_size=1, max_size=lease.MAX_LIST))
def test_every_list_inflates_to_its_statuses(statuses: bytes) -> None:
    assert zlib.decompress(b64.decode(lease.pack(statuses))) == statuses
