"""Where the cameras of a bench's town are: the beginning of its programs, as text. Needs `chance`,
a random.Random, by the time somewhere() is called."""

from typing import Final

PLACES: Final = """
from porchlight.search.sphere import Point

ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"


def somewhere():
    return Point(52.25 + chance.random() * 0.18, 4.75 + chance.random() * 0.29)


def geohash(place, size=8):
    bits, ranges = 0, [[-180.0, 180.0], [-90.0, 90.0]]
    for at in range(5 * size):
        low, high = ranges[at % 2]
        middle = (low + high) / 2
        above = (place.lon, place.lat)[at % 2] >= middle
        ranges[at % 2] = [middle, high] if above else [low, middle]
        bits = bits << 1 | above
    return "".join(ALPHABET[bits >> 5 * at & 31] for at in reversed(range(size)))
"""
