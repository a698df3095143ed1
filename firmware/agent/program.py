"""The board's program: builds every part from what is on the flash, and runs them together.

The composition root, with core.py (what decides) and eyes.py (what sees): only these know all the
parts and the hardware modules. If any part ends, all end: dark first, then a line in the log, then
a reset. A camera must not limp on. The loader (main.py) runs it, from the slot it picked.
"""

import asyncio
import gc
import os
import random
import sys
import time

if gc.mem_free() < 1_000_000:  # no PSRAM
    gc.threshold(8192)  # garbage all over a small heap would break up what frames need whole

import machine
import network
import ntptime

from agent import board as pins
from agent import version
from agent.answers import Answers
from agent.backoff import Backoff
from agent.button import Button
from agent.connection import Dialer
from agent.core import Core
from agent.downlink import Downlink
from agent.elapsed import Elapsed
from agent.errors import AgentError
from agent.eyes import Eyes
from agent.flash import Flash
from agent.log import Log
from agent.radio import Radio
from agent.staging import Staging
from agent.store import Store
from agent.tasks import run_together
from agent.timesync import TimeSync
from agent.trial import Trial
from agent.update import Updates
from agent.uplink import Uplink
from agent.watchdog import TIMEOUT_MS, Watchdog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.slots import Slots


class Agent:
    """All parts of the running board."""

    def __init__(self, store: Store, slots: "Slots", elapsed: Elapsed, log: Log) -> None:
        config, board = store.config(), store.board()
        core = Core(store, config, slots, elapsed, log)
        eyes = Eyes(core, board, store, elapsed, log)
        self._config = config
        self._elapsed = elapsed
        self._log = log
        self.filming = eyes.filming
        ntptime.host = config.ntp
        wlan = network.WLAN(network.WLAN.IF_STA)
        self._radio = Radio(wlan, elapsed, Backoff(random.random), log)
        self._radio.busy = lambda: eyes.sensor.powered
        self._timesync = TimeSync(ntptime, time, machine.RTC(), core.clock, log)
        answers = Answers(core.gate)
        core.consent.tell = answers.add
        self._answers = answers
        self._updates = _updates(core, slots, log)
        answers.opening = self._updates.news
        self._consent = core.consent
        self._uplink = Uplink(
            Dialer(config.host, config.port, config.server_name, store.ca_der()),
            core.identity,
            downlink=Downlink(
                clock=core.clock,
                consent=core.consent,
                leases=core.leases,
                gate=core.gate,
                updates=self._updates,
                log=log,
            ),
            sender=eyes.sender,
            answers=answers,
            elapsed=elapsed,
        )
        self._uplink.lines = log.waiting
        eyes.filming.ready = self._uplink.wake
        pressed = pins.pressed(machine, board.button)
        self._button = Button(pressed, core.consent, core.leases) if pressed else None
        self._watchdog = _watchdog(store, slots, elapsed, log)
        self._trial = Trial(slots, self._uplink.steady_ms, elapsed, log)
        self._trial.proven = answers.begin

    async def run(self) -> None:
        """Until any part ends or raises."""
        radio, timesync, watchdog = self._radio, self._timesync, self._watchdog
        radio.beat = watchdog.beat_of("radio")
        self._uplink.beat = watchdog.beat_of("uplink")
        self.filming.beat = watchdog.beat_of("filming")
        tasks = [
            radio.run(self._config.ssid, self._config.key),
            timesync.run(lambda: radio.up, self._elapsed),
            self._uplink.run(
                lambda: radio.up and timesync.tried.is_set(), Backoff(random.random), self._log
            ),
            self.filming.run(),
            self._consent.run(self._elapsed),
            self._updates.run(self._elapsed.pause, lambda: self._answers.idle),
            self._trial.run(),
            watchdog.run(),
        ]
        if self._button is not None:
            tasks.append(self._button.run(self._elapsed))
        await run_together(*tasks)


def _updates(core: Core, slots: "Slots", log: Log) -> Updates:
    updates = Updates(
        slots,
        Staging(Flash(), slots),
        core.trust,
        running=version.RELEASE,
        now=core.clock.now,
        log=log,
    )
    updates.sharing = lambda: core.gate.reason == "ok"
    return updates


def _watchdog(store: Store, slots: "Slots", elapsed: Elapsed, log: Log) -> Watchdog:
    if slots.guard is not None:
        return Watchdog(slots.guard, elapsed, log)
    if store.has("maintenance"):
        log("main", "maintenance: the watchdog is off")
        return Watchdog(None, elapsed, log)
    return Watchdog(machine.WDT(timeout=TIMEOUT_MS), elapsed, log)


def _end(agent: Agent, slots: "Slots", log: Log, error: BaseException | None) -> None:
    """Dark, told, reset. A program on trial that ends is given up."""
    agent.filming.go_dark()
    why = "ended"
    if error is not None:
        sys.print_exception(error)
        why = type(error).__name__
    try:
        if slots.trial:
            log("main", "this trial is given up: " + why)
            slots.give_up(why)
    finally:
        log("main", "stopped; reset")
        machine.reset()


def main(slots: "Slots") -> str:
    """Run the board in the slot that the loader picked. Returns, to the REPL, only for someone who
    works on it over USB, with a word that tells why."""
    random.seed(int.from_bytes(os.urandom(3), "big"))
    elapsed = Elapsed(time.ticks_ms, time.ticks_diff, asyncio.sleep_ms)  # type: ignore[arg-type]
    log = Log(print, elapsed.ms)
    try:
        agent = Agent(Store(Flash()), slots, elapsed, log)
    except AgentError as error:
        log("main", str(error))  # a mistake in the provisioning: a reset would not mend it
        return "not-provisioned"
    gc.collect()
    loop = asyncio.get_event_loop()
    loop.set_exception_handler(lambda _, context: _end(agent, slots, log, context["exception"]))
    try:
        asyncio.run(agent.run())
    except KeyboardInterrupt:
        agent.filming.go_dark()
        log("main", "interrupted")
        return "interrupted"
    except Exception as error:
        _end(agent, slots, log, error)
    else:
        _end(agent, slots, log, None)
    return "ended"
