"""agent.filming, agent.compose, agent.report, agent.sender: from the gate to the socket's edge."""

from accord import b64, wire
from accord.book import Book
from agent.clock import Clock
from agent.compose import Composer
from agent.config import Fields, Picture
from agent.days import Days
from agent.errors import LinkLost, SensorFault
from agent.filming import Filming
from agent.frames import FrameQueue
from agent.gate import Gate
from agent.light import Light
from agent.motion import LEARNING_FRAMES, SizeMotion
from agent.report import EVERY_MS, Report
from agent.sender import Sender
from tests.firmware.parts.fakes import (
    CAMERA,
    HUB,
    LIVE,
    NOW,
    OTHER_HUB,
    Time,
    finish,
    granted,
    raises,
    watch,
)

FOREVER = 1_000_000


class Done(BaseException):
    pass


class FakeSensor:
    """Counts; calls `during` in the middle of every exposure."""

    def __init__(self, time):
        self.time = time
        self.powered = False
        self.taken = 0
        self.size = 1000
        self.fault = False
        self.during = lambda: None

    def off(self):
        self.powered = False

    def film(self, terms):
        if self.fault:
            raise SensorFault("no sensor")
        self.powered = True

    def arm(self):
        pass

    async def warm_up(self):
        self.time.now += 80

    async def picture(self):
        self.during()
        if not self.powered:
            return None
        self.taken += 1
        return bytearray(self.size)


class Porch:
    def __init__(self, **frame):
        self.time = Time()
        self.limit_ms = FOREVER
        self.time.pause = self.pause
        self.time.pause_until = self.pause_until
        self.clock = Clock(self.time.ms)
        self.clock.hear_sntp(NOW * 1000)
        self.clock.hear_host(NOW * 1000)
        self.book = Book(CAMERA)
        self.gate = Gate(
            book=self.book,
            clock=self.clock,
            days=Days(None),
            picture=Picture(Fields("config.json", frame)),
            elapsed_ms=self.time.ms,
        )
        self.sensor = FakeSensor(self.time)
        self.queue = FrameQueue(1_000_000, 1000)
        self.switched = []
        light = Light(self.switched.append)
        self.report = Report(
            gate=self.gate,
            sensor=self.sensor,
            clock=self.clock,
            light=light,
            queue=self.queue,
            elapsed_ms=self.time.ms,
        )
        self.filming = Filming(
            self.gate,
            self.sensor,
            self.queue,
            compose=Composer(self.gate, self.clock, SizeMotion(), 7),
            report=self.report,
            elapsed=self.time,
        )
        self.sender = Sender(self.gate, self.queue, self.report, light)

    async def pause(self, ms):
        self.time.now += ms
        if self.time.now >= self.limit_ms:
            raise Done()

    async def pause_until(self, ms):
        await self.pause(max(0, ms - self.time.now))

    def open(self, *grants):
        for one in grants or [granted(1)]:
            self.book.add(one)
        self.gate.watch(watch(*[(one.seq, LIVE) for one in grants or [granted(1)]]))
        return self

    def run(self, ms):
        """Film for so long; what waits in the queue then."""
        self.limit_ms = self.time.now + ms
        raises(Done, finish, self.filming.run())
        return self.queue._frames


def gaps(frames):
    return [frames[i + 1].due_ms - frames[i].due_ms for i in range(len(frames) - 1)]


def test_dark_without_a_permit():
    porch = Porch()
    assert porch.run(5_000) == []
    assert (porch.sensor.powered, porch.sensor.taken) == (False, 0)


def test_frames_at_their_pace():
    frames = Porch(fps=5).open().run(2_000)
    assert [one.frame.sequence for one in frames] == list(range(10))
    assert gaps(frames) == [200] * 9
    first = frames[0].frame
    assert (first.boot, first.clock, first.reason, first.handle) == (7, 3, 0, bytes([1]) * 16)
    assert first.captured_ms == NOW * 1000 + frames[0].due_ms


def test_the_pace_follows_the_watch():
    porch = Porch(fps=10).open()
    porch.run(1_000)
    porch.gate.watch(watch((1, LIVE), fps=2))
    frames = porch.run(3_000)
    assert (gaps(frames)[0], gaps(frames)[-1]) == (100, 500)


def test_a_gate_that_closes_while_the_sensor_exposes_lets_nothing_through():
    porch = Porch().open()
    porch.run(1_000)

    def revoke():
        porch.book.revoke(bytes([1]) * 16)

    queued = []
    porch.filming.ready = lambda: queued.append(1)
    porch.sensor.during = revoke
    assert porch.run(1_000) == []
    assert queued == []
    assert not porch.sensor.powered
    assert porch.gate.reason == "revoked"


def test_obey_is_dark_before_it_returns():
    porch = Porch().open()
    assert len(porch.run(1_000)) > 2
    porch.book.revoke(bytes([1]) * 16)
    porch.filming.obey()
    assert (porch.sensor.powered, len(porch.queue)) == (False, 0)
    assert porch.queue.dropped > 2


def test_obey_purges_what_was_taken_under_the_grant_that_went():
    porch = Porch().open(granted(1), granted(2))
    frames = porch.run(1_000)
    assert {one.frame.handle[0] for one in frames} == {1}
    porch.book.revoke(bytes([1]) * 16)
    porch.filming.obey()
    assert porch.sensor.powered
    assert len(porch.queue) == 0
    assert {one.frame.handle[0] for one in porch.run(1_000)} == {2}


