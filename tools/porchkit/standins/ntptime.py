"""Stand-in for MicroPython's `ntptime`. The knob `ntp` says what the network answers: "ok" (the
true time plus the knob `ntp_offset_s`), "fail" (the name cannot be resolved) or "dark" (no answer
until the time-out)."""

from time import gmtime, sleep

import simboard

host = "pool.ntp.org"
timeout = 1

_ETIMEDOUT = 110
_NO_NAME = -202


def time():
    """Seconds since this port's epoch, as the (simulated) server says."""
    answer = simboard.knob("ntp", "ok")
    if answer == "fail":
        raise OSError(_NO_NAME)
    if answer == "dark":
        sleep(timeout)
        raise OSError(_ETIMEDOUT)
    return simboard.unix_ms() // 1000 - simboard.EPOCH_S + simboard.knob("ntp_offset_s", 0)


def settime():
    import machine

    t = gmtime(time())
    machine.RTC().datetime((t[0], t[1], t[2], t[6], t[3], t[4], t[5], 0))
