"""agent.sensor against a driver with the real one's habits: lent buffers, old pictures, faults."""

from array import array

from agent.board import Board
from agent.config import Fields, Picture
from agent.errors import SensorFault
from agent.sensor import GRAB_MS, IDLE_MS, Sensor
from agent.terms import agree
from tests.firmware.parts.fakes import Time, finish, raises

PERIOD_MS = 40


class Enum:
    JPEG = 4
    VGA = 10
    QVGA = 6
    HVGA = 9


class Camera:
    """What the sensor exposed and when is in the picture: FF D8, then the ms it began."""

    def __init__(self, driver, **arguments):
        if driver.broken:
            raise OSError("Failed to capture initial frame")
        self.driver = driver
        self.arguments = arguments
        self.free = arguments["fb_count"]
        self.full = []  # [buffer, begun]
        self.held = None
        self.initialised = True
        for _ in range(self.free):
            self._fill(array("b", bytes(8)))

    def _fill(self, buffer):
        self.full.append([buffer, self.driver.time.now])

    def free_buffer(self):
        self._alive()
        if self.held is not None:
            for i in range(8):
                self.held[i] = 0x55  # the DMA writes the next picture over it
            self._fill(self.held)
            self.held = None

    def frame_available(self):
        self._alive()
        ready = self.full and self.full[0][1] + PERIOD_MS <= self.driver.time.now
        return bool(ready) and not self.driver.dead

    def capture(self):
        self.free_buffer()
        if not self.frame_available() or self.driver.none:
            self.driver.time.now += 4000
            return None
        self.held, begun = self.full.pop(0)
        jpeg = (b"GIF8" if self.driver.junk else b"\xff\xd8") + begun.to_bytes(4, "big")
        for i in range(6):
            self.held[i] = jpeg[i] - 256 if jpeg[i] > 127 else jpeg[i]
        return memoryview(self.held)[:6]

    def deinit(self):
        self._alive()
        self.initialised = False
        self.driver.events.append("deinit")
        if self.driver.stubborn:
            raise OSError(-1)

    def _alive(self):
        if not self.initialised:
            raise OSError(2)


class Driver:
    PixelFormat = FrameSize = Enum

    def __init__(self, time):
        self.time = time
        self.events = []
        self.cameras = []
        self.broken = self.dead = self.none = self.junk = self.stubborn = False

    def Camera(self, **arguments):  # the driver's name
        self.events.append("start")
        self.cameras.append(Camera(self, **arguments))
        return self.cameras[-1]


def porch(fb_count=1):
    time = Time()
    driver = Driver(time)
    board = Board(Fields("board.json", {"name": "x", "camera": {"fb_count": fb_count, "pclk": 3}}))
    sensor = Sensor(
        driver,
        board,
        cut_power=lambda off: driver.events.append("power off" if off else "power on"),
        elapsed_ms=time.ms,
        pause=time.pause,
    )
    driver.events.clear()
    return time, driver, sensor


