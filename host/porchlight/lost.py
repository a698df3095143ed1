"""Lost: what stands where the transport of a connection stood that is over.

A protocol and its transport hold each other, and with TLS all that encrypts (55 KB): what nobody
lets go of waits until Python next looks for garbage, which with many connections a second is tens
of megabytes.
"""

import asyncio
from typing import Any, Final


class _Lost(asyncio.Transport):
    """Closed; does nothing, knows nothing."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def is_closing(self) -> bool:
        return True

    def is_reading(self) -> bool:
        return False

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def write(self, data: Any) -> None:
        pass

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


LOST: Final = _Lost()
