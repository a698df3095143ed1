"""Stand-in for MicroPython's `esp32`: NVS as one JSON file of the chip's, and figures of a
heap that an ESP32 with 4 MB of PSRAM would give."""

import json

import simboard

HEAP_DATA = 4
HEAP_EXEC = 1

_FILE = "nvs.json"
_NOT_FOUND = (-4354, "ESP_ERR_NVS_NOT_FOUND")
_BAD_NAME = (-4361, "ESP_ERR_NVS_KEY_TOO_LONG")
_KEY_MAX = 15


class NVS:
    """One namespace. As on the chip, what is not committed is lost with the power."""

    def __init__(self, namespace):
        self._namespace = _name(namespace)
        self._values = _load().get(namespace, {})

    def set_i32(self, key, value):
        if not -0x80000000 <= value <= 0x7FFFFFFF:
            raise OverflowError("not an i32")
        self._values[_name(key)] = value

    def get_i32(self, key):
        return self._get(key, int)

    def set_blob(self, key, value):
        self._values[_name(key)] = bytes(value).hex()

    def get_blob(self, key, buffer):
        """Fill `buffer` from its start; the blob's length. A short buffer is refused."""
        blob = bytes.fromhex(self._get(key, str))
        if len(blob) > len(buffer):
            raise OSError(-4364, "ESP_ERR_NVS_INVALID_LENGTH")
        buffer[: len(blob)] = blob
        return len(blob)

    def erase_key(self, key):
        if key not in self._values:
            raise OSError(*_NOT_FOUND)
        del self._values[key]

    def commit(self):
        spaces = _load()
        spaces[self._namespace] = self._values
        path = simboard.chip_file(_FILE)
        with simboard.outside.open(path + ".new", "w") as f:
            f.write(json.dumps(spaces))
        simboard.outside.rename(path + ".new", path)

    def _get(self, key, kind):
        value = self._values.get(_name(key))
        if not isinstance(value, kind):
            raise OSError(*_NOT_FOUND)
        return value


def _name(name):
    if not 1 <= len(name) <= _KEY_MAX:
        raise OSError(*_BAD_NAME)
    return name


def _load():
    try:
        with simboard.outside.open(simboard.chip_file(_FILE), "r") as f:
            return json.loads(f.read())
    except OSError:
        return {}


def idf_heap_info(capabilities):
    """One (total, free, largest, lowest) a region, in bytes: internal RAM, then PSRAM."""
    if capabilities == HEAP_EXEC:
        return [(113840, 80000, 63488, 78000)]
    return [(289000, 96000, 45056, 61000), (4192124, 3900000, 3866624, 3700000)]


def raw_temperature():
    """Degrees Fahrenheit, as the ESP32's own."""
    return 122
