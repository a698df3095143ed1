"""The story that `porchlight demo --check` tells, one promise a step, on the running system.

Pictures are counted twice, by different means: as frames where a hub sees them, and as bytes on
the board's socket, where only their length shows. Every step says what it measured.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence

from porchkit.demo.acts import Hub, Resident
from porchkit.demo.figures import PROMISE_S, disorder, lost
from porchkit.demo.report import Report
from porchkit.demo.together import together
from porchkit.demo.track import Track, missing
from porchkit.demo.viewer import Viewer
from porchkit.errors import CommandError

DARK_S = 2.0  # how long nothing may be sent before the grant
WATCH_S = 6.0
FIRST_FRAME_S = 10.0
END_S = 3.0
GUARD_S = 3.0  # after the promise: how long nothing may come any more
LASTS_S = 600
MIN_FRAMES_PER_S = 2.0
# Share of frames. On a busy machine a newer frame replaces one that waits: that is the design, and
# no fault as long as most get through.
MAX_LOST = 0.2


class Story:
    """Run once. `tracks`: one for each camera, whose board talks through the track's tap."""

    def __init__(self, resident: Resident, hub: Hub, tracks: list[Track], report: Report) -> None:
        self._resident, self._hub, self._tracks, self._report = resident, hub, tracks, report

    async def run(self) -> None:
        """Every step in order; a step that cannot go on ends the story as a failed step."""
        acts = (
            self._dark_without_a_grant,
            self._a_grant_opens,
            self._pictures_flow,
            self._the_wall,
            self._one_is_revoked,
            self._the_others_are_revoked,
            self._refused_afterwards,
            self._stays_dark,
            self._the_log_tells,
        )
        try:
            for act in acts:
                await act()
        except (CommandError, TimeoutError) as error:
            self._report.step("the story goes on", False, str(error) or "something took too long")
        finally:
            await self._look_away()

    async def _dark_without_a_grant(self) -> None:
        refused = [await self._hub.refusal([track.camera]) for track in self._tracks]
        await asyncio.sleep(DARK_S)
        sent = sum(track.tap.pictures.bytes for track in self._tracks)
        self._report.step(
            "no grant, no picture",
            sent == 0 and set(refused) == {"no-grant"},
            f"{sent} picture bytes in {DARK_S:.0f} s; {_words(refused)}",
        )

    async def _a_grant_opens(self) -> None:
        came = await together(*map(self._grant, self._tracks))
        spans = [
            f"{(track.arrivals[0].at - track.granted) * 1000:.0f} ms" if track.seen else "never"
            for track in self._tracks
        ]
        self._report.step("a grant opens the picture", all(came), f"after {', '.join(spans)}")

    async def _grant(self, track: Track) -> bool:
        track.before = track.tap.pictures.bytes
        track.granted = time.monotonic()
        track.jti = await self._resident.grant(track.camera, [self._hub.thumb], LASTS_S)
        view = await self._hub.open([track.camera])
        track.url = view["urls"]["cameras"][track.camera.thumb]["stream"]
        track.viewer = Viewer(self._hub.client, track.url)
        return await track.viewer.wait_first(FIRST_FRAME_S)

    async def _pictures_flow(self) -> None:
        before = [track.seen for track in self._tracks]
        await asyncio.sleep(WATCH_S)
        rates = [
            (track.seen - seen) / WATCH_S for track, seen in zip(self._tracks, before, strict=True)
        ]
        numbers = [[arrival.sequence for arrival in track.arrivals] for track in self._tracks]
        skipped, backwards = sum(map(lost, numbers)), sum(map(disorder, numbers))
        self._report.step(
            "pictures flow, in order",
            min(rates) >= MIN_FRAMES_PER_S
            and backwards == 0
            and skipped <= MAX_LOST * sum(map(len, numbers)),
            f"{_list(rates, '.1f')} frames/s; {skipped} skipped, {backwards} out of order",
        )

    async def _the_wall(self) -> None:
        view = await self._hub.open([track.camera for track in self._tracks])
        wall = Viewer(self._hub.client, view["urls"]["wall"])
        came = await wall.wait_first(FIRST_FRAME_S)
        await wall.close()
        await self._hub.client.delete(f"/views/{view['id']}")
        size = f"{wall.arrivals[0].size} bytes" if came else wall.problem or "no picture"
        self._report.step("one wall of all cameras", came, size)

    async def _one_is_revoked(self) -> None:
        first, *others = self._tracks
        said = await self._revoke(first)
        before = [track.seen for track in others]
        await asyncio.sleep(1.0)
        on = [track.seen > seen for track, seen in zip(others, before, strict=True)]
        self._report.step(
            "taken back: dark; the others go on",
            self._ended_in_time(first) and said == "revoked" and all(on),
            f"{_ends([first])}; board: {said}; {sum(on)} others still seen",
        )

    async def _the_others_are_revoked(self) -> None:
        others = self._tracks[1:]
        said = await together(*map(self._revoke, others))
        self._report.step(
            "taken back: all dark",
            all(map(self._ended_in_time, others)) and set(said) == {"revoked"},
            f"{_ends(others)}; boards: {_words(said)}",
        )

    async def _revoke(self, track: Track) -> str:
        """Take it back and note what happens; the board's own word in the end."""
        track.revoked = time.monotonic()
        await self._resident.revoke(track.jti)
        track.over, track.over_unix = time.monotonic(), time.time()
        if track.viewer:
            await track.viewer.wait_end(END_S)
        await asyncio.sleep(max(0.0, track.revoked + PROMISE_S - time.monotonic()))
        track.at_promise = track.tap.pictures.bytes
        return await self._resident.board_says(track.jti, "revoked", END_S)

    def _ended_in_time(self, track: Track) -> bool:
        """The host ended the stream, and nothing came later than promised."""
        figures = track.figures()
        times = (figures.revoke_to_last_frame_ms, figures.revoke_to_last_byte_ms)
        ended = track.viewer is not None and track.viewer.ended_at is not None
        return ended and all(span is not None and span < PROMISE_S * 1000 for span in times)

    async def _refused_afterwards(self) -> None:
        refused = [await self._hub.refusal([track.camera]) for track in self._tracks]
        again = [Viewer(self._hub.client, track.url) for track in self._tracks]
        shut = [await viewer.wait_end(END_S) for viewer in again]
        await asyncio.gather(*(viewer.close() for viewer in again))
        frames = sum(len(viewer.arrivals) for viewer in again)
        self._report.step(
            "refused from now on",
            set(refused) == {"revoked"} and all(shut) and frames == 0,
            f"new views: {_words(refused)}; {frames} pictures through the old addresses",
        )

    async def _stays_dark(self) -> None:
        await asyncio.sleep(GUARD_S)
        self._report.cameras = [track.figures() for track in self._tracks]
        frames = sum(camera.leaked_frames for camera in self._report.cameras)
        count = sum(camera.leaked_bytes for camera in self._report.cameras)
        self._report.step(
            "nothing leaks",
            frames == 0 and count == 0,
            f"{frames} frames and {count} picture bytes outside consent, {GUARD_S:.0f} s watched",
        )

    async def _the_log_tells(self) -> None:
        entries = await self._resident.entries()
        faults = [fault for track in self._tracks for fault in missing(entries, track)]
        self._report.step(
            "the resident's log tells it",
            not faults,
            "; ".join(faults) or f"{len(entries)} entries, all that should be there",
        )

    async def _look_away(self) -> None:
        await asyncio.gather(*(track.viewer.close() for track in self._tracks if track.viewer))


def _ends(tracks: Sequence[Track]) -> str:
    """ "last frame after 12 ms, last byte after 3 ms", the worst of them."""
    figures = [track.figures() for track in tracks]
    frame = max((camera.revoke_to_last_frame_ms or 0 for camera in figures), default=0)
    byte = max((camera.revoke_to_last_byte_ms or 0 for camera in figures), default=0)
    return f"last frame after {frame} ms, last picture byte after {byte} ms"


def _words(reasons: Iterable[str]) -> str:
    return ", ".join(sorted({reason or "not refused" for reason in reasons}))


def _list(numbers: Iterable[float], shape: str) -> str:
    return ", ".join(format(number, shape) for number in numbers)
