"""What boards answer about leases: waited for by those who told or asked them."""

import asyncio
from typing import Final

from accord import wire
from porchlight.camera import STANDING
from porchlight.cameras import Cameras
from porchlight.errors import Unavailable

ANSWER_S: Final = 5.0  # a board verifies an agent's lease in a second or two
NONCE: Final = "status-nonce"
_ASKED: Final = b""  # in place of a nonce: the question for one


class Words:
    """One object per host. A board that never answers costs its asker five seconds."""

    def __init__(self, cameras: Cameras) -> None:
        self._cameras = cameras
        self._waiting: dict[tuple[str, bytes], asyncio.Future[str]] = {}
        cameras.on_stood(self._stood)

    async def of(self, camera_id: str, nonce: bytes = _ASKED) -> str:
        """The board's next word about this nonce; or once it has told one, "nonce". Unavailable."""
        key = camera_id, nonce
        if key not in self._waiting:
            self._waiting[key] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(ANSWER_S):
                return await asyncio.shield(self._waiting[key])
        except TimeoutError:
            self._waiting.pop(key, None)
            raise Unavailable("board-silent", "the board did not answer") from None

    async def _stood(self, camera_id: str, answer: wire.Answer, word: str) -> None:
        camera = self._cameras.get(camera_id)
        if camera is None:
            return
        asked = word == NONCE
        if asked and camera.book.standing.nonce != answer.handle:  # told twice, it began once
            camera.book.standing.ask(answer.handle)
        future = self._waiting.pop((camera_id, _ASKED if asked else answer.handle), None)
        if future is not None and not future.done():
            future.set_result(word[len(STANDING) :])
