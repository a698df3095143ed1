"""Stand-in for MicroPython's `network` on an ESP32: a station that joins when the knob `wifi` is
true (the default) and loses its access point when it is false. A number there, such as 202, is what
joining ends with (the access point is heard, except for 201). Sockets are the host's own: a knob
cannot cut them, porchkit.tap can."""

import time

import simboard

STA_IF = 0
AP_IF = 1
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_BEACON_TIMEOUT = 200
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
STAT_ASSOC_FAIL = 203
STAT_HANDSHAKE_TIMEOUT = 204

_JOIN_MS = 50  # a real one takes one to five seconds
_BSSID = b"\x02porch"
_hostname = "mpy-esp32"


class WLAN:
    """One of the two interfaces, always the same object for the same interface."""

    IF_STA = STA_IF
    IF_AP = AP_IF
    SEC_WPA2 = 3
    PM_NONE = 0
    PM_PERFORMANCE = 1
    PM_POWERSAVE = 2

    _made = {}

    def __new__(cls, interface=STA_IF):
        if interface not in (STA_IF, AP_IF):
            raise ValueError("invalid WLAN interface identifier")
        if interface not in cls._made:
            cls._made[interface] = object.__new__(cls)
            cls._made[interface]._start(interface)
        return cls._made[interface]

    def __init__(self, interface=STA_IF):
        pass  # the object may have been in use for long

    def _start(self, interface):
        self._interface = interface
        self._active = False
        self._ssid = None
        self._joined_at = None
        self._settings = {"pm": self.PM_PERFORMANCE, "reconnects": -1, "txpower": 20, "channel": 6}

    def active(self, on=None):
        if on is not None:
            self._active = bool(on)
            if not on:
                self._ssid = None
        return self._active

    def connect(self, ssid=None, key=None, *, bssid=None):
        if not self._active:
            raise OSError("Wifi Not Started")
        self._ssid = ssid
        self._joined_at = time.ticks_add(time.ticks_ms(), _JOIN_MS)

    def disconnect(self):
        if not self._active:
            raise OSError("Wifi Not Started")
        self._ssid = None

    def isconnected(self):
        return self.status() == STAT_GOT_IP

    def status(self, what=None):
        if what == "rssi":
            return -52
        if what is not None:
            raise ValueError("unknown status param")
        if self._ssid is None:
            return STAT_IDLE
        knob = simboard.knob("wifi", True)
        if knob is not True:
            # The driver goes on trying by itself once the access point is back.
            self._joined_at = time.ticks_add(time.ticks_ms(), _JOIN_MS)
            return knob or STAT_NO_AP_FOUND
        if time.ticks_diff(time.ticks_ms(), self._joined_at) < 0:
            return STAT_CONNECTING
        return STAT_GOT_IP

    def config(self, *what, **settings):
        if settings:
            for name in settings:
                if name not in self._settings and name not in ("hostname", "dhcp_hostname"):
                    raise ValueError("unknown config param")
            self._settings.update(settings)
            return None
        if len(what) != 1:
            raise TypeError("can query only one param")
        return self._query(what[0])

    def _query(self, name):
        if name == "mac":
            import machine

            return machine.unique_id()
        if name in ("ssid", "essid"):
            return self._ssid or ""
        if name in ("hostname", "dhcp_hostname"):
            return _hostname
        if name not in self._settings:
            raise ValueError("unknown config param")
        return self._settings[name]

    def ifconfig(self, *_):
        ip = "127.0.0.1" if self.isconnected() else "0.0.0.0"
        return (ip, "255.0.0.0", ip, ip)

    def ipconfig(self, name):
        if name == "addr4":
            return self.ifconfig()[:2]
        if name == "gw4":
            return self.ifconfig()[2]
        raise ValueError("unknown config param")

    def scan(self):
        if not self._active:
            raise OSError("Wifi Not Started")
        if simboard.knob("wifi", True) in (False, STAT_NO_AP_FOUND):
            return []
        return [(b"porchlight-sim", _BSSID, 6, -52, self.SEC_WPA2, False)]


def hostname(name=None):
    global _hostname
    if name is None:
        return _hostname
    if len(name) > 32:
        raise ValueError("name too long")
    _hostname = name
    return None


def country(code=None):
    return "XX"
