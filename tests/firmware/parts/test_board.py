"""agent.board: what is held from the first moment on, and how a sensor is mounted."""

import json

from agent import board as pins
from agent.board import Board
from agent.config import Fields, Picture
from agent.errors import ConfigError, SensorFault
from agent.sensor import Sensor
from agent.terms import agree
from tests.firmware.parts.fakes import raises

happened = []  # to pins, in order


class Pin:
    IN, OUT, PULL_UP = 1, 3, 2

    def __init__(self, number, mode, pull=None, value=None):
        if mode == self.OUT:
            happened.append((number, "out", value))
        else:
            happened.append((number, "in", "up" if pull == self.PULL_UP else None))


class Machine:
    Pin = Pin


class OneFile:
    """A flash with board.json and nothing else."""

    def __init__(self, content):
        self._content = content

    def read(self, name):
        if self._content is OSError:
            raise OSError(5)
        return self._content if name == "board.json" else None


class Camera:
    def __init__(self, sensor):
        self._sensor = sensor
        self.happened = []

    def get_sensor_name(self):
        return self._sensor

    def set_vflip(self, on):
        self.happened.append(("vflip", on))

    def set_hmirror(self, on):
        self.happened.append(("hmirror", on))


def held(content):
    happened.clear()
    raw = json.dumps(content).encode() if type(content) is dict else content
    pins.hold(Machine, OneFile(raw))
    return list(happened)


def board(**more):
    fields = {"name": "x", "camera": {}}
    fields.update(more)
    return Board(Fields("board.json", fields))


def turned(sensor, orientation):
    camera = Camera(sensor)
    board(orientation=orientation).turn(camera)
    return camera.happened


def test_levels_first_then_pull_ups():
    found = held(
        {
            "name": "x",
            "hold": [{"pin": 33, "level": 1}, {"pin": 18, "level": 0}],
            "pull_ups": [13, 14],
        }
    )
    assert found == [(33, "out", 1), (18, "out", 0), (13, "in", "up"), (14, "in", "up")]


def test_a_board_that_holds_nothing():
    assert held({"name": "x"}) == []
    assert held({"name": "x", "hold": [], "pull_ups": []}) == []


def test_a_board_json_that_cannot_be_read_stops_nothing_here():
    for content in (None, b"", b"{", b"[]", OSError, {"name": "x", "hold": [{"pin": 33}]}):
        assert held(content) == [], content


def test_mistakes_are_named():
    cases = (
        ({"hold": {}}, "board.json: hold must be a list"),
        ({"hold": [3]}, "board.json: hold: not a JSON object"),
        ({"hold": [{"pin": 49, "level": 1}]}, "board.json: hold: pin must be a number"),
        ({"hold": [{"pin": 4, "level": 2}]}, "board.json: hold: level must be a number"),
        ({"pull_ups": 13}, "board.json: pull_ups must be a list"),
        ({"pull_ups": ["13"]}, "board.json: pull_ups must hold numbers from 0 to 48"),
        ({"orientation": []}, "board.json: orientation: not a JSON object"),
        ({"orientation": {"*": ["up"]}}, "board.json: orientation: * must hold only vflip and"),
    )
    for more, says in cases:
        error = raises(ConfigError, lambda more=more: board(**more))
        assert str(error).startswith(says), str(error)


def test_a_sensor_that_is_mounted_upside_down_is_turned():
    assert turned("OV3660", {"*": [], "OV3660": ["vflip"]}) == [("vflip", True)]
    assert turned("OV2640", {"*": [], "OV3660": ["vflip"]}) == []
    assert turned("OV2640", {"*": ["vflip", "hmirror"]}) == [("vflip", True), ("hmirror", True)]
    assert turned("OV3660", {"*": ["hmirror"], "OV3660": []}) == []
    assert turned("OV9999", {}) == []


def test_no_question_to_the_camera_where_nothing_is_turned():
    board().turn(None)


class Driver:
    """A camera module whose cameras carry an OV3660, and may answer nothing."""

    class PixelFormat:
        JPEG = 4

    class FrameSize:
        VGA = 10

    def __init__(self):
        self.cameras = []
        self.mute = False

    def Camera(self, **arguments):  # the driver's name
        camera = Camera("OV3660")
        camera.deinit = lambda: camera.happened.append("deinit")
        if self.mute:
            camera.get_sensor_name = self._fail
        self.cameras.append(camera)
        return camera

    def _fail(self):
        raise OSError(2)


def sensor_of(driver):
    upside_down = board(orientation={"OV3660": ["vflip"]})
    return Sensor(driver, upside_down, cut_power=None, elapsed_ms=lambda: 0, pause=None)


def terms(quality):
    return agree(Picture(Fields("config.json", {"quality": quality})), None, 0, [])


def test_it_is_turned_at_every_start():
    driver = Driver()
    sensor = sensor_of(driver)
    sensor.film(terms(80))
    sensor.film(terms(60))
    seen = [camera.happened for camera in driver.cameras]
    assert seen == [[("vflip", True), "deinit"], [("vflip", True)]]


def test_a_camera_that_does_not_say_its_name_is_a_fault():
    driver = Driver()
    driver.mute = True
    sensor = sensor_of(driver)
    error = raises(SensorFault, sensor.film, terms(80))
    assert str(error).startswith("the camera does not start")
    assert (sensor.powered, driver.cameras[0].happened) == (False, ["deinit"])
