"""accord.tz against zoneinfo: tests/vectors/tz.json holds CPython's answers."""

from portable import raises, vectors

from accord import tz


def test_local_minute_of_the_week_as_zoneinfo_has_it():
    for zone in vectors("tz.json")["zones"]:
        for unix_s, minute in zone["moments"]:
            assert tz.local_minutes(zone["tz"], unix_s) == minute, (zone["tz"], unix_s)


def test_a_zone_without_summer_time():
    assert tz.local_minutes("UTC0", 0) == 3 * 1440  # a Thursday
    assert tz.local_minutes("<+0545>-5:45", 0) == 3 * 1440 + 345
    assert tz.local_minutes("EST5", 0) == 3 * 1440 - 300


def test_what_is_no_zone():
    for text in (
        "",
        "UTC",
        "0",
        "Europe/Berlin",
        "CET-1CEST",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,J60,J300",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.0.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0,M1.1.1",
        "CET-1:60",
        "CET--1",
        "CET-1x",
        "<+1",
        "AB0",
    ):
        raises(ValueError, tz.parse, text)
