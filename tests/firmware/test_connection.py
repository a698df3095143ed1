"""The board's connection: what it asks of the network stack, on MicroPython itself."""

from tests.support.runtimes import FIRMWARE, run_micropython

_WRAPPED = """
from agent.connection import Connection

class Raw:
    refuses = False
    asked = []
    def setsockopt(self, level, option, value):
        self.asked.append((level, option, value))
        if self.refuses:
            raise OSError(95)

class Context:
    def wrap_socket(self, raw, **options):
        return raw

Raw.refuses = %s
Connection(Context()).wrap_socket(Raw())
print(Raw.asked)
"""
IPPROTO_TCP, TCP_NODELAY = 6, 1


def _asked(*, refuses: bool) -> str:
    done = run_micropython(_WRAPPED % refuses, path=[FIRMWARE, FIRMWARE / "lib"])
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_end_of_a_picture_does_not_wait_for_the_network() -> None:
    assert _asked(refuses=False) == str([(IPPROTO_TCP, TCP_NODELAY, 1)])


def test_a_network_stack_without_the_option_does() -> None:
    assert _asked(refuses=True) == str([(IPPROTO_TCP, TCP_NODELAY, 1)])
