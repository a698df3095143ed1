"""Stand-in for MicroPython's `machine` on an ESP32: pins, watchdog, clock, reset.

What the program does to its pins is written to the chip's `pins.log`, one line a change:
`unix_ms pin level`. Inputs follow the knob `inputs` ({"13": 0}). A reset or a watchdog that was
not fed ends the process; the supervisor starts it again with the right `reset_cause()`.
"""

import hashlib
import os
import time

import simboard
from umachine import *  # noqa: F403 - what the port has of its own: Signal, PinBase, idle, mem32
from umachine import PinBase

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

_LOG_MAX_BYTES = 4000000  # then the older half is dropped: a demo may run for days

_levels = {}  # pin -> (level, unix ms of the last change); the hardware, not the Pin objects
_modes = {}  # pin -> (mode, pull)
_log = None
_log_bytes = 0


def pin_level(number):
    """(level, since when in unix ms) of an output; (None, 0) where it was never driven."""
    return _levels.get(number, (None, 0))


def drive(number, level):
    """Set an output and write it down if that changes it."""
    level = 1 if level else 0
    if pin_level(number)[0] == level:
        return
    now = simboard.unix_ms()
    _levels[number] = (level, now)
    _write_down("%d %d %d\n" % (now, number, level))


def _write_down(line):
    global _log, _log_bytes
    path = simboard.chip_file("pins.log")
    if _log is None or _log_bytes > _LOG_MAX_BYTES:
        if _log is not None:
            _log.close()
            simboard.outside.rename(path, path + ".1")
        _log, _log_bytes = simboard.outside.open(path, "a"), 0
    _log_bytes += _log.write(line)


class Pin(PinBase):
    """One pin. As on the chip, the level belongs to the pin and not to this object."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, id, mode=-1, pull=-1, *, value=None, drive=None, hold=None):
        if not 0 <= id <= 48:
            raise ValueError("invalid pin")
        self.id = id
        self.init(mode, pull, value=value, drive=drive, hold=hold)

    def init(self, mode=-1, pull=-1, *, value=None, drive=None, hold=None):
        was = _modes.get(self.id, (self.IN, -1))
        _modes[self.id] = (was[0] if mode in (-1, None) else mode, was[1] if pull == -1 else pull)
        if value is not None:
            self.value(value)
        elif mode in (self.OUT, self.OPEN_DRAIN):
            self.value(pin_level(self.id)[0] or 0)

    def value(self, level=None):
        if level is not None:
            return drive(self.id, level)
        mode, pull = _modes[self.id]
        if mode != self.IN:
            return pin_level(self.id)[0] or 0
        inputs = simboard.knob("inputs", {})
        return inputs.get(str(self.id), 1 if pull == self.PULL_UP else 0)

    def __call__(self, level=None):
        return self.value(level)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def toggle(self):
        self.value(1 - self.value())

    def __repr__(self):
        return "Pin(%d)" % self.id


class WDT:
    """The watchdog. Once started it cannot be stopped; the supervisor keeps its time, because
    it must also bite a program that blocks or loops."""

    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError("WDT(%d) doesn't exist" % id)
        if timeout < 1:
            raise ValueError("WDT timeout too short")
        self._timeout = timeout
        self._told = self._fed = time.ticks_ms()
        simboard.tell("watchdog %d" % timeout)

    def feed(self):
        now = time.ticks_ms()
        if time.ticks_diff(now, self._fed) > self._timeout:
            simboard.stop_for_reset("watchdog")  # nobody supervised: notice it late, but notice
        self._fed = now
        # A line a feed would be much; the supervisor allows for this twentieth.
        if time.ticks_diff(now, self._told) * 20 >= self._timeout:
            self._told = now
            simboard.tell("fed")


class RTC:
    """The chip's clock: 2000-01-01 at power-on (knob `rtc_offset_s`: the true time plus that),
    right or wrong as the program sets it, and kept over a reset."""

    _ahead_s = None  # of the true time
    _memory = b""

    def __init__(self, id=0):
        if RTC._ahead_s is None:
            RTC._ahead_s = int(simboard.started_with("RTC_AHEAD_S", _ahead_at_power_on()))

    def datetime(self, when=None):
        """(year, month, day, weekday from Monday = 0, hours, minutes, seconds, microseconds)."""
        if when is not None:
            self._set(when)
            return None
        us = time.time_ns() // 1000
        t = time.gmtime(us // 1000000 + RTC._ahead_s)
        return (t[0], t[1], t[2], t[6], t[3], t[4], t[5], us % 1000000)

    def init(self, when):
        self._set(when)

    def memory(self, content=None):
        if content is None:
            return RTC._memory
        if len(content) > 2048:
            raise ValueError("buffer too long")
        RTC._memory = bytes(content)
        return None

    def _set(self, when):
        year, month, day, _, hours, minutes, seconds, _ = when
        s = time.mktime((year, month, day, hours, minutes, seconds, 0, 0))
        RTC._ahead_s = int(s) - int(time.time())
        simboard.tell("rtc %d" % RTC._ahead_s)


def _ahead_at_power_on():
    offset = simboard.knobs().get("rtc_offset_s")
    if offset is not None:
        return offset
    return int(time.mktime((2000, 1, 1, 0, 0, 0, 0, 0))) - int(time.time())


def reset():
    simboard.stop_for_reset("reset")


def reset_cause():
    return int(simboard.started_with("RESET_CAUSE", PWRON_RESET))


def unique_id():
    """Six bytes, the same at every start of the same board."""
    return hashlib.sha256(simboard.started_with("ID", os.getcwd()).encode()).digest()[:6]


_freq = 160000000


def freq(hz=None):
    global _freq
    if hz is None:
        return _freq
    if hz not in (20000000, 40000000, 80000000, 160000000, 240000000):
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    _freq = hz
    return None
