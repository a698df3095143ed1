"""What a board finds out about its camera and its light, one check a function; as selftest.py.

The one picture that is taken stays here and is let go.
"""

import json
import time

import machine

STALE_FRAMES = 2


def _file(name):
    with open(name) as file:
        return json.loads(file.read())


def check_sensor():
    """Start the camera as the board's file says, take one picture, look at it, let it go."""
    import camera

    board = _file("board.json")
    _prepare(board)
    answer = {"started": False, "sensor": None, "jpeg": False, "bytes": 0}
    cam = None
    try:
        cam = _start(camera, board, camera.PixelFormat.JPEG, camera.FrameSize.VGA)
        answer["started"] = True
        answer["sensor"] = cam.get_sensor_name() if hasattr(cam, "get_sensor_name") else None
        answer.update(_one_frame(cam))
    except (OSError, ValueError) as error:
        answer["why"] = str(error)
        answer["errno"] = error.args[0] if error.args else None
    finally:
        _dark(cam, board)
    if not answer["started"]:
        answer.update(_why_not(camera, board))
    return answer


def _prepare(board):
    """Lines that have to be held before anything else is tried on this board."""
    for line in board.get("hold") or []:
        machine.Pin(line["pin"], machine.Pin.OUT, value=line["level"])
    for pin in board.get("pull_ups") or []:
        machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP)


def _start(camera, board, pixel_format, frame_size):
    arguments = dict(board["camera"])
    arguments["pixel_format"] = pixel_format
    arguments["frame_size"] = frame_size
    arguments["jpeg_quality"] = 80
    return camera.Camera(**arguments)


def _one_frame(cam):
    for _ in range(STALE_FRAMES):
        cam.capture()
    view = cam.capture()
    if view is None:
        return {"why": "no picture"}
    whole = bytes(view[:2]) == b"\xff\xd8"
    return {"jpeg": whole, "bytes": len(view)}


def _dark(cam, board):
    try:
        if cam is not None:
            cam.deinit()
    except OSError:
        pass  # the driver had stopped it before
    down = board.get("power_down")
    if down:
        machine.Pin(down["pin"], machine.Pin.OUT, value=down["active"])


def _why_not(camera, board):
    """Which sensor it is that does not start: one without JPEG starts without it, and any answers
    on its control wires."""
    cam = None
    try:
        cam = _start(camera, board, camera.PixelFormat.RGB565, camera.FrameSize.QQVGA)
        return {"raw": True, "sensor": cam.get_sensor_name()}
    except (OSError, ValueError, AttributeError):
        return {"raw": False, "ids": _ask_wires(board)}
    finally:
        _dark(cam, board)


def _ask_wires(board):
    """{address: chip id} of what answers on the camera's I2C, with its clock running; None where
    that cannot be asked."""
    pins = board["camera"]
    down = board.get("power_down")
    try:
        if down:
            machine.Pin(down["pin"], machine.Pin.OUT, value=1 - down["active"])
        clock = machine.PWM(machine.Pin(pins["xclk_pin"]), freq=pins["xclk_freq"], duty_u16=32768)
        time.sleep_ms(50)
        wires = machine.SoftI2C(
            scl=machine.Pin(pins["scl_pin"]), sda=machine.Pin(pins["sda_pin"]), freq=100000
        )
        found = {"0x%02x" % address: _chip_id(wires, address) for address in wires.scan()}
        clock.deinit()
        return found
    except (AttributeError, OSError, ValueError):
        return None


def _chip_id(wires, address):
    """OV3660 and OV5640 (0x3c) tell at 0x300a, OV2640 (0x30) at 0x0a of its second bank."""
    try:
        if address == 0x3C:
            wires.writeto(address, b"\x30\x0a")
            return int.from_bytes(wires.readfrom(address, 2), "big")
        if address == 0x30:
            wires.writeto(address, b"\xff\x01")
            wires.writeto(address, b"\x0a")
            return wires.readfrom(address, 1)[0]
    except OSError:
        pass  # it answered to its address only
    return None


def check_light():
    """Blink three times."""
    light = _file("board.json").get("light")
    if not light:
        return {"light": False}
    pin = machine.Pin(light["pin"], machine.Pin.OUT, value=1 - light["active"])
    for _ in range(3):
        pin.value(light["active"])
        time.sleep_ms(150)
        pin.value(1 - light["active"])
        time.sleep_ms(150)
    return {"light": True, "pin": light["pin"]}
