"""The porch light: on exactly while bytes of pictures leave.

Lit by the very function that sends, as a context manager around its socket writes; nothing else
may switch it. A board without a light keeps the record all the same.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Light:
    """`switch(on)` drives the LED (polarity is the caller's matter); None: the board has none."""

    def __init__(self, switch: "Callable[[bool], None] | None") -> None:
        self._switch = switch
        self.lit = False
        self._was_lit = False
        self._set(False)

    def __enter__(self) -> "Light":
        self._was_lit = True
        self._set(True)
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._set(False)

    def was_lit(self) -> bool:
        """Was it on at any time since this was asked last?"""
        was, self._was_lit = self._was_lit, self.lit
        return was

    def _set(self, on: bool) -> None:
        self.lit = on
        if self._switch is not None:
            self._switch(on)
