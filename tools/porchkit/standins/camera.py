"""Stand-in for the `camera` module of micropython-camera-API 0.6: the sensor films the footage.

It keeps what bites on the real driver: `capture()` gives a *signed* memoryview into a buffer that
is written over by later captures, blocks up to 4 s and then returns None, and hands out old
pictures when a buffer was freed early. sensor_film.py does the filming; here is only the API.
A method that the real driver has and the firmware does not need is missing on purpose: calling it
fails loudly. Only PixelFormat.JPEG, because footage is JPEG.

Knobs: `sensor` (its name, OV2640), `sensor_fault` ([number, text] that starting it raises).
"""

import machine
import simboard
from camera_enums import SIZES, UXGA, FrameSize, GainCeiling, GrabMode, PixelFormat
from sensor_film import Film

__all__ = ("Camera", "FrameSize", "GainCeiling", "GrabMode", "PixelFormat")

_ENOENT = 2
_BLOCK_MS = 4000  # FB_GET_TIMEOUT of the driver
_MAX_XCLK_HZ = 40000000


# What can be set and read back; it changes nothing in the footage.
_LEVELS = {
    "contrast": 0, "brightness": 0, "saturation": 0, "sharpness": 0, "denoise": 0,
    "gainceiling": 0, "agc_gain": 0, "aec_value": 300, "special_effect": 0, "wb_mode": 0,
    "ae_level": 0,
}  # fmt: skip
_SWITCHES = {
    "colorbar": False, "whitebal": True, "gain_ctrl": True, "exposure_ctrl": True,
    "hmirror": False, "vflip": False, "aec2": False, "awb_gain": True, "dcw": True, "bpc": False,
    "wpc": True, "raw_gma": True, "lenc": True,
}  # fmt: skip

_only = None  # the driver knows one camera


