"""Updates: the courses under way, moved on by what boards say, and told in residents' logs.

An entry is on disk before the step it tells of is taken. A host that restarts forgets what it was
carrying; what the board has done by then it still tells, and it is entered.
"""

from typing import Final, Protocol

from accord import names, wire
from porchlight.camera import Camera
from porchlight.clock import Clock
from porchlight.desk import Log
from porchlight.errors import Conflict, NotFound, Unavailable
from porchlight.tally import Tally
from porchlight.updates.bundle import Bundle
from porchlight.updates.course import HEARD, Course

MOST_ACTIVE: Final = 64  # half a megabyte each
UPLOAD_S: Final = 300.0  # for all files of one to be handed in, once others want its place
NEWS: Final = 10  # entries a minute of a board that tells of what nobody here sent
# The state that a course comes into -> the entry that tells of it.
ENTRIES: Final = {
    "offered": "update.offered",
    "sending": "update.begun",
    "restarting": "update.restart",
    "running": "update.running",
    "undone": "update.undone",
    "refused": "update.refused",
}
_NEWS_WORDS: Final = ("update-running", "update-undone")


class Boards(Protocol):
    """The part of cameras.Cameras that is used here."""

    def get(self, camera_id: str) -> Camera | None: ...


class Updates:
    """One course a camera, the last one kept to be asked about."""

    def __init__(self, boards: Boards, entries: Log, clock: Clock) -> None:
        self._boards = boards
        self._entries = entries
        self._clock = clock
        self._courses: dict[str, Course] = {}
        self._tally = Tally(burst=NEWS)

    def get(self, camera_id: str) -> Course:
        """The last course of this camera; NotFound where there was none."""
        course = self._courses.get(camera_id)
        if course is None:
            raise NotFound("no-update", "no update was handed in for this camera")
        return course

    def begin(self, camera_id: str, bundle: Bundle) -> Course:
        """A new course, which waits for its files. Conflict while another is under way."""
        known = self._courses.get(camera_id)
        if known is not None and known.state in ("waiting", "offered", "sending"):
            raise Conflict("update-under-way", "an update of this camera is under way")
        now = self._clock.monotonic()
        self._drop_abandoned(now)
        others = [course for key, course in self._courses.items() if key != camera_id]
        if sum(course.active for course in others) >= MOST_ACTIVE:
            raise Unavailable("too-many-updates", "too many updates at once; try again later")
        course = self._courses[camera_id] = Course(camera_id, bundle, now)
        return course

    async def add(self, camera_id: str, files: dict[str, bytes]) -> Course:
        """Take some of its files; with the last one it goes to the board."""
        course = self.get(camera_id)
        if course.state != "uploading":
            raise Conflict("update-under-way", "all files of this update are here already")
        for path, content in files.items():
            course.bundle.add(path, content)
        if not course.bundle.missing:
            course.state = "waiting"
            await self.attached(camera_id)
        return course

    async def cancel(self, camera_id: str) -> Course:
        """Give it up, unless the board is restarting into it already."""
        course = self.get(camera_id)
        if not course.active or course.state == "restarting":
            raise Conflict("too-late", "this update is over, or the board is trying it already")
        camera = self._boards.get(camera_id)
        if camera is not None:
            camera.tell_update(wire.Update(wire.UPDATES.index("cancel"), 0, 0, b""))
        course.end("refused", "cancelled")
        await self._enter(course)
        return course

    async def attached(self, camera_id: str) -> None:
        """A board has connected: offer it what waits for it, or was broken off."""
        course, camera = self._courses.get(camera_id), self._boards.get(camera_id)
        if course is None or camera is None or not camera.online:
            return
        offer = course.offer()
        if offer is not None:
            await self._enter(course)
            camera.tell_update(offer)

    async def heard(self, camera_id: str, answer: wire.Answer, word: str) -> None:
        """A board's word about an update."""
        camera = self._boards.get(camera_id)
        course = self._courses.get(camera_id)
        if camera is None:
            return
        if course is None or course.bundle.handle != answer.handle or not course.active:
            await self._news(camera, answer, word)
            return
        reply = course.hear(word)
        await self._enter(course)
        if reply is not None:
            camera.tell_update(reply)

    def _drop_abandoned(self, now: float) -> None:
        """Whoever began to hand one in and stopped takes no other's place."""
        for course in self._courses.values():
            if course.state == "uploading" and now - course.began > UPLOAD_S:
                course.end("refused", "abandoned")

    async def _news(self, camera: Camera, answer: wire.Answer, word: str) -> None:
        """Of an update that this host no longer carries, or never did: entered all the same."""
        said, _, why = word.partition(" ")
        if said not in _NEWS_WORDS:
            return
        if self._tally.due((camera.id, word), self._clock.monotonic()):
            detail = {"release": names.text(answer.handle), "firmware": camera.firmware}
            await self._entries.add(
                said.replace("-", "."),
                resident=camera.resident,
                camera=camera.id,
                reason=why or None,
                detail=detail,
            )
        camera.tell_update(wire.Update(HEARD, 0, 0, answer.handle))

    async def _enter(self, course: Course) -> None:
        """Each state once, and once more if by then the camera was sharing."""
        camera = self._boards.get(course.camera)
        told = (course.state, course.sharing)
        if camera is None or told in course.told or course.state not in ENTRIES:
            return
        course.told.add(told)
        row = course.row()
        detail = {name: row[name] for name in ("name", "version", "release", "sharing")}
        await self._entries.add(
            ENTRIES[course.state],
            resident=camera.resident,
            camera=camera.id,
            reason=course.reason or None,
            detail=detail,
        )
