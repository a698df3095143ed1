"""The check's own arithmetic: a leak, a gap or a late frame must never count as none."""

import json

import pytest

from porchkit import keys
from porchkit.demo import page
from porchkit.demo.figures import PROMISE_S, Consent, Socket, disorder, lost, of_camera
from porchkit.demo.report import CameraFigures, Report
from porchkit.demo.viewer import Arrival

CONSENT = Consent(jti="J", granted=10.0, revoked=20.0, over=20.05, over_unix=1020.05)
QUIET = Socket(before=0, at_promise=5000, total=5000, last=20.02)


def _arrival(at: float, sequence: int = 1, **changes: object) -> Arrival:
    plain = {"captured": 1000.0 + at - 0.05, "grant": "J", "size": 1000}
    return Arrival(at=at, sequence=sequence, **{**plain, **changes})


def _figures(*arrivals: Arrival, socket: Socket = QUIET) -> CameraFigures:
    return of_camera("porch", arrivals, CONSENT, socket)


def test_a_good_story() -> None:
    found = _figures(_arrival(10.4, 1), _arrival(15.0, 2), _arrival(20.03, 3))
    assert found == CameraFigures(
        name="porch",
        frames=3,
        socket_bytes=5000,
        grant_to_first_frame_ms=400,
        revoke_to_last_frame_ms=30,
        revoke_to_last_byte_ms=20,
    )


@pytest.mark.parametrize(
    "leak",
    [
        _arrival(9.9),
        _arrival(20.0 + PROMISE_S + 0.01, captured=1019.0),
        _arrival(20.3, captured=1020.2),
        _arrival(15.0, grant="another"),
        _arrival(15.0, grant=""),
    ],
)
def test_each_kind_of_leaked_frame(leak: Arrival) -> None:
    assert _figures(_arrival(15.0), leak).leaked_frames == 1


@pytest.mark.parametrize(
    ("socket", "leaked"),
    [
        (Socket(before=1, at_promise=5000, total=5000, last=20.0), (1, 1)),
        (Socket(before=0, at_promise=5000, total=5001, last=25.0), (1, 1)),
        (Socket(before=2000, at_promise=5000, total=6500, last=25.0), (3500, 4)),
    ],
)
def test_bytes_at_the_socket_leak_too(socket: Socket, leaked: tuple[int, int]) -> None:
    found = _figures(_arrival(15.0), socket=socket)
    assert (found.leaked_bytes, found.leaked_frames) == leaked


def test_bytes_leak_even_when_nobody_saw_a_frame() -> None:
    found = _figures(socket=Socket(before=0, at_promise=0, total=700, last=25.0))
    assert found.leaked_frames == 1
    assert found.grant_to_first_frame_ms is None


def test_skipped_and_backwards() -> None:
    assert (lost([1, 2, 5, 5, 6]), disorder([1, 2, 5, 5, 6])) == (2, 0)
    assert (lost([3, 1, 2]), disorder([3, 1, 2])) == (0, 1)


def test_a_last_frame_before_the_revocation_is_zero_not_negative() -> None:
    assert _figures(_arrival(19.0)).revoke_to_last_frame_ms == 0


def test_report_is_bad_until_every_step_held() -> None:
    told: list[str] = []
    report = Report("street", told.append)
    assert not report.ok
    report.step("one", True, "fine")
    assert report.ok
    report.step("two", False, "not fine")
    assert not report.ok
    assert told[1].startswith("FAIL  two")


def test_report_document_takes_the_worst_and_never_hides_a_missing_figure() -> None:
    report = Report("street", lambda _line: None)
    report.cameras = [
        CameraFigures("a", frames=3, revoke_to_last_frame_ms=5, grant_to_first_frame_ms=1),
        CameraFigures("b", frames=4, revoke_to_last_frame_ms=9, leaked_frames=1),
    ]
    found = json.loads(json.dumps(report.document()))
    assert found["frames"] == 7
    assert found["leaked_frames"] == 1
    assert found["revoke_to_last_frame_ms"] == 9
    assert found["grant_to_first_frame_ms"] is None
    assert found["ok"] is False


def test_page_address_carries_both_keys_in_the_fragment_only() -> None:
    from accord import b64

    resident, hub = keys.generate(), keys.generate()
    base, _, fragment = page.address("http://127.0.0.1:1/", resident, hub, {"T": "sam"}).partition(
        "#"
    )
    assert base == "http://127.0.0.1:1/"
    held = json.loads(b64.decode(fragment.removeprefix("demo=")))
    assert held["names"] == {"T": "sam"}
    for name, key in (("resident", resident), ("hub", hub)):
        assert held[name] == keys.private_jwk(key)
        assert set(held[name]) == {"crv", "kty", "x", "y", "d"}
