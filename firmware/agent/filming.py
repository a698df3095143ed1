"""Gate open: frames at their pace. Gate closed: dark. Nobody else drives the sensor."""

from agent.errors import SensorFault
from agent.frames import Outgoing
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
    from agent.sensor import Sensor

DARK_POLL_MS = 100  # how soon a window that opens is noticed; what arrives calls obey() itself
LEAD_MS = 90  # the sensor exposes this long before a frame is due: two of its periods
FAULT_WAIT_MS = 5_000  # starting a dead camera blocks everything for 4 s
FAULT = "sensor-fault"


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
        self.beat: Callable[[], None] = lambda: None  # progress was made
        self.ready: Callable[[], None] = lambda: None  # a frame waits in the queue
        self.filmed: Callable[[int], None] = lambda ms: None  # so much more was filmed
        self.tell: Callable[[str], None] = lambda text: None  # why the camera gives nothing

    def obey(self) -> None:
        """Check the gate now, and where it has closed be dark before this returns. What was
        taken under a permit that is gone goes with it."""
        if self._gate.check() != OK:
            self.go_dark()
        else:
            self._queue.purge(lambda outgoing: self._gate.wants(outgoing.permit))

    def go_dark(self) -> None:
        """Sensor off and unpowered, queue empty."""
        self._sensor.off()
        self._queue.purge(lambda outgoing: False)

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
        self._compose.reset()
        self._sensor.film(self._gate.terms)
        await self._sensor.warm_up()
        self._counted_at = self._elapsed.ms()
        self._pace.start(self._counted_at + LEAD_MS, self._gate.terms.fps)
        while self._gate.check() == OK:
            self.beat()
            if self._pace.fps != self._gate.terms.fps:
                self._pace.start(self._elapsed.ms() + LEAD_MS, self._gate.terms.fps)
            self._sensor.film(self._gate.terms)
            await self._next_frame()

    async def _next_frame(self) -> None:
        due_ms = self._pace.due_ms
        await self._elapsed.pause_until(due_ms - LEAD_MS)
        self._sensor.arm()
        await self._elapsed.pause_until(due_ms)
        jpeg = await self._sensor.picture()
        self._pace.step(self._elapsed.ms())
        if jpeg is None or self._gate.check() != OK:
            return  # closed while the sensor exposed: this picture never was
        self._report.fault = ""
        self._count()
        permit = self._gate.permits[0]
        frame = self._compose.frame(jpeg, permit)
        if frame is None:
            self._report.quiet += 1
            return
        self._queue.put(Outgoing(permit, frame, due_ms))
        self.ready()

    def _count(self) -> None:
        now = self._elapsed.ms()
        self.filmed(now - self._counted_at)
        self._counted_at = now
