"""One board from reset to prompt: reach the chip, refuse or write, verify, start, listen."""

import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from typing import Any

from porchkit.flash import checks
from porchkit.flash.chip import Chip, Link, connected
from porchkit.flash.errors import BrokeOff, LinkFault, NoPort
from porchkit.flash.esplog import EspLog, heard
from porchkit.flash.firmware import MB, Firmware
from porchkit.flash.opening import ROM_BAUD, is_there, opened
from porchkit.flash.ports import Port, moved
from porchkit.flash.progress import Voice
from porchkit.flash.prompt import READ_S, wait_for_prompt
from porchkit.flash.target import Target
from porchkit.flash.writing import Held, Written, held, write

_ATTEMPTS = 3
_RETRY_S = 0.3
_BOOT_BY_HAND = (
    "Connect GPIO0 to GND (or hold the button BOOT or IO0)",
    "Press RST (or EN), or unplug the board and plug it in again",
)
_RUN_BY_HAND = ("Take GPIO0 off GND (or let go of the button), then press RST (or EN)",)
_ERASING = "everything is erased first"
_FATES = {
    Held.BLANK: "the board is empty",
    Held.SAME: "its settings (NVS) and files stay",
    Held.OTHER: "it held another firmware, whose NVS stays; --erase would make a clean start",
}


@dataclass(frozen=True)
class Job:
    """What to do with one board. `wait_s` bounds the wait for hands, and that for the prompt."""

    port: Port
    firmware: Firmware
    target: Target | None
    baud: int
    erase: bool
    wait_s: float


@dataclass(frozen=True)
class Outcome:
    """What was done; `micropython` is None where nobody waited for it."""

    port: str
    board: str | None
    chip: str
    mac: str
    flash_mb: float
    psram_mb: int | None
    firmware: str
    sha256: str
    verified_bytes: int
    nvs: str
    baud: int
    seconds: float
    micropython: str | None

    def json(self) -> dict[str, Any]:
        return asdict(self)


