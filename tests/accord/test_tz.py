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


def test_the_next_change_of_clocks():
    berlin = tz.parse("CET-1CEST,M3.5.0,M10.5.0/3")
    spring, autumn, spring_after = 1_774_746_000, 1_792_890_000, 1_806_195_600  # 2026, 2026, 2027
    assert berlin.next_change(1_767_225_600) == spring
    assert berlin.next_change(spring - 1) == spring
    assert berlin.next_change(spring) == autumn
    assert berlin.next_change(autumn) == spring_after
    sydney = tz.parse("AEST-10AEDT,M10.1.0,M4.1.0/3")
    assert sydney.next_change(1_767_225_600) == 1_775_318_400  # 2026-04-05 03:00 AEDT
    assert tz.parse("UTC0").next_change(5) == 5 + 7 * 86400


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
        "CET-1:0:0:0",
        "CET--1",
        "CET-1x",
        "<+1",
        "AB0",
    ):
        raises(ValueError, tz.parse, text)
