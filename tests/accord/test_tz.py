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


def test_clocks_are_set_at_that_very_second():
    for text, moments in (
        ("CET-1CEST,M3.5.0,M10.5.0/3", (1_774_746_000, 7200, 1_792_890_000, 3600)),
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", (1_775_318_400, 36000, 1_791_043_200, 39600)),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", (1_775_314_800, 37800, 1_791_041_400, 39600)),
        ("<-04>4<-03>,M9.1.6/24,M4.1.6/24", (1_775_358_000, -14400, 1_788_667_200, -10800)),
    ):
        zone = tz.parse(text)
        first, after_first, second, after_second = moments
        assert zone.offset_s(first - 1) == after_second, text
        assert zone.offset_s(first) == after_first, text
        assert zone.offset_s(second - 1) == after_first, text
        assert zone.offset_s(second) == after_second, text


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
