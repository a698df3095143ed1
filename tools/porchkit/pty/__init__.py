"""A virtual board on a serial port: mpremote, pytest-embedded and `porchlight provision` open it
as they open a real board's.

    host tool - pseudo-terminal - SerialPort - PtyBoard - Console - pseudo-terminal - MicroPython

Two pseudo-terminals, because both ends set theirs up as they like, and the host's must stay while
MicroPython's process comes and goes with every reset.
"""

from porchkit.pty.board import PtyBoard

__all__ = ["PtyBoard"]
