"""What accord makes of arbitrary bytes, as one short text: the same on every runtime, or a bug.

Reads cases from stdin as JSON lines when run as a script: that is how MicroPython is asked.
"""

import json
import sys

from accord import grant, wire
from accord.errors import AccordError
from accord.session import BoardSession, HostSession

KEY = bytes(range(32))
MOST_BUFFERED = wire.HEADER_BYTES + 64 + wire.MAX_JPEG + 32


def of_parser(data, cuts):
    """Feed `data` cut at `cuts`; the messages that came out, and the error that ended it."""
    parser, found, at = wire.Parser(), [], 0
    try:
        for upto in cuts + [len(data)]:
            parser.feed(data[at:upto])
            at = upto
            message = parser.next()
            while message is not None:
                found.append(type(wire.decode(message)).__name__)
                message = parser.next()
    except AccordError as error:
        found.append(str(error))
    return " ".join(found)


def of_session(role, data, cuts):
    """The same, into a session that waits for its peer's first message."""
    if role == "board":
        session = BoardSession(KEY, b"n" * 16, 1, "x")
    else:
        session = HostSession(b"h" * 16, lambda camera: KEY)
    found, at = [], 0
    try:
        for upto in cuts + [len(data)]:
            session.receive(data[at:upto])
            at = upto
            message = session.next_event()
            while message is not None:
                found.append(type(message).__name__)
                message = session.next_event()
    except AccordError as error:
        found.append(str(error))
    return " ".join(found)


def of_grant(token, kid):
    """Any signature counts as good: what comes behind it must hold on its own."""
    try:
        found = grant.verify(token, {kid: None}, lambda *_: True)
        return "grant " + str(found.seq)
    except AccordError as error:
        return str(error)


def answer(case):
    data = bytes.fromhex(case["hex"])
    if case["to"] == "parser":
        return of_parser(data, case["cuts"])
    if case["to"] == "grant":
        return of_grant(data, case["kid"])
    return of_session(case["to"], data, case["cuts"])


def main():
    line = sys.stdin.readline()
    while line:
        print(answer(json.loads(line)))
        line = sys.stdin.readline()


if __name__ == "__main__":
    main()
