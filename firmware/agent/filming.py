"""Gate open: frames at their pace. Gate closed: dark. Nobody else drives the sensor.

Judging a picture blocks everything for 30 to 100 ms on a board. A frame is due when it is taken,
so it leaves that much later; and where the next one should be exposed by then, it is exposed while
this one is judged. So the pace holds up to one frame per exposure or per judgement, whichever is
longer; above that, points of the schedule are skipped.
"""

import gc

from agent.errors import SensorFault
from agent.gate import OK
from agent.pace import Pace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.compose import Composer
    from agent.elapsed import Elapsed
    from agent.frames import FrameQueue
    from agent.gate import Gate
    from agent.report import Report
    from agent.rolls import Shot
    from agent.sensor import Sensor

DARK_POLL_MS = 100  # how soon a window that opens is noticed; what arrives calls obey() itself
LEAD_MS = 90  # the sensor exposes this long before a frame is due: two of its periods
FAULT_WAIT_MS = 5_000  # starting a dead camera blocks everything for 4 s
FAULT = "sensor-fault"
STARVED = "memory"


class Filming:
    """`compose` makes frames of pictures. The hooks below are for main to set."""

    def __init__(
        self,
        gate: "Gate",
        sensor: "Sensor",
        queue: "FrameQueue",
        *,
        compose: "Composer",
        report: "Report",
        elapsed: "Elapsed",
    ) -> None:
        self._gate = gate
        self._sensor = sensor
        self._queue = queue
        self._compose = compose
        self._report = report
        self._elapsed = elapsed
        self._pace = Pace()
        self._counted_at = 0
        self._judging_ms = 0  # what the last picture took
        self._lookers: list[tuple[str, bytes]] = []  # (hub, handle) of the permits that hold
        self._since_ms = 0  # the last of them looks since
        self.beat: Callable[[], None] = lambda: None  # progress was made
        self.ready: Callable[[], None] = lambda: None  # a frame waits in the queue
        self.filmed: Callable[[int], None] = lambda ms: None  # so much more was filmed
        self.tell: Callable[[str], None] = lambda text: None  # why the camera gives nothing

    def obey(self) -> None:
        """Check the gate now, and where it has closed be dark before this returns. What was
        taken under a permit that is gone goes with it."""
        if self._open():
            self._queue.purge(lambda outgoing: self._gate.wants(outgoing.permit))
            self._compose.purge()

    def go_dark(self) -> None:
        """Sensor off and unpowered, nothing kept of what it saw."""
        self._sensor.off()
        self._forget()
        self._compose.reset()
        self._lookers = []

    def _open(self) -> bool:
        """Check the gate; where it has closed, be dark. Whoever looks only from now on sees
        nothing from before, not even what is kept for others: a frame is sent once, for all."""
        if self._gate.check() != OK:
            self.go_dark()
            return False
        lookers = [(permit.hub, permit.handle) for permit in self._gate.permits]
        if any(looker not in self._lookers for looker in lookers):
            self._forget()
            self._sensor.discard()
            self._since_ms = self._elapsed.ms()
        self._lookers = lookers
        return True

    def _forget(self) -> None:
        self._queue.purge(lambda outgoing: False)
        self._compose.forget()

    async def run(self) -> None:
        while True:
            self.beat()
            self.obey()
            if self._gate.permits:
                await self._film_or_wait()
            else:
                await self._elapsed.pause(DARK_POLL_MS)

    async def _film_or_wait(self) -> None:
        try:
            await self._film()
        except SensorFault as fault:
            self.go_dark()
            self._report.fault = FAULT
            self.tell(str(fault))
            await self._elapsed.pause(FAULT_WAIT_MS)

    async def _film(self) -> None:
        """From the opening of the gate to its closing."""
        self._point_sensor()
        await self._sensor.warm_up()
        self._counted_at = self._elapsed.ms()
        self._pace.start(self._counted_at + LEAD_MS, self._gate.terms.fps)
        while self._open():
            self.beat()
            if self._pace.fps != self._gate.terms.fps:
                self._pace.start(self._elapsed.ms() + LEAD_MS, self._gate.terms.fps)
            self._point_sensor()
            await self._next_frame()

    def _point_sensor(self) -> None:
        """A picture of another size is another picture: what moves is learned anew."""
        if self._sensor.film(self._gate.terms):
            self._compose.reset()

    async def _next_frame(self) -> None:
        due_ms = self._pace.due_ms
        await self._elapsed.pause_until(due_ms - LEAD_MS)
        self._sensor.arm()
        await self._elapsed.pause_until(due_ms)
        try:
            shot = await self._see_next()
        except MemoryError:
            self._make_room()
            return
        if shot is not None and self._open():
            self._pass_on(shot, due_ms)

    async def _see_next(self) -> "Shot | None":
        """The next picture, judged; None if the sensor went dark meanwhile. MemoryError if there
        is no room for it."""
        asked_ms = self._elapsed.ms()
        try:
            jpeg = await self._sensor.picture()
        finally:
            began_ms = self._elapsed.ms()
            self._pace.step(began_ms)
        if jpeg is None:
            return None
        if began_ms + self._judging_ms > self._pace.due_ms - LEAD_MS:
            self._sensor.arm()  # judging takes so long that the next one is exposed meanwhile
        shot = self._compose.see(jpeg, asked_ms)
        self._judging_ms = self._elapsed.ms() - began_ms
        return shot

    def _pass_on(self, shot: "Shot", due_ms: int) -> None:
        """The gate is open: queue what leaves now."""
        self._count()
        self._report.saw(shot.score)
        self._note_fault()
        if shot.taken_ms <= self._since_ms:
            self._report.keep_back(1)  # from before somebody looked who looks now
            return
        leaving = self._compose.leaving(shot, self._gate.permits[0], due_ms)
        for outgoing in leaving:
            self._queue.put(outgoing)
        if leaving:
            self.ready()

    def _make_room(self) -> None:
        """No memory to copy a picture or to judge it: what is held goes, and the next one comes."""
        self._compose.forget()
        gc.collect()
        self._report.keep_back(1)
        if self._report.fault != STARVED:
            self.tell("no memory for a picture")
        self._report.fault = STARVED

    def _note_fault(self) -> None:
        fault = self._compose.fault
        if fault and self._report.fault != fault:
            self.tell("no picture can be read: " + self._compose.fault_detail)
        self._report.fault = fault

    def _count(self) -> None:
        now = self._elapsed.ms()
        self.filmed(now - self._counted_at)
        self._counted_at = now
