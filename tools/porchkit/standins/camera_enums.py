"""The enums of the stand-in for `camera`: the driver's names and numbers."""


class PixelFormat:
    RGB565 = 0
    YUV422 = 1
    YUV420 = 2
    GRAYSCALE = 3
    JPEG = 4
    RGB888 = 5
    RAW = 6
    RGB444 = 7
    RGB555 = 8


class GrabMode:
    WHEN_EMPTY = 0
    LATEST = 1


class GainCeiling:
    pass


for _i in range(7):
    setattr(GainCeiling, "%dX" % (2 << _i), _i)


class FrameSize:
    pass


# In the driver's order; the index is the enum's value.
SIZES = (
    ("R96X96", 96, 96),
    ("QQVGA", 160, 120),
    ("R128x128", 128, 128),
    ("QCIF", 176, 144),
    ("HQVGA", 240, 176),
    ("R240X240", 240, 240),
    ("QVGA", 320, 240),
    ("R320X320", 320, 320),
    ("CIF", 400, 296),
    ("HVGA", 480, 320),
    ("VGA", 640, 480),
    ("SVGA", 800, 600),
    ("XGA", 1024, 768),
    ("HD", 1280, 720),
    ("SXGA", 1280, 1024),
    ("UXGA", 1600, 1200),
    ("FHD", 1920, 1080),
    ("P_HD", 720, 1280),
    ("P_3MP", 864, 1536),
    ("QXGA", 2048, 1536),
    ("QHD", 2560, 1440),
    ("WQXGA", 2560, 1600),
    ("P_FHD", 1088, 1920),
    ("QSXGA", 2560, 1920),
)
UXGA = 15  # the most that an OV2640 gives

for _i, _row in enumerate(SIZES):
    setattr(FrameSize, _row[0], _i)
