"""The sizes an ESP32 camera can give, by the names the driver knows them under."""

_SIZES = (  # ascending area
    (96, 96, "R96X96"),
    (128, 128, "R128x128"),
    (160, 120, "QQVGA"),
    (176, 144, "QCIF"),
    (240, 176, "HQVGA"),
    (240, 240, "R240X240"),
    (320, 240, "QVGA"),
    (320, 320, "R320X320"),
    (400, 296, "CIF"),
    (480, 320, "HVGA"),
    (640, 480, "VGA"),
    (800, 600, "SVGA"),
    (1024, 768, "XGA"),
    (1280, 720, "HD"),
    (1280, 1024, "SXGA"),
    (1600, 1200, "UXGA"),
)


def choose(width: int, height: int) -> str:
    """The name of the largest size that fits in both; both are at least 96."""
    best = _SIZES[0][2]
    for size in _SIZES:
        if size[0] <= width and size[1] <= height:
            best = size[2]
    return best
