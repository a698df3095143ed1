"""Stand-in for MicroPython's `ntptime`. The knob `ntp` says what the network answers: "ok" (the
true time plus the knob `ntp_offset_s`), "sharp" (the same as a second begins, for whole seconds are
all that is told), "fail" (the name cannot be resolved) or "dark" (no answer until the time-out)."""

from time import gmtime, sleep, sleep_ms

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
    now_ms = simboard.unix_ms()
    if answer == "sharp":
        sleep_ms(1000 - now_ms % 1000)
        now_ms += 1000
    return now_ms // 1000 - simboard.EPOCH_S + simboard.knob("ntp_offset_s", 0)


def settime():
    import machine

    t = gmtime(time())
    machine.RTC().datetime((t[0], t[1], t[2], t[6], t[3], t[4], t[5], 0))
