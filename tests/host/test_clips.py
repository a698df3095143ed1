"""Who may have which clips: listed, played, taken away, deleted; each with its entry first."""

import io
import socket
from pathlib import Path

import pytest
from PIL import Image

from porchlight.clips import avi, sealing
from porchlight.clips.reader import ClipReader
from porchlight.clips.rows import Clip
from porchlight.errors import StoreError
from tests.host.test_clip_files import check_riff
from tests.support.clipping import (
    CAUSE,
    ask_play,
    clip_grant,
    fetch,
    frames,
    keep,
    large,
    listed,
    open_play,
)
from tests.support.hosting import InThread, Kit, ShiftedClock
from tests.support.signing import Signer, new_id


def stored(host: InThread, clip: Clip) -> Path:
    return host.parts.clips.path(clip)


def refused(answer: object, status: int, reason: str) -> None:
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)  # type: ignore[attr-defined]


def test_a_hub_is_told_only_of_what_its_grant_recorded(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    own = keep(host, porch, clip_grant(host, porch, ann))
    assert listed(host, fire, **CAUSE) == []
    shared = keep(host, porch, clip_grant(host, porch, fire))
    assert listed(host, fire, **CAUSE) == [shared.id]
    assert listed(host, ann) == [shared.id, own.id]
    assert listed(host, host.resident()) == []
    assert listed(host, host.hub(), **CAUSE) == []
    told = host.entries(ann, "search")
    one = host.caller(fire).get(f"/clips/{shared.id}", **CAUSE)
    assert (one.status_code, one.json()["sha256"]) == (200, shared.sha256)
    assert len(host.entries(ann, "search")) == len(told) + 1
    refused(host.caller(fire).get(f"/clips/{own.id}", **CAUSE), 404, "no-clip")
    assert host.caller(ann).get(f"/clips/{own.id}").json()["grant"] == own.jti
    assert [(entry["hub"], entry["case"]) for entry in told] == [(fire.thumb, "C-1")]
    refused(ask_play(host, fire, own, **CAUSE), 404, "no-clip")
    assert host.entries(ann, "access.refused")[-1]["reason"] == "no-grant"


def test_a_later_grant_gives_nothing_of_before(host: InThread, fire: Signer, porch: Kit) -> None:
    before = keep(host, porch, clip_grant(host, porch, fire))
    clip_grant(host, porch, fire)
    host.caller(porch.owner).post(f"/grants/{before.jti}/revoke")
    assert listed(host, fire, **CAUSE) == []
    refused(ask_play(host, fire, before), 404, "no-clip")


def test_a_grant_that_answers_a_request_covers_its_window(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    now_ms = host.parts.clock.unix_ms()
    own = clip_grant(host, porch, ann)
    inside = keep(host, porch, own, frames(began_ms=now_ms - 50_000))
    across = keep(host, porch, own, frames(began_ms=now_ms - 60_200))
    window = (now_ms - 60_000, now_ms - 40_000)
    clip_grant(host, porch, fire, req=new_id())
    assert listed(host, fire, **CAUSE) == [], "no request is known"
    host.parts.plays.access.window = lambda grant: window if grant.sub == porch.id else None
    assert listed(host, fire, **CAUSE) == [inside.id]
    open_play(host, fire, inside)
    refused(ask_play(host, fire, across), 404, "no-clip")
    found = host.wait(host.parts.clips.within(porch.id, *window))
    assert [clip.id for clip in found] == [inside.id]


def test_a_hub_says_why_first(host: InThread, fire: Signer, porch: Kit) -> None:
    clip = keep(host, porch, clip_grant(host, porch, fire))
    for missing, reason in (("case", "case-missing"), ("purpose", "purpose-missing")):
        refused(ask_play(host, fire, clip, **{missing: ""}), 403, reason)
    refused(ask_play(host, fire, clip, purpose="theft"), 403, "purpose-not-granted")
    refused(ask_play(host, fire, clip, purpose="own-use"), 403, "purpose-not-granted")
    refused(ask_play(host, fire, clip, action="live"), 403, "action-not-granted")
    refused(host.caller(fire).get("/clips", purpose="fire"), 400, "no-case")
    thumbnail = f"/clips/{clip.id}/thumbnail.jpg"
    refused(host.caller(fire).get(thumbnail, case="C-1"), 400, "no-purpose")
    reasons = [entry["reason"] for entry in host.entries(porch.owner, "access.refused")]
    assert reasons[:2] == ["case-missing", "purpose-missing"]


def test_looking_and_taking_away_are_two_actions(host: InThread, fire: Signer, porch: Kit) -> None:
    looking = keep(host, porch, clip_grant(host, porch, fire))
    refused(ask_play(host, fire, looking, action="export"), 403, "action-not-granted")
    both = clip_grant(host, porch, fire, detail={"actions": ["clips", "export"]})
    clip = keep(host, porch, both)
    answer = fetch(host, open_play(host, fire, clip, action="export")["urls"]["file"])
    assert answer.headers["content-disposition"].startswith("attachment; ")
    entry = host.entries(porch.owner, "clip.released")[-1]
    assert (entry["detail"]["sha256"], entry["case"]) == (clip.sha256, "C-1")
    seen = fetch(host, open_play(host, fire, clip)["urls"]["file"])
    assert seen.headers["content-disposition"].startswith("inline; ")
    assert answer.content == seen.content
    own = fetch(host, open_play(host, porch.owner, clip)["urls"]["file"])
    assert own.content == stored(host, clip).read_bytes() != seen.content


def test_a_file_is_given_in_ranges(host: InThread, ann: Signer, porch: Kit) -> None:
    clip = keep(host, porch, clip_grant(host, porch, ann))
    url = open_play(host, ann, clip)["urls"]["file"]
    whole = stored(host, clip).read_bytes()
    part = fetch(host, url, Range="bytes=100-299")
    assert (part.status_code, part.content) == (206, whole[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{len(whole)}"
    assert fetch(host, url, Range="bytes=-7").content == whole[-7:]
    refused(fetch(host, url, Range=f"bytes={len(whole)}-"), 416, "bad-range")
    tag = part.headers["etag"]
    assert fetch(host, url, Range="bytes=0-0", **{"If-Range": tag}).status_code == 206
    assert fetch(host, url, Range="bytes=0-0", **{"If-Range": '"other"'}).status_code == 200


def test_the_frames_come_as_a_stream(host: InThread, ann: Signer, porch: Kit) -> None:
    shown = frames(3)
    clip = keep(host, porch, clip_grant(host, porch, ann), shown)
    answer = fetch(host, open_play(host, ann, clip)["urls"]["stream"])
    assert all(answer.content.count(b"\r\n\r\n" + frame.jpeg) == 1 for frame in shown)
    assert answer.content.count(f"X-Grant: {clip.jti}".encode()) == 3


def test_a_thumbnail_is_the_frame_in_which_most_moved(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    clip = keep(host, porch, clip_grant(host, porch, fire))
    answer = host.caller(fire).get(f"/clips/{clip.id}/thumbnail.jpg", **CAUSE)
    assert answer.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.content)) as picture:
        red = picture.convert("RGB").getpixel((5, 5))[0]  # type: ignore[index]
    assert abs(red - 160) < 10, "of the last frame"
    assert host.entries(ann, "clip.played")[-1]["detail"]["what"] == "thumbnail"


def test_masks_and_a_caption_are_in_all_that_a_hub_gets(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    clip = keep(host, porch, clip_grant(host, porch, fire, detail={"mask": [[0, 0, 500, 1_000]]}))
    play = open_play(host, fire, clip)
    stream = fetch(host, play["urls"]["stream"]).content
    small = host.caller(fire).get(f"/clips/{clip.id}/thumbnail.jpg", **CAUSE).content
    path = host.parts.handouts.folder / f"{play['id']}.avi"
    with ClipReader(path) as reader:
        shown = [jpeg for _, jpeg in reader.frames()]
    assert len(shown) == clip.frames
    assert all(jpeg in stream for jpeg in shown)
    for jpeg in (*shown, small):
        with Image.open(io.BytesIO(jpeg)) as seen:
            colours = seen.convert("RGB")
        assert colours.height > 120, "a caption stands below"
        assert max(colours.getpixel((60, 60))) < 30, "covered"  # type: ignore[arg-type]
        assert colours.getpixel((150, 60))[1] > 60, "not covered"  # type: ignore[index]
    check_riff(path.read_bytes(), shown)
    host.caller(ann).delete(f"/clips/{clip.id}")
    assert not path.exists(), "gone with its play"


def test_revoking_ends_what_is_played(host: InThread, fire: Signer, porch: Kit) -> None:
    clip = keep(host, porch, clip_grant(host, porch, fire))
    url = open_play(host, fire, clip)["urls"]["file"]
    host.caller(porch.owner).post(f"/grants/{clip.jti}/revoke")
    refused(fetch(host, url), 410, "ticket-expired")
    assert listed(host, fire, **CAUSE) == []
    assert listed(host, porch.owner) == [clip.id], "the resident keeps it"


def test_a_slow_reader_gets_no_more_once_the_grant_ended(
    host: InThread, fire: Signer, porch: Kit
) -> None:
    clip = keep(host, porch, clip_grant(host, porch, fire), large(40))
    url = open_play(host, fire, clip)["urls"]["file"]
    with socket.socket() as viewer:
        viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        viewer.settimeout(20)
        viewer.connect(("127.0.0.1", host.ports.http))
        viewer.sendall(f"GET {url} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        got = len(viewer.recv(1_000))
        host.caller(porch.owner).post(f"/grants/{clip.jti}/revoke")
        try:
            while more := viewer.recv(65_536):
                got += len(more)
        except ConnectionResetError:
            pass
    assert got < clip.size_bytes / 2


def test_a_play_runs_out_and_belongs_to_one_address(
    host: InThread, ann: Signer, porch: Kit, clock: ShiftedClock
) -> None:
    clip = keep(host, porch, clip_grant(host, porch, ann))
    url = open_play(host, ann, clip)["urls"]["file"]
    refused(fetch(host, url[:-12] + "x/clip.avi"), 404, "no-play")
    ticket = url.split("/")[-2]
    with pytest.raises(Exception, match="ticket-stolen"):
        host.wait(host.parts.plays.admit(ticket, "192.0.2.7"))
    assert host.entries(ann, "access.refused")[-1]["reason"] == "ticket-stolen"
    clock.ahead_s += 1_000
    try:
        refused(fetch(host, url), 410, "ticket-expired")
    finally:
        clock.ahead_s -= 1_000


def test_no_entry_no_bytes(
    host: InThread, fire: Signer, porch: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = keep(host, porch, clip_grant(host, porch, fire))

    async def full(*_: object, **__: object) -> int:
        raise StoreError("disk full")

    monkeypatch.setattr(host.parts.entries, "add", full)
    refused(ask_play(host, fire, clip), 503, "not-stored")
    thumbnail = f"/clips/{clip.id}/thumbnail.jpg"
    refused(host.caller(fire).get(thumbnail, **CAUSE), 503, "not-stored")


def test_a_resident_deletes_what_is_theirs(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    clip = keep(host, porch, clip_grant(host, porch, fire))
    url = open_play(host, fire, clip)["urls"]["file"]
    refused(host.caller(host.resident()).delete(f"/clips/{clip.id}"), 404, "no-clip")
    refused(host.caller(fire).delete(f"/clips/{clip.id}"), 403, "residents-only")
    assert host.caller(ann).delete(f"/clips/{clip.id}").status_code == 204
    assert not stored(host, clip).exists()
    refused(fetch(host, url), 410, "ticket-expired")
    assert listed(host, ann) == []
    assert host.entries(ann, "clip.deleted")[-1]["detail"]["clip"] == clip.id


def test_clips_go_when_their_time_is_over(
    host: InThread, ann: Signer, porch: Kit, clock: ShiftedClock
) -> None:
    jti = clip_grant(host, porch, ann)
    short, long = keep(host, porch, jti, keep_s=100), keep(host, porch, jti, keep_s=1_000)
    clock.ahead_s += 200
    try:
        host.wait(host.parts.clips.sweep())
    finally:
        clock.ahead_s -= 200
    assert listed(host, ann) == [long.id]
    assert not stored(host, short).exists()
    assert stored(host, long).exists()
    entry = host.entries(ann, "clip.expired")[-1]
    assert (entry["reason"], entry["detail"]["clip"]) == ("retention", short.id)


def test_the_oldest_go_when_a_cameras_room_is_used_up(
    host: InThread, ann: Signer, porch: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    jti = clip_grant(host, porch, ann)
    now_ms = host.parts.clock.unix_ms()
    kept = [keep(host, porch, jti, frames(began_ms=now_ms - 1_000 * n)) for n in (30, 20, 10)]
    elsewhere = host.camera(ann)
    other = keep(host, elsewhere, clip_grant(host, elsewhere, ann))
    monkeypatch.setattr(host.parts.clips, "quota", 3 * kept[0].size_bytes)
    newest = keep(host, porch, jti, frames(began_ms=now_ms - 1_000))
    assert set(listed(host, ann)) == {kept[1].id, kept[2].id, newest.id, other.id}
    assert not stored(host, kept[0]).exists()
    assert host.entries(ann, "clip.expired")[-1]["reason"] == "quota"


def test_a_sealed_clip_is_its_residents_alone(
    host: InThread, ann: Signer, fire: Signer, porch: Kit
) -> None:
    clip = keep(host, porch, clip_grant(host, porch, fire), reader=ann.key.public)
    refused(ask_play(host, fire, clip), 409, "sealed")
    opened = open_play(host, ann, clip)
    assert opened["urls"]["stream"] is None
    content = fetch(host, opened["urls"]["file"]).content
    plain = sealing.unseal(content, ann.key._key)
    assert plain[-avi.HEAD_BYTES :][:4] == b"RIFF"
    refused(host.caller(ann).get(f"/clips/{clip.id}/thumbnail.jpg"), 409, "sealed")
    refused(fetch(host, opened["urls"]["file"].replace(".avi", ".mjpg")), 409, "sealed")