class Flashing:
    """One run of one job."""

    def __init__(self, job: Job, voice: Voice) -> None:
        self._job = job
        self._voice = voice
        self._by_hand = False
        self._described = False

    def run(self) -> Outcome:
        """Do it all. Raises what flash.errors lists."""
        start = time.monotonic()
        with heard() as log:
            chip, written, baud = self._written(log)
        seconds = round(time.monotonic() - start, 1)
        self._voice.say(f"{written.verified_bytes >> 10} KB verified in {seconds} s ({baud} baud)")
        micropython = self._started() if self._job.wait_s else None
        return self._outcome(chip, written, baud, seconds, micropython)

    @property
    def _device(self) -> str:
        """The port's name now; a chip with its own USB may come back under another."""
        return moved(self._job.port)

    def _written(self, log: EspLog) -> tuple[Chip, Written, int]:
        """At the speed asked for; after a fault of the line once more, slowly."""
        device = self._job.port.device
        try:
            return self._attempt(log, self._job.baud)
        except LinkFault as fault:
            if not is_there(self._device):
                raise _gone(device) from fault
            self._voice.say(f"The link failed: {fault}. Once more at {ROM_BAUD} baud")
        try:
            return self._attempt(log, ROM_BAUD)
        except LinkFault as fault:
            there = is_there(self._device)
            raise _failed(device, fault) if there else _gone(device) from fault
        except NoPort as error:
            raise _gone(device) from error

    def _attempt(self, log: EspLog, baud: int) -> tuple[Chip, Written, int]:
        job = self._job
        with ExitStack() as stack:
            link = self._reached(stack)
            self._by_hand |= not link.resets
            checks.chip_family(job.firmware, link.chip_name)
            chip = link.prepare(baud)
            checks.fits(job.firmware, chip)
            self._describe(chip, held(link, job.firmware))
            written = self._write(link, log)
            link.reset()
        return chip, written, baud

    def _write(self, link: Link, log: EspLog) -> Written:
        job = self._job
        self._voice.start()
        try:
            return write(link, log, job.firmware, self._voice.progress, erase=job.erase)
        except KeyboardInterrupt:
            self._voice.say("Stopped in the middle: the board starts again once this is run again")
            raise

    def _reached(self, stack: ExitStack) -> Link:
        """The chip's boot loader: by itself where the board can do that, else with hands."""
        device = self._job.port.device
        try:
            return stack.enter_context(connected(self._device, _ATTEMPTS))
        except LinkFault as fault:
            if not self._job.wait_s:
                raise _nothing(device) from fault
        self._show_steps()
        end = time.monotonic() + self._job.wait_s
        while time.monotonic() < end:
            # Gone for a moment is fine here: "unplug it" is one of the steps.
            with suppress(LinkFault, NoPort):
                return stack.enter_context(connected(self._device, 1))
            time.sleep(_RETRY_S)
        raise _nothing(device)

    def _show_steps(self) -> None:
        self._by_hand = True
        target = self._job.target
        steps = (target and target.boot_steps) or _BOOT_BY_HAND
        self._show("The board does not answer by itself. By hand:", steps)
        self._voice.say(f"Waiting for it, {self._job.wait_s:g} s (Ctrl-C ends)")

    def _show(self, heading: str, steps: Sequence[str]) -> None:
        self._voice.say(heading)
        for number, step in enumerate(steps, 1):
            self._voice.say(f"  {number}. {step}")

    def _describe(self, chip: Chip, was: Held) -> None:
        if self._described:
            return
        self._described = True
        job = self._job
        self._voice.say(f"Found {chip.words}, {chip.flash_bytes / MB:g} MB flash, {_told(chip)}")
        for warning in checks.warnings(chip, job.target):
            self._voice.say(f"Mind: {warning}")
        fate = _ERASING if job.erase else _FATES[was]
        self._voice.say(f"Writing {job.firmware.name}; {fate}")

    def _started(self) -> str:
        """The board's own first words."""
        if self._by_hand:
            target = self._job.target
            self._show("Now by hand:", (target and target.run_steps) or _RUN_BY_HAND)
        self._voice.say("Waiting for MicroPython")
        port = self._job.port

        def open_port() -> Any:
            return opened(self._device, read_timeout_s=READ_S)

        return wait_for_prompt(
            open_port, self._voice.say, wait_s=self._job.wait_s, native=port.native
        )

    def _outcome(
        self, chip: Chip, written: Written, baud: int, seconds: float, micropython: str | None
    ) -> Outcome:
        job = self._job
        return Outcome(
            port=job.port.device,
            board=job.target.name if job.target else None,
            chip=chip.name,
            mac=chip.mac,
            flash_mb=chip.flash_bytes / MB,
            psram_mb=chip.psram_mb,
            firmware=job.firmware.name,
            sha256=job.firmware.sha256,
            verified_bytes=written.verified_bytes,
            nvs=written.nvs,
            baud=baud,
            seconds=seconds,
            micropython=micropython,
        )


def run(job: Job, voice: Voice) -> Outcome:
    """Flash one board; see Flashing.run."""
    return Flashing(job, voice).run()


def _told(chip: Chip) -> str:
    """What the chip says of its PSRAM."""
    if chip.psram_mb is None:
        return "PSRAM not visible from here (`porchlight doctor` sees it later)"
    if chip.psram_mb < 0:
        return "with PSRAM"
    return f"{chip.psram_mb} MB PSRAM" if chip.psram_mb else "no PSRAM"


def _nothing(device: str) -> NoPort:
    return NoPort(
        f"{device}: no ESP chip answers; hold GPIO0 low (or BOOT) while you press RST, then run "
        "this again. If it still does not: a cable that carries data, TX and RX swapped, 5 V"
    )


def _gone(device: str) -> BrokeOff:
    return BrokeOff(
        f"{device} went away in the middle; nothing of yours is lost. Plug it in and run the same "
        "command again, it goes on where it stopped"
    )


def _failed(device: str, fault: LinkFault) -> BrokeOff:
    return BrokeOff(
        f"{device}: the link failed twice ({fault}); try a shorter cable, another USB port, 5 V "
        "with 2 A, then run the same command again, it goes on where it stopped"
    )