class Camera:
    """The one camera. Constructing it again silently ends the one before."""

    def __init__(  # noqa: PLR0913 - the driver's own signature
        self,
        *,
        data_pins,
        pclk_pin,
        vsync_pin,
        href_pin,
        xclk_pin,
        sda_pin=-1,
        scl_pin=-1,
        xclk_freq=20000000,
        powerdown_pin=-1,
        reset_pin=-1,
        pixel_format=PixelFormat.RGB565,
        frame_size=FrameSize.QQVGA,
        jpeg_quality=85,
        fb_count=1,
        grab_mode=GrabMode.WHEN_EMPTY,
        init=True,
    ):
        global _only
        fault = simboard.knob("sensor_fault", None)
        if fault:
            raise OSError(*fault)
        _check_pins(data_pins, sda_pin, scl_pin)
        if not 0 <= jpeg_quality <= 100:
            raise ValueError("jpeg quality must be in range 0-100")
        if xclk_freq > _MAX_XCLK_HZ:
            raise ValueError("xclk frequency cannot be grather than 40MHz")
        if _only is not None:
            _only.deinit()
        _only = self
        self._film = None
        self._powerdown_pin = powerdown_pin
        self._quality = jpeg_quality
        self._frame_size = frame_size
        self._set_buffers(pixel_format, fb_count, grab_mode)
        self._settings = dict(_LEVELS)
        self._settings.update(_SWITCHES)
        self.init()
        if self.capture() is None:
            self.deinit()
            raise OSError(
                "Failed to capture initial frame. "
                "Construct a new object with appropriate configuration."
            )
        if init:
            self.free_buffer()
        else:
            self.deinit()

    def _set_buffers(self, pixel_format, fb_count, grab_mode):
        if pixel_format != PixelFormat.JPEG:
            raise ValueError("a virtual board films PixelFormat.JPEG only")
        if grab_mode not in (GrabMode.WHEN_EMPTY, GrabMode.LATEST):
            raise ValueError("Invalid grab_mode")
        self._pixel_format = pixel_format
        self._fb_count = min(max(fb_count, 1), 2)
        self._grab_mode = grab_mode

    def init(self):
        """Power up and start filming; nothing happens where it films already."""
        if self._film is not None:
            return
        if self._powerdown_pin >= 0:
            machine.drive(self._powerdown_pin, 0)
        _, width, height = SIZES[self._frame_size]
        latest = self._grab_mode == GrabMode.LATEST
        self._film = Film(width, height, self._fb_count, latest, self._powered)

    def deinit(self):
        """Stop the clock of the sensor. The power-down pin is left as it is, as on the chip."""
        if self._film is not None:
            self._film.close()
            self._film = None

    def capture(self):
        """The next picture as memoryview('b'), or None after four seconds without one. It blocks
        everything, and any picture handed out before is written over from now on."""
        film = self._filming()
        film.release()
        return film.take(_BLOCK_MS)

    def frame_available(self):
        return self._filming().available()

    def free_buffer(self):
        if self._film is not None:
            self._film.release()

    def reconfigure(self, *, frame_size=None, pixel_format=None, grab_mode=None, fb_count=None):
        self._filming()
        if frame_size is not None:
            self._frame_size = min(frame_size, UXGA)
        self._set_buffers(
            self._pixel_format if pixel_format is None else pixel_format,
            self._fb_count if fb_count is None else fb_count,
            self._grab_mode if grab_mode is None else grab_mode,
        )
        self.deinit()
        self.init()

    def _filming(self):
        if self._film is None:
            raise OSError(_ENOENT)
        return self._film

    def _powered(self):
        """Since when the sensor is without power, in unix ms; None while it has it."""
        level, since = machine.pin_level(self._powerdown_pin)
        return since if level else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.deinit()

    def get_frame_size(self):
        self._filming()
        return self._frame_size

    def set_frame_size(self, frame_size):
        """The sensor changes at once; the buffers keep the size they were made with."""
        film = self._filming()
        film.release()
        self._frame_size = min(frame_size, UXGA)
        _, width, height = SIZES[self._frame_size]
        film.resize(width, height)

    def get_quality(self):
        self._filming()
        return self._quality

    def set_quality(self, quality):
        self._filming()
        self._quality = quality

    def get_pixel_format(self):
        return self._pixel_format

    def get_grab_mode(self):
        return self._grab_mode

    def get_fb_count(self):
        return self._fb_count

    def get_pixel_width(self):
        return SIZES[self.get_frame_size()][1]

    def get_pixel_height(self):
        return SIZES[self.get_frame_size()][2]

    def get_max_frame_size(self):
        self._filming()
        return UXGA

    def get_sensor_name(self):
        self._filming()
        return simboard.knob("sensor", "OV2640")


def _check_pins(data_pins, sda_pin, scl_pin):
    if not isinstance(data_pins, (list, bytearray)):
        raise TypeError("data_pins must be a list or bytearray")
    if len(data_pins) != 8:
        raise ValueError("data_pins must have 8 elements")
    if sda_pin == -1 or scl_pin == -1:
        raise ValueError("Either i2c object or sda_pin/scl_pin must be specified")


def _setting(name, kind):
    """get_NAME, set_NAME and the property NAME for one of the sensor's settings."""

    def get(self):
        self._filming()
        return self._settings[name]

    def set_(self, value):
        self._filming()
        self._settings[name] = kind(value)

    setattr(Camera, "get_" + name, get)
    setattr(Camera, "set_" + name, set_)
    setattr(Camera, name, property(get, set_))


def _read_only(name):
    def refuse(self, value):
        raise ValueError("read-only property")

    setattr(Camera, name, property(getattr(Camera, "get_" + name), refuse))


for _name in _LEVELS:
    _setting(_name, int)
for _name in _SWITCHES:
    _setting(_name, bool)
for _name in ("pixel_format", "grab_mode", "fb_count", "pixel_width", "pixel_height",
              "max_frame_size", "sensor_name"):  # fmt: skip
    _read_only(_name)
for _name in ("frame_size", "quality"):
    setattr(
        Camera, _name, property(getattr(Camera, "get_" + _name), getattr(Camera, "set_" + _name))
    )
