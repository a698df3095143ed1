"""XOR with the 4-byte WebSocket mask, in place: RFC 6455 §5.3. Viper where there is viper."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def xor_plain(buffer: bytearray, start: int, end: int, mask: bytes, phase: int) -> None:
    """XOR buffer[start:end] with `mask` (4 bytes), beginning at the mask's byte `phase` (0..3)."""
    key = mask[phase:] + mask[:phase]
    wide = int.from_bytes(key * 16, "big")
    whole = end - (end - start) % 64
    for at in range(start, whole, 64):
        block = int.from_bytes(buffer[at : at + 64], "big") ^ wide
        buffer[at : at + 64] = block.to_bytes(64, "big")
    for at in range(whole, end):
        buffer[at] ^= key[(at - whole) % 4]


xor: "Callable[[bytearray, int, int, bytes, int], None]" = xor_plain
try:
    from agent.masking_viper import xor_native

    xor = xor_native  # type: ignore[assignment]  # viper's own types
except (ImportError, SyntaxError):
    pass  # CPython; a MicroPython built without native code
