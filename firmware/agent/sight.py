"""From a JPEG to a verdict: does something move in it? The thumbnail first, then the model."""

from agent.rolls import LEARNING, MOTION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.motion import MotionModel
    from agent.thumbnail import Thumbnailer

THRESHOLD = 1000  # scores at and above it mean that something moves
BLIND_FRAMES = 5  # in a row that cannot be read: more than a bad moment of the sensor


class Sight:
    """After look(): `score` (0 if unreadable), `verdict` (MOTION, LEARNING or None) and `fault`,
    a short word why the picture could not be read, or ""."""

    def __init__(self, thumbnailer: "Thumbnailer", model: "MotionModel") -> None:
        self._thumbnailer = thumbnailer
        self._model = model
        self._unread = 0
        self._looked = False
        self.score = 0
        self.verdict: int | None = None
        self.fault = ""

    @property
    def moves(self) -> bool:
        """Does the score say so? While the model learns that is worth little."""
        return self.score >= THRESHOLD

    @property
    def blind(self) -> bool:
        """Has nothing been readable for a while?"""
        return self._unread >= BLIND_FRAMES

    def reset(self) -> None:
        """The gate opened or closed, or the picture changed: what moves is learned anew."""
        if self._looked:
            self._model.reset()
        self._looked = False
        self._unread = 0

    def look(self, jpeg: bytearray) -> None:
        """Judge the next picture. Blocks: 30 to 100 ms on a board."""
        self._looked = True
        self.score, self.verdict = 0, None
        self.fault = self._thumbnailer.read(jpeg)
        if self.fault:
            self._unread += 1
            return
        self._unread = 0
        thumbnail, model = self._thumbnailer, self._model
        self.score = model.judge(thumbnail.pixels, thumbnail.cols, thumbnail.rows)
        if model.learning:
            self.verdict = LEARNING
        elif self.moves:
            self.verdict = MOTION
