"""Heaps of threads: as few as were asked for, as glibc itself counts them."""

import platform
import subprocess
import sys

import pytest

COUNT = """
import ctypes, sys, threading
from porchlight import heap

print(heap.few() if sys.argv[1] == "few" else None, flush=True)
libc, together = ctypes.CDLL(None), threading.Barrier(8)
libc.malloc.restype, libc.fopen.restype = ctypes.c_void_p, ctypes.c_void_p
libc.malloc_info.argtypes, libc.fclose.argtypes = [ctypes.c_int, ctypes.c_void_p], [ctypes.c_void_p]

def take():
    together.wait()
    for _ in range(100):
        libc.malloc(5_000)  # without Python's lock
    together.wait()

threads = [threading.Thread(target=take) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
out = libc.fopen(b"/dev/stdout", b"w")
libc.malloc_info(0, out)
libc.fclose(out)
"""


def heaps(word: str) -> tuple[str, int]:
    """What few() answered in a process of eight threads, and how many heaps that had."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT, word],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()[0], done.stdout.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="no glibc")
def test_threads_share_two_heaps() -> None:
    assert heaps("few") == ("True", 2)
    assert heaps("as they come")[1] > 2  # else this shows nothing
