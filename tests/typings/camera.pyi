# The `camera` module of micropython-camera-API 0.5 and 0.6, as far as MicroPython's stubs lack it.
# Only what works on both: the get_/set_ methods, not the properties that came with 0.6.

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from machine import I2C

class PixelFormat:
    RGB565: int
    YUV422: int
    YUV420: int
    GRAYSCALE: int
    JPEG: int
    RGB888: int
    RAW: int
    RGB444: int
    RGB555: int

class GrabMode:
    WHEN_EMPTY: int
    LATEST: int

class GainCeiling:
    """Attributes are named 2X, 4X ... 128X: use getattr, or 0 to 6."""

class FrameSize:
    R96X96: int
    QQVGA: int
    R128x128: int
    QCIF: int
    HQVGA: int
    R240X240: int
    QVGA: int
    R320X320: int
    CIF: int
    HVGA: int
    VGA: int
    SVGA: int
    XGA: int
    HD: int
    SXGA: int
    UXGA: int
    FHD: int
    P_HD: int
    P_3MP: int
    QXGA: int
    QHD: int
    WQXGA: int
    P_FHD: int
    QSXGA: int

class Camera:
    """The one camera of a chip; constructing it again ends the one before."""

    def __init__(
        self,
        *,
        data_pins: Sequence[int] | None = ...,
        pclk_pin: int = ...,
        vsync_pin: int = ...,
        href_pin: int = ...,
        sda_pin: int = ...,
        scl_pin: int = ...,
        xclk_pin: int = ...,
        i2c: I2C | None = ...,
        xclk_freq: int = ...,
        powerdown_pin: int = ...,
        reset_pin: int = ...,
        pixel_format: int = ...,
        frame_size: int = ...,
        jpeg_quality: int = ...,
        fb_count: int = ...,
        grab_mode: int = ...,
        init: bool = ...,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
    def init(self) -> None: ...
    def deinit(self) -> None: ...
    def capture(self) -> memoryview | None:
        """Signed bytes in the driver's own buffer; None after 4 s without a picture. Blocks."""

    def frame_available(self) -> bool: ...
    def free_buffer(self) -> None: ...
    def reconfigure(
        self,
        *,
        frame_size: int | None = ...,
        pixel_format: int | None = ...,
        grab_mode: int | None = ...,
        fb_count: int | None = ...,
    ) -> None: ...
    def get_pixel_format(self) -> int: ...
    def get_grab_mode(self) -> int: ...
    def get_fb_count(self) -> int: ...
    def get_pixel_width(self) -> int: ...
    def get_pixel_height(self) -> int: ...
    def get_max_frame_size(self) -> int: ...
    def get_sensor_name(self) -> str: ...
    def get_frame_size(self) -> int: ...
    def set_frame_size(self, value: int, /) -> None: ...
    def get_quality(self) -> int: ...
    def set_quality(self, value: int, /) -> None: ...
    def set_brightness(self, value: int, /) -> None: ...
    def set_contrast(self, value: int, /) -> None: ...
    def set_saturation(self, value: int, /) -> None: ...
    def set_hmirror(self, value: bool, /) -> None: ...
    def set_vflip(self, value: bool, /) -> None: ...
