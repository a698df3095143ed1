"""What the host says -> what the board does. One row a message."""

from accord import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.clock import Clock
    from agent.consent import Consent
    from agent.gate import Gate
    from agent.lease import Leases
    from agent.log import Log
    from agent.update import Updates


class Downlink:
    """After whatever may change it the gate is checked: dark at once where it closed."""

    def __init__(
        self,
        *,
        clock: "Clock",
        consent: "Consent",
        leases: "Leases",
        gate: "Gate",
        updates: "Updates",
        log: "Log",
    ) -> None:
        self._clock = clock
        self._consent = consent
        self._leases = leases
        self._gate = gate
        self._updates = updates
        self._log = log

    def handle(self, message: wire.Message) -> wire.Answer | None:
        """Act on `message`; the answer it wants, if it wants one."""
        if isinstance(message, wire.Time):
            self._hear_time(message)
        elif isinstance(message, wire.GrantToken):
            handle, reason = self._consent.accept(message.token)
            self._consent.obey()
            return wire.Answer(handle, reason.encode())
        elif isinstance(message, wire.Revoke):
            reason = self._consent.revoke(message.handle)
            return wire.Answer(message.handle, reason.encode())
        elif isinstance(message, wire.Watch):
            self._gate.watch(message)
            self._consent.obey()
        elif isinstance(message, wire.Settings):
            self._gate.settle(message)
            self._consent.obey()
        elif isinstance(message, wire.Lease):
            return self._leases.handle(message)
        elif isinstance(message, wire.Update):
            return self._updates.handle(message)
        return None

    def cut_off(self) -> None:
        """The connection is over: what the host said of who looks lapses soon."""
        self._gate.orphan()

    def _hear_time(self, message: wire.Time) -> None:
        before = self._clock.reason()
        self._clock.hear_host(message.unix_ms)
        after = self._clock.reason()
        if before != after:
            self._log("clock", after or "trusted")
        self._consent.obey()
