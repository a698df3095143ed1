"""The jurisdiction's profile: what is not understood is an error, and no rule ever widens."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight import config, profile
from porchlight.errors import ConfigError
from porchlight.profile import Asked, Profile, parse

MONDAY = 1_800_230_400  # 2027-01-18 00:00:00 UTC
HOUR = 3600


def asked(**changed: Any) -> Asked:
    said = {"action": "live", "label": "porch", "source": "board", "purpose": "fire", "now": MONDAY}
    return Asked(**said | changed)


def forbidding(**rule: Any) -> Profile:
    return parse({"forbid": [{"why": "law", **rule}]})


@pytest.mark.parametrize(
    ("rule", "hit", "miss"),
    [
        ({"actions": ["live"]}, {}, {"action": "snapshot"}),
        ({"labels": ["*doorbell*"]}, {"label": "Front DOORBELL 2"}, {"label": "yard"}),
        ({"labels": ["Doorbell"]}, {"label": "doorbell"}, {"label": "doorbell 2"}),
        ({"sources": ["esphome"]}, {"source": "esphome"}, {}),
        ({"purposes": ["theft"]}, {"purpose": "theft"}, {}),
        ({}, {}, None),
        ({"hours": ["22:00-06:00"]}, {"now": MONDAY + 22 * HOUR}, {"now": MONDAY + 6 * HOUR}),
        ({"hours": ["22:00-06:00"]}, {"now": MONDAY}, {"now": MONDAY + 22 * HOUR - 1}),
        ({"hours": ["18:00-24:00"]}, {"now": MONDAY - 1}, {"now": MONDAY}),
        (
            {"actions": ["live"], "purposes": ["theft"]},
            {"purpose": "theft"},
            {"purpose": "theft", "action": "snapshot"},
        ),
    ],
)
def test_what_a_rule_is_about(
    rule: dict[str, Any], hit: dict[str, Any], miss: dict[str, Any] | None
) -> None:
    place = forbidding(**rule)
    found = place.forbids(asked(**hit))
    assert found is not None
    assert found.why == "law"
    if miss is not None:
        assert place.forbids(asked(**miss)) is None


def test_hours_are_of_the_place() -> None:
    place = parse(
        {"tz": "EST5EDT,M3.2.0,M11.1.0", "forbid": [{"why": "n", "hours": ["22:00-06:00"]}]}
    )
    assert place.forbids(asked(now=MONDAY + 3 * HOUR)) is not None  # 22:00 the evening before
    assert place.forbids(asked(now=MONDAY + 11 * HOUR)) is None


def test_a_view_ends_when_the_hours_begin() -> None:
    place = forbidding(hours=["22:00-06:00"], actions=["live"])
    noon = MONDAY + 12 * HOUR + 17
    assert place.until(asked(now=noon)) == MONDAY + 22 * HOUR
    assert place.until(asked(now=noon, action="snapshot")) is None
    assert forbidding(purposes=["theft"]).until(asked(now=noon)) is None
    assert place.forbids(asked(now=MONDAY + 22 * HOUR)) is not None


def test_a_second_person() -> None:
    place = parse({"approve": [{"why": "two", "actions": ["live"]}]})
    assert place.wants_two(asked()) is not None
    assert place.wants_two(asked(action="snapshot")) is None
    assert place.forbids(asked()) is None


def test_a_view_of_one_person_ends_when_it_takes_two() -> None:
    place = parse({"approve": [{"why": "night", "hours": ["22:00-06:00"], "actions": ["live"]}]})
    noon = MONDAY + 12 * HOUR
    assert place.until(asked(now=noon)) == MONDAY + 22 * HOUR
    assert place.until(asked(now=noon), approved=True) is None
    assert place.until(asked(now=noon, action="snapshot")) is None
    assert place.wants_two(asked(now=MONDAY + 22 * HOUR)) is not None


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"allow": []}, "allow is not known"),
        ({"forbid": [{"why": "x", "action": ["live"]}]}, "forbid[1].action is not known"),
        ({"forbid": [{"actions": ["live"]}]}, "forbid[1].why"),
        ({"forbid": [{"why": "two words"}]}, "forbid[1].why"),
        ({"forbid": [{"why": "x", "actions": ["zoom"]}]}, "forbid[1].actions"),
        ({"forbid": [{"why": "x", "actions": []}]}, "forbid[1].actions"),
        ({"approve": [{"why": "x", "actions": ["search"]}]}, "approve[1].actions may not hold"),
        ({"forbid": [{"why": "x", "actions": "live"}]}, "forbid[1].actions"),
        ({"forbid": [{"why": "x", "purposes": ["protest"]}]}, "forbid[1].purposes"),
        ({"forbid": [{"why": "x", "sources": ["bord"]}]}, "forbid[1].sources"),
        ({"forbid": [{"why": "x", "labels": [""]}]}, "forbid[1].labels"),
        ({"forbid": [{"why": "x", "hours": ["22-6"]}]}, "forbid[1].hours"),
        ({"forbid": [{"why": "x", "hours": ["06:00-06:00"]}]}, "forbid[1].hours"),
        ({"forbid": [{"why": "x", "hours": ["00:00-24:00"]}]}, "forbid[1].hours"),
        ({"forbid": [{"why": "x", "hours": ["20:00-24:30"]}]}, "forbid[1].hours"),
        ({"forbid": {"why": "x"}}, "write [[forbid]]"),
        ({"forbid": [{"why": "x"}] * 257}, "more than 256"),
        ({"tz": "Europe/Berlin"}, "tz must be"),
        ({"tz": 1}, "tz must be"),
    ],
)
def test_what_is_not_understood_is_an_error(document: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        parse(document)


def test_a_profile_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    (tmp_path / config.FILE_NAME).write_text('[profile]\nfile = "county.toml"\n')
    with pytest.raises(ConfigError, match=r"county\.toml does not exist"):
        config.load(tmp_path)
    (tmp_path / "county.toml").write_text('[[forbid]]\nwhy = "x"\nalow = true\n')
    with pytest.raises(ConfigError, match=r"county\.toml: forbid\[1\]\.alow is not known"):
        config.load(tmp_path)
    (tmp_path / "county.toml").write_text('[[forbid]]\nwhy = "law"\n')
    assert config.load(tmp_path).rules.forbids(asked()) is not None
    (tmp_path / config.FILE_NAME).write_text('[profile]\nfile = "../county.toml"\n')
    with pytest.raises(ConfigError, match=r"profile\.file must be"):
        config.load(tmp_path)


RULES = st.fixed_dictionaries(
    {"why": st.just("law")},
    optional={
        "actions": st.lists(st.sampled_from(sorted(profile.ACTIONS)), min_size=1, max_size=2),
        "labels": st.lists(st.sampled_from(["*", "p*", "*door*", "yard"]), min_size=1, max_size=2),
        "purposes": st.lists(st.sampled_from(["fire", "theft"]), min_size=1, max_size=2),
        "hours": st.lists(st.sampled_from(["22:00-06:00", "09:00-12:30"]), min_size=1, max_size=2),
    },
)
ASKED = st.builds(
    Asked,
    action=st.sampled_from(sorted(profile.ACTIONS)),
    label=st.sampled_from(["porch", "front door", "yard"]),
    source=st.just("board"),
    purpose=st.sampled_from(["fire", "theft", "medical"]),
    now=st.integers(MONDAY, MONDAY + 7 * 24 * HOUR),
)


@settings(max_examples=60)
@given(st.lists(RULES, max_size=3), RULES, ASKED)
def test_one_more_rule_never_allows_more(
    some: list[dict[str, Any]], more: dict[str, Any], wanted: Asked
) -> None:
    before, after = parse({"forbid": some}), parse({"forbid": [*some, more]})
    if before.forbids(wanted):
        assert after.forbids(wanted)
    else:
        sooner, later = after.until(wanted), before.until(wanted)
        assert later is None or sooner is None or sooner <= later
        until = before.until(wanted)
        if until is not None:  # up to there nothing is forbidden that was not before
            last = Asked(wanted.action, wanted.label, wanted.source, wanted.purpose, until - 1)
            assert before.forbids(last) is None
