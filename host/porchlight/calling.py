"""Calling: everybody who asked to be called is, whatever one of them raises."""

import logging
from collections.abc import Callable, Iterable
from typing import Final, ParamSpec

Given = ParamSpec("Given")
_log: Final = logging.getLogger(__name__)


def call_all(
    callbacks: Iterable[Callable[Given, object]], *given: Given.args, **named: Given.kwargs
) -> None:
    """Call each. What one raises is a fault of ours: logged, and the next one is called."""
    for callback in callbacks:
        try:
            callback(*given, **named)
        except Exception:
            _log.exception("a callback failed")
