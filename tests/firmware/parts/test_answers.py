"""agent.answers: what the host hears of each grant, and when."""

from accord.book import Book
from accord.wire import Answer
from agent.answers import MAX_TOLD, MAX_WAITING, Answers
from agent.clock import Clock
from agent.config import Fields, Picture
from agent.days import Days
from agent.gate import Gate
from tests.firmware.parts.fakes import CAMERA, EXPORT, LIVE, NOW, OTHER_HUB, Time, granted, watch


class Porch:
    def __init__(self, *grants):
        self.time = Time()
        self.clock = Clock(self.time.ms)
        self.clock.hear_sntp(NOW * 1000)
        self.clock.hear_host(NOW * 1000)
        self.book = Book(CAMERA, self.time.ms)
        for one in grants:
            self.book.add(one)
        self.days = Days(None)
        self.gate = Gate(
            book=self.book,
            clock=self.clock,
            days=self.days,
            picture=Picture(Fields("config.json", {})),
            elapsed_ms=self.time.ms,
        )
        self.answers = Answers(self.gate)

    def watch(self, *wants):
        self.gate.watch(watch(*wants))
        return self.told()

    def told(self):
        """What is sent after a check: (seq of the grant, reason) each."""
        self.gate.check()
        told = []
        answer = self.answers.next()
        while answer is not None:
            assert self.answers.next().handle == answer.handle  # until it is sent
            told.append((answer.handle[0], answer.reason))
            self.answers.sent(answer)
            answer = self.answers.next()
        return sorted(told)


def handle(seq):
    return bytes([seq]) * 16


def test_a_verdict_is_told_when_it_changes_and_only_then():
    limited = granted(1, {"limits": {"day_s": 60}}, exp=NOW + 80_000)
    porch = Porch(limited, granted(2, exp=NOW + 80_000))
    assert porch.told() == []
    assert porch.watch((1, LIVE), (2, LIVE)) == [(1, b"held"), (2, b"held")]
    for _ in range(3):
        assert porch.told() == []
    porch.days.count(limited, NOW, 60_000)
    assert porch.told() == [(1, b"day-limit")]
    assert porch.gate.reason == "ok"  # the other one holds
    assert porch.told() == []
    porch.time.now = 16 * 3600 * 1000  # midnight
    assert porch.told() == [(1, b"held")]
    porch.time.now = 80_000 * 1000
    assert porch.told() == [(1, b"expired"), (2, b"expired")]


def test_a_window_that_closes_is_told():
    start = (4 * 24 + 8) * 60  # Friday 08:00
    porch = Porch(granted(1, {"windows": [[start, start + 1]], "tz": "UTC0"}))
    assert porch.watch((1, LIVE)) == [(1, b"held")]
    porch.time.now = 60_000
    assert porch.told() == [(1, b"outside-window")]


def test_a_reply_is_the_last_word_like_any_other():
    limited = granted(1, {"limits": {"day_s": 60}})
    porch = Porch(limited)
    porch.answers.add(Answer(handle(1), b"held"))
    assert porch.told() == [(1, b"held")]
    assert porch.watch((1, LIVE)) == []  # it knows
    porch.days.count(limited, NOW, 60_000)
    assert porch.told() == [(1, b"day-limit")]
    porch.answers.add(Answer(handle(1), b"held"))  # the host offered the grant once more
    assert porch.told() == [(1, b"day-limit"), (1, b"held")]
    assert porch.told() == []
    assert porch.answers._told[handle(1)] == "day-limit"


def test_what_closes_everything_is_no_verdict():
    porch = Porch(granted(1))
    porch.watch((1, LIVE))
    porch.clock.hear_host((NOW + 3600) * 1000)
    assert porch.told() == []
    porch.clock.hear_host(NOW * 1000)
    assert porch.told() == []
    porch.gate.button = True
    assert porch.told() == []
    porch.gate.button = False
    assert porch.watch() == []


def test_one_handle_one_verdict():
    """Held if any of those who look under it may: frames travel under its handle."""
    wrong = (1, LIVE, OTHER_HUB)
    assert Porch(granted(1)).watch((1, LIVE), wrong) == [(1, b"held")]
    assert Porch(granted(1)).watch(wrong, (1, LIVE)) == [(1, b"held")]
    assert Porch(granted(1)).watch(wrong, (1, EXPORT)) == [(1, b"wrong-audience")]


def test_a_new_connection_hears_it_again_and_what_was_not_sent():
    porch = Porch(granted(1))
    porch.watch((1, LIVE))
    porch.answers.add(Answer(handle(9), b"revoked"))
    porch.answers.begin()
    assert porch.told() == [(1, b"held"), (9, b"revoked")]


def test_a_host_cannot_fill_the_memory():
    porch = Porch()
    for seq in range(1, 200):
        assert porch.watch((seq, LIVE)) == [(seq, b"no-grant")]
        assert len(porch.answers._told) <= MAX_TOLD
    for _ in range(MAX_WAITING):
        assert not porch.answers.full
        porch.answers.add(Answer(handle(1), b"held"))
    assert porch.answers.full