def test_obey_purges_what_was_taken_for_another_hub_under_the_same_grant():
    """Who looks from now on sees nothing from before."""
    both = granted(1, aud=[HUB, b64.encode(OTHER_HUB)])
    porch = Porch().open(both)
    assert len(porch.run(1_000)) > 2
    porch.gate.watch(watch((1, LIVE, OTHER_HUB)))
    porch.filming.obey()
    assert porch.sensor.powered
    assert len(porch.queue) == 0
    assert porch.run(1_000)


def test_motion_mode_is_quiet_when_nothing_moves():
    porch = Porch(mode="motion").open()

    def someone_comes():
        porch.sensor.size = 1300 if porch.sensor.taken >= 25 else 1000

    porch.sensor.during = someone_comes
    frames = porch.run(5_600)
    reasons = [one.frame.reason for one in frames]
    assert reasons[: LEARNING_FRAMES + 1] == [2] * LEARNING_FRAMES + [1]
    assert frames[LEARNING_FRAMES].frame.score == 300
    assert porch.report.status().quiet == 25 - LEARNING_FRAMES


def test_a_fault_is_dark_and_told_and_tried_again():
    porch = Porch().open()
    told = []
    porch.filming.tell = told.append
    porch.sensor.fault = True
    assert porch.run(14_000) == []
    assert told == ["no sensor"] * 3
    assert porch.report.status().reason == b"sensor-fault"
    porch.sensor.fault = False
    assert porch.run(4_000)
    assert porch.report.status().reason == b"ok"


def test_a_lost_clock_makes_no_frame():
    porch = Porch().open()
    porch.run(500)
    porch.clock.hear_host((NOW + 3600) * 1000)
    assert porch.run(500) == []
    assert porch.gate.reason == "clock-disagrees"


class Line:
    """A connection that keeps what was sent; `during(n)` runs before the nth slice."""

    def __init__(self, during=None):
        self.sent = []
        self.lit = []
        self.during = during or (lambda n: None)

    async def send(self, parts, allowed):
        for n in range(4):
            self.during(n)
            if not allowed():
                raise LinkLost("withdrawn")
        self.sent.append(b"".join([bytes(part) for part in parts]))


class Session:
    """Seals by naming; `late` has what every Status said."""

    def __init__(self):
        self.late = []

    def seal(self, message):
        self.late.append(message.late_ms)
        return message.reason

    def seal_frame(self, frame):
        return b"<", b">"


def send(porch, line, watched=True, session=None):
    return finish(porch.sender.send_next(line, session or Session(), watched))


def test_status_first_then_pictures_and_only_where_watched():
    porch = Porch().open()
    porch.run(300)
    line = Line()
    assert send(porch, line, watched=False)
    assert not send(porch, line, watched=False)
    assert line.sent == [b"ok"]
    count = len(porch.queue)
    while send(porch, line):
        pass
    assert line.sent[1] == b"<" + bytes(1000) + b">"
    assert len([sent for sent in line.sent if len(sent) > 1000]) == count


def test_the_light_is_on_while_a_picture_leaves_and_only_then():
    porch = Porch().open()
    porch.run(300)
    lit = []
    line = Line(lambda n: lit.append(porch.switched[-1]))
    send(porch, line)
    assert lit == [False] * 4  # the Status
    send(porch, line)
    assert lit[4:] == [True] * 4
    assert porch.switched[-1] is False


def test_a_permit_withdrawn_in_the_middle_of_a_frame_drops_the_connection():
    porch = Porch().open()
    porch.run(300)
    send(porch, Line())

    def revoke(n):
        if n == 2:
            porch.book.revoke(bytes([1]) * 16)

    line = Line(revoke)
    error = raises(LinkLost, send, porch, line)
    assert (error.reason, line.sent, porch.switched[-1]) == ("withdrawn", [], False)
    status = porch.report.status()
    assert (status.sent, status.dropped) == (0, 1)


def test_a_frame_whose_permit_went_is_not_begun():
    porch = Porch().open()
    porch.run(300)
    send(porch, Line())
    porch.book.revoke(bytes([1]) * 16)
    line = Line()
    assert send(porch, line)
    assert line.sent == []


def test_status_on_every_change_and_every_ten_seconds():
    porch = Porch()
    assert porch.report.due()
    first = porch.report.status()
    assert (first.state, first.sensor, first.reason) == (0, 0, b"not-watched")
    assert not porch.report.due()
    porch.time.now += EVERY_MS - 1
    assert not porch.report.due()
    porch.time.now += 1
    assert porch.report.due()
    porch.report.status()
    porch.open().run(300)
    assert porch.report.due()
    assert (porch.report.status().state, porch.report.due()) == (1, False)
    send(porch, Line())
    assert porch.report.due()
    sending = porch.report.status()
    assert (sending.state, sending.sensor, sending.light, sending.sent) == (2, 1, 1, 1)
    assert sending.sent_bytes == 1000
    assert sending.handle == bytes([1]) * 16
    porch.report.forget()
    assert porch.report.due()


def test_lateness_is_the_worst_since_the_last_status():
    porch = Porch(fps=5).open()
    porch.run(700)
    session = Session()
    began = porch.time.now
    for _ in range(4):  # a Status, the first frame, a Status because we are sending, a frame
        assert send(porch, Line(), session=session)
        porch.time.now += 50
    first_due = 80 + 90  # warming up, the sensor's lead
    assert session.late == [0, began + 50 - first_due]
    assert porch.report.status().late_ms == began + 150 - (first_due + 200)
    assert porch.report.status().late_ms == 0


def test_wire_takes_what_the_report_says():
    payload = Porch().open().report.status().payload()
    raw = wire.Raw(wire.header(wire.Status, len(payload), 1), payload, b"")
    assert wire.decode(raw).reason == b"not-watched"
