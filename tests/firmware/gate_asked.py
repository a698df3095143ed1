"""The deciding half of a board, asked by another process: worlds in, a line each; verdicts out.

On MicroPython:  micropython tests/firmware/gate_asked.py  with the repository, firmware and
firmware/lib on MICROPYPATH. test_sent_is_allowed.py makes the worlds and judges the verdicts.
"""

import json
import sys

from accord import b64, lease, wire
from agent.usage import Usage
from tests.firmware.parts.fakes import CAMERA, watch
from tests.firmware.parts.fakes import token as signed
from tests.firmware.parts.test_consent import Board
from tests.firmware.parts.test_lease import ASK, leased

STATUSES = 4  # bytes: places for more grants than there are


def play(world):
    """For each step, of each watched grant: may frames leave under it?"""
    board = Board()
    usage = Usage(board.gate._days, board.gate, board.clock, board.book, board.store)
    asked = world["ask"]
    set_clock(board, world["base"], world["base"])
    seqs = [claims.pop("seq") for claims in world["grants"]]
    for index, seq in enumerate(seqs):
        board.answer(wire.GrantToken(signed(seq, **world["grants"][index])))
    board.answer(watch(*[(seq, asked["action"], bytes(asked["hub"])) for seq in seqs]))
    happen(board, world["before"], world)
    found = []
    for step in world["steps"]:
        set_clock(board, step["at"], world["base"])
        happen(board, step["events"], world)
        said = board.gate.check()
        sent = [permit for permit in board.gate.permits if board.gate.allows(permit)]
        assert (said == "ok") == bool(sent), said
        found.append([bytes([seq]) * 16 in [permit.handle for permit in sent] for seq in seqs])
        board.time.now += step["filmed_s"] * 1000
        usage.filmed(step["filmed_s"] * 1000)
    return found


def set_clock(board, unix_s, base):
    board.time.now = (unix_s - base) * 1000
    board.clock.hear_sntp(unix_s * 1000)
    board.answer(wire.Time(unix_s * 1000))


def happen(board, events, world):
    for what, which in events:
        seq = which + 1
        handle = bytes([seq]) * 16
        if what == "button":
            board.consent.press_button()
        elif what == "revoke":
            board.answer(wire.Revoke(handle))
        else:
            speak(board, what, seq, world["lease_s"])


def speak(board, what, seq, lease_s):
    """The resident answers the board's nonce."""
    statuses, more = bytearray(STATUSES), {"lease_s": lease_s}
    if what == "pause":
        statuses[0] = lease.SUSPENDED
    if what == "stop":
        statuses[seq // 4] = lease.INVALID << seq % 4 * 2
    if what == "resume":
        more["resume"] = True
    if what == "open":
        more["open"] = b64.encode(bytes([seq]) * 16)
    nonce = board.downlink.handle(ASK).handle
    answer = board.downlink.handle(leased(nonce, bytes(statuses), **more))
    assert answer.reason == b"status-held", (what, answer.reason)


def main():
    print(CAMERA)
    line = sys.stdin.readline()
    while line:
        try:
            print(json.dumps(play(json.loads(line))))
        except Exception as error:
            print(json.dumps(repr(error)))  # and on: whoever asks wants to know of smaller worlds
        line = sys.stdin.readline()


if __name__ == "__main__":
    main()
