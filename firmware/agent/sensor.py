"""The camera module -> JPEG bytes of our own. The only importer of `camera`.

The driver's rules this file exists for (micropython-camera-API 0.5 and 0.6):
  - capture() lends a *signed* memoryview into the driver's buffer; the next call of anything
    overwrites it. So it is copied before anything else can run.
  - capture() blocks up to 4 s and then gives None. So frame_available() is awaited first.
  - a buffer that is given back is filled at once. So it is kept until arm() asks for a new picture.
  - the driver fills buffers ahead: the first pictures after a start or a pause are old, and may
    be older than the consent to take them. So they are discarded.
  - deinit() leaves the sensor powered. So the power-down pin, where there is one, is raised.
"""

from accord.wire import MAX_JPEG
from agent.errors import ConfigError, SensorFault
from agent.framesize import choose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from agent.board import Board
    from agent.terms import Terms

STALE_FRAMES = 2
IDLE_MS = 1_500  # after a pause this long the driver's buffers hold the past
GRAB_MS = 4_200  # longer than the driver's own time-out
_POLL_MS = 8


def load_driver() -> "Any":
    """The `camera` module; ConfigError on a firmware without one."""
    try:
        import camera
    except ImportError:
        raise ConfigError("no camera module here; flash the board's own image") from None
    return camera


class Sensor:
    """`cut_power(off)` drives the power-down pin, None where the board has none; `pause(ms)` is
    awaited while the sensor exposes a picture."""

    def __init__(
        self,
        driver: "Any",
        board: "Board",
        *,
        cut_power: "Callable[[bool], None] | None",
        elapsed_ms: "Callable[[], int]",
        pause: "Callable[[int], Awaitable[None]]",
    ) -> None:
        self._driver = driver
        self._board = board
        self._cut_power = cut_power
        self._elapsed_ms = elapsed_ms
        self._pause = pause
        self._camera: Any = None
        self._picture = ("", 0)  # size and quality
        self._stale = 0
        self._armed = False
        self._last_ms = 0
        self.off()

    @property
    def powered(self) -> bool:
        return self._camera is not None

    def off(self) -> None:
        """Dark: de-initialised and, where the board can, without power."""
        camera, self._camera = self._camera, None
        self._armed = False
        try:
            if camera is not None:
                camera.deinit()
        except OSError:
            pass  # the driver had stopped it before
        finally:  # whatever happens, its power is cut
            if self._cut_power is not None:
                self._cut_power(True)

    def film(self, terms: "Terms") -> bool:
        """Be on, with this size and quality; True if it was off, or had another size. SensorFault
        if the camera does not start."""
        wanted = choose(terms.width, terms.height), terms.quality
        had = self._picture if self._camera is not None else None
        if wanted == had:
            return False
        if had is not None:
            self.off()
        self._picture = wanted
        if self._cut_power is not None:
            self._cut_power(False)
        try:
            self._camera = self._driver.Camera(**self._arguments(terms))
            self._board.turn(self._camera)
        except (OSError, ValueError) as error:
            self.off()
            raise SensorFault("the camera does not start: %s" % error) from None
        self._stale = STALE_FRAMES
        return had is None or had[0] != wanted[0]

    def arm(self) -> None:
        """Let the sensor expose the next picture now; picture() will fetch it."""
        if self._camera is not None and not self._armed:
            self._camera.free_buffer()
            self._armed = True

    def discard(self) -> None:
        """The next picture() shall show nothing from before now."""
        self._stale = STALE_FRAMES

    async def warm_up(self) -> None:
        """Discard what the driver filled before the gate opened, or during a pause."""
        camera = self._camera
        if self._elapsed_ms() - self._last_ms >= IDLE_MS:
            self._stale = STALE_FRAMES
        while self._stale > 0 and await self._grab(camera) is not None:
            self._stale -= 1

    async def picture(self) -> bytearray | None:
        """The picture exposed since arm(), or else from now on: a copy. None if the sensor went
        off meanwhile; SensorFault if the camera gives none."""
        await self.warm_up()
        view = await self._grab(self._camera)
        if view is None:
            return None
        jpeg = bytearray(view)
        if jpeg[:2] != b"\xff\xd8" or len(jpeg) > MAX_JPEG:
            raise SensorFault("the camera gave no JPEG")
        return jpeg

    async def _grab(self, camera: "Any") -> "memoryview | None":
        """The driver's next picture, valid until anything else is asked of the driver."""
        if camera is None or self._camera is not camera:
            return None
        self.arm()
        since = self._elapsed_ms()
        while not camera.frame_available():
            if self._elapsed_ms() - since > GRAB_MS:
                raise SensorFault("the camera gives no picture")
            await self._pause(_POLL_MS)
            if self._camera is not camera:
                return None
        view: memoryview | None = camera.capture()
        self._armed = False
        self._last_ms = self._elapsed_ms()
        if view is None:
            raise SensorFault("the camera gives no picture")
        return view

    def _arguments(self, terms: "Terms") -> "dict[str, Any]":
        """The board's pins and buffers, and what this gate opening wants of them."""
        arguments = dict(self._board.camera)
        arguments["pixel_format"] = self._driver.PixelFormat.JPEG  # the default is not
        name = choose(terms.width, terms.height)
        arguments["frame_size"] = getattr(self._driver.FrameSize, name)
        arguments["jpeg_quality"] = terms.quality
        return arguments
