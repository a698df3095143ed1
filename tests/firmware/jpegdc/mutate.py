"""Damage to good JPEGs, the same for the same seed on every runtime."""


class Dice:
    """A small generator of its own: `random` differs between runtimes. xorshift32."""

    def __init__(self, seed) -> None:
        self._state = (seed * 2654435761 + 88172645) & 0xFFFFFFFF or 1

    def below(self, limit) -> int:
        """0..limit - 1; limit at most 2**24."""
        x = self._state
        x ^= (x << 13) & 0xFFFFFFFF
        x ^= x >> 17
        x ^= (x << 5) & 0xFFFFFFFF
        self._state = x
        return (x >> 8) % limit


def segments(jpeg) -> list:
    """[start, end] of each segment before the scan, the SOS with them, of a good JPEG."""
    found, at = [], 2
    while not found or jpeg[found[-1][0] + 1] != 0xDA:
        start = at
        while jpeg[at + 1] == 0xFF:
            at += 1
        at += 2 + (jpeg[at + 2] << 8 | jpeg[at + 3])
        found.append([start, at])
    return found


class Mutator:
    """mutate() damages one of `goods` after another in every way there is below."""

    def __init__(self, goods, seed) -> None:
        self._goods = [(jpeg, segments(jpeg)) for jpeg in goods]
        self.dice = Dice(seed)

    def mutate(self) -> bytearray:
        dice = self.dice
        jpeg, parts = self._goods[dice.below(len(self._goods))]
        changed = bytearray(jpeg)
        for _ in range(1 + dice.below(3)):
            if len(changed) > 8:
                way = WAYS[dice.below(len(WAYS))]
                changed = way(self, changed, parts) or changed
        return changed

    def _place(self, jpeg, parts) -> int:
        """Anywhere; every other time in the header, which is short and decides most."""
        scan = min(parts[-1][1], len(jpeg))
        if self.dice.below(2) and scan:
            return self.dice.below(scan)
        return self.dice.below(len(jpeg))

    def flip_bits(self, jpeg, parts) -> None:
        for _ in range(1 + self.dice.below(8)):
            jpeg[self._place(jpeg, parts)] ^= 1 << self.dice.below(8)

    def flip_in_scan(self, jpeg, parts) -> None:
        scan = min(parts[-1][1], len(jpeg) - 1)
        jpeg[scan + self.dice.below(len(jpeg) - scan)] ^= 1 << self.dice.below(8)

    def set_byte(self, jpeg, parts) -> None:
        edge = (0, 1, 2, 3, 0x7F, 0x80, 0xD0, 0xD7, 0xD9, 0xDA, 0xFE, 0xFF)
        jpeg[self._place(jpeg, parts)] = edge[self.dice.below(len(edge))]

    def set_marker(self, jpeg, parts) -> None:
        at = min(self._place(jpeg, parts), len(jpeg) - 2)
        jpeg[at] = 0xFF
        jpeg[at + 1] = self.dice.below(256)

    def truncate(self, jpeg, parts):
        size = self._place(jpeg, parts)
        if self.dice.below(2):
            return jpeg[:size]
        return jpeg[:size] + b"\xff\xd9"

    def delete(self, jpeg, parts):
        at = self._place(jpeg, parts)
        return jpeg[:at] + jpeg[at + 1 + self.dice.below(40) :]

    def insert(self, jpeg, parts):
        at = self._place(jpeg, parts)
        what = (b"\0", b"\xff", b"\xff\xff\xff", b"\xff\0", b"\xff\xd3", b"\x55\xaa")
        return jpeg[:at] + what[self.dice.below(len(what))] + jpeg[at:]

    def run(self, jpeg, parts) -> None:
        at = self._place(jpeg, parts)
        value = (0, 0xFF, 0xAA)[self.dice.below(3)]
        for i in range(at, min(len(jpeg), at + self.dice.below(60))):
            jpeg[i] = value

    def other_header(self, jpeg, parts):
        """Another picture's header, or a part of it, before this scan."""
        other, theirs = self._goods[self.dice.below(len(self._goods))]
        first = theirs[self.dice.below(len(theirs))]
        last = theirs[self.dice.below(len(theirs))]
        ours = parts[self.dice.below(len(parts))]
        return jpeg[: ours[0]] + other[first[0] : max(first[1], last[1])] + jpeg[ours[1] :]

    def swap_segments(self, jpeg, parts):
        a, b = sorted((self.dice.below(len(parts)), self.dice.below(len(parts))))
        (a0, a1), (b0, b1) = parts[a], parts[b]
        if a == b:
            return jpeg[:a0] + jpeg[a1:]  # or lose it
        return jpeg[:a0] + jpeg[b0:b1] + jpeg[a1:b0] + jpeg[a0:a1] + jpeg[b1:]

    def other_scan(self, jpeg, parts):
        other, theirs = self._goods[self.dice.below(len(self._goods))]
        return jpeg[: parts[-1][1]] + other[theirs[-1][1] :]

    def other_codes(self, jpeg, parts) -> None:
        """Other code lengths, symbols and quantisers; the lengths of segments stay."""
        start, end = parts[self.dice.below(len(parts))]
        at = start + 5
        if at + 16 < min(end, len(jpeg)) and jpeg[start + 1] == 0xC4:
            one = at + self.dice.below(16)
            jpeg[one] = (jpeg[one] + 1) & 255
            jpeg[at + self.dice.below(16)] ^= 1 + self.dice.below(3)

    def other_frame(self, jpeg, parts) -> None:
        """Another size, sampling or table number in the SOF0; a restart interval."""
        for start, end in parts:
            if end <= len(jpeg) and jpeg[start + 1] == 0xC0:
                at = start + 4 + self.dice.below(end - start - 4)
                values = (0, 1, 2, 3, 8, 0x11, 0x12, 0x21, 0x22, 0x41, 0x14, 0x44, 0xFF)
                jpeg[at] = values[self.dice.below(len(values))]
            if end <= len(jpeg) and jpeg[start + 1] == 0xDD:
                jpeg[end - 1] = self.dice.below(256)


WAYS = (
    Mutator.flip_bits,
    Mutator.flip_in_scan,
    Mutator.set_byte,
    Mutator.set_marker,
    Mutator.truncate,
    Mutator.delete,
    Mutator.insert,
    Mutator.run,
    Mutator.other_header,
    Mutator.swap_segments,
    Mutator.other_scan,
    Mutator.other_codes,
    Mutator.other_frame,
)