def terms(width=640, quality=80):
    values = {"width": width, "height": width * 3 // 4, "quality": quality}
    return agree(Picture(Fields("config.json", values)), None, 0, [])


def begun(jpeg):
    assert bytes(jpeg[:2]) == b"\xff\xd8"
    return int.from_bytes(jpeg[2:6], "big")


def test_the_arguments_of_the_driver():
    _, driver, sensor = porch()
    sensor.film(terms(320, 55))
    expected = {"fb_count": 1, "pclk": 3, "pixel_format": 4, "frame_size": 6, "jpeg_quality": 55}
    assert driver.cameras[0].arguments == expected


def test_no_picture_is_older_than_the_opening_of_the_gate():
    for fb_count in (1, 2):
        time, _, sensor = porch(fb_count)
        sensor.film(terms())  # the driver fills its buffers from here on
        time.now = 500
        finish(sensor.warm_up())
        opened = time.now
        assert begun(finish(sensor.picture())) >= 500, fb_count
        assert time.now >= opened


def test_after_a_pause_the_past_is_discarded():
    for fb_count in (1, 2):
        time, _, sensor = porch(fb_count)
        sensor.film(terms())
        for _ in range(3):
            finish(sensor.picture())
        time.now += IDLE_MS
        resumed = time.now
        assert begun(finish(sensor.picture())) >= resumed, fb_count


def test_in_a_steady_pace_a_picture_is_exposed_when_armed():
    time, _, sensor = porch()
    sensor.film(terms())
    finish(sensor.warm_up())
    for _ in range(5):
        time.now += 110
        sensor.arm()
        armed = time.now
        time.now += 90
        before = time.now
        assert begun(finish(sensor.picture())) == armed
        assert time.now == before  # ready: nobody waited


def test_the_picture_is_a_copy():
    _, driver, sensor = porch()
    sensor.film(terms())
    jpeg = finish(sensor.picture())
    kept = bytes(jpeg)
    driver.cameras[0].free_buffer()
    assert bytes(jpeg) == kept
    assert jpeg[0] == 0xFF  # unsigned, as the rest of the world counts


def test_dark_is_deinitialised_then_without_power():
    _, driver, sensor = porch()
    sensor.film(terms())
    assert sensor.powered
    sensor.off()
    assert driver.events == ["power on", "start", "deinit", "power off"]
    assert not sensor.powered
    sensor.off()
    assert driver.events[-1] == "power off"


def test_power_is_cut_whatever_the_driver_says():
    _, driver, sensor = porch()
    sensor.film(terms())
    driver.stubborn = True
    sensor.off()
    assert driver.events[-1] == "power off"


def test_a_fresh_sensor_object_is_dark():
    time = Time()
    switched = []
    Sensor(None, None, cut_power=switched.append, elapsed_ms=time.ms, pause=time.pause)
    assert switched == [True]


def test_going_dark_while_the_sensor_exposes_gives_no_picture():
    _, _, sensor = porch()
    sensor.film(terms())

    async def dark(ms):
        sensor.off()

    sensor._pause = dark
    assert finish(sensor.picture()) is None
    assert finish(sensor.picture()) is None


def test_faults_have_one_name():
    _, driver, sensor = porch()
    driver.broken = True
    error = raises(SensorFault, sensor.film, terms())
    assert "Failed to capture" in str(error)
    assert (sensor.powered, driver.events[-1]) == (False, "power off")
    driver.broken = False
    for fault in ("dead", "none", "junk"):
        sensor.film(terms())
        setattr(driver, fault, True)
        raises(SensorFault, finish, sensor.picture())
        setattr(driver, fault, False)
        sensor.off()


def test_a_dead_sensor_is_waited_for_without_blocking():
    time, driver, sensor = porch()
    sensor.film(terms())
    driver.dead = True
    began = time.now
    raises(SensorFault, finish, sensor.picture())
    assert GRAB_MS < time.now - began < GRAB_MS + 100


def test_other_terms_restart_the_sensor_and_equal_ones_do_not():
    _, driver, sensor = porch()
    sensor.film(terms())
    finish(sensor.picture())
    sensor.film(terms())
    assert len(driver.cameras) == 1
    for other in (terms(320), terms(320, 60)):
        sensor.film(other)
        finish(sensor.picture())
    assert [c.arguments["jpeg_quality"] for c in driver.cameras] == [80, 80, 60]
    assert [c.initialised for c in driver.cameras] == [False, False, True]


def test_discarding_leaves_nothing_from_before():
    """Somebody new looks: what the driver had filled, or begun, is not for them."""
    for fb_count in (1, 2):
        time, _, sensor = porch(fb_count)
        sensor.film(terms())
        finish(sensor.picture())
        sensor.arm()
        time.now += 3 * PERIOD_MS
        sensor.discard()
        discarded = time.now
        assert begun(finish(sensor.picture())) >= discarded


def test_film_tells_whether_it_is_another_picture():
    _, driver, sensor = porch()
    assert [sensor.film(terms(640)), sensor.film(terms(640))] == [True, False]
    assert [sensor.film(terms(320)), sensor.film(terms(320))] == [True, False]
    sensor.off()
    assert sensor.film(terms(320))
    assert len(driver.cameras) == 3


def test_another_quality_is_the_same_picture_finer():
    time, driver, sensor = porch()
    sensor.film(terms(320, 50))
    changed_ms = time.now = 700
    assert not sensor.film(terms(320, 80))
    assert driver.cameras[-1].arguments["jpeg_quality"] == 80
    assert begun(finish(sensor.picture())) >= changed_ms


def test_another_bound_that_comes_to_the_same_size_changes_nothing():
    _, driver, sensor = porch()
    sensor.film(terms(640))
    assert not sensor.film(terms(700))
    assert len(driver.cameras) == 1
