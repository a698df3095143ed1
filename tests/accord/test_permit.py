"""accord.permit: what a grant allows at a moment."""

from portable import raises, refused, vectors

from accord import grant, permit
from accord.errors import LocalError

V = vectors("grants.json")
NOW, HUB, OTHER = V["now"], V["people"]["hub"]["thumb"], V["people"]["other_hub"]["thumb"]
RESIDENT = V["people"]["resident"]["thumb"]


def granted(name):
    token = next(case["token"] for case in V["cases"] if case["name"] == name)
    return grant.verify(token.encode(), {RESIDENT: None}, lambda *_: True)


def ask(name, hub=HUB, action="live", now=NOW, **more):
    return permit.check(granted(name), hub=hub, action=action, now=now, **more)


def test_a_permit_holds_until_the_grant_expires():
    given = ask("plain")
    assert given.ends == NOW + 7200
    assert [given.holds(NOW + s) for s in (-1, 0, 7199, 7200)] == [False, True, True, False]


def test_times_are_half_open():
    refused("not-yet-valid", ask, "plain", now=NOW - 1)
    refused("expired", ask, "plain", now=NOW + 7200)
    ask("plain", now=NOW + 7199)


def test_hub_action_and_purpose_must_be_named():
    refused("wrong-audience", ask, "plain", hub=OTHER)
    refused("action-not-granted", ask, "plain", action="clips")
    refused("action-not-granted", ask, "no actions: registry only")
    refused("purpose-not-granted", ask, "plain", purpose="fire")
    assert ask("plain", purpose="theft").holds(NOW)


def test_a_bound_grant_serves_only_the_key_it_names():
    refused("wrong-audience", ask, "everything", hub=OTHER)


def test_a_demanded_lease_fails_closed():
    refused("no-lease", ask, "lease demanded")


def test_withdrawn_is_over_at_once():
    given = ask("plain")
    given.withdraw()
    assert not given.holds(NOW)
    taken_back = ask("plain")
    taken_back.grant.revoked = True
    assert not taken_back.holds(NOW)


def test_what_the_asker_cannot_honour_is_refused():
    refused("mask-not-supported", ask, "a mask", approved=True)
    refused("approval-missing", ask, "two must approve", masks=True)
    assert ask("a mask", masks=True).holds(NOW)
    assert ask("two must approve", approved=True).holds(NOW)


def test_what_speaks_against_the_grant_speaks_against_its_permits():
    given = ask("plain")
    given.grant.lapsed = lambda: "paused"
    assert not given.holds(NOW)
    refused("paused", permit.check, given.grant, hub=HUB, action="live", now=NOW)


def test_windows_of_the_local_week():
    # NOW is Thursday 2025-10-09 10:53:20 CEST; windows: Mon, Tue, Fri 04:00 to Sunday's end.
    refused("outside-window", ask, "windows")
    friday = NOW + 86400
    given = ask("windows", now=friday)
    monday = 1_760_306_400  # 2025-10-13 00:00 CEST
    assert given.ends == monday + 2 * 86400  # the windows of Monday and Tuesday adjoin
    assert ask("windows", now=monday - 1).ends == given.ends
    refused("outside-window", ask, "windows", now=monday + 2 * 86400)


def test_when_clocks_are_set_a_new_check_must_say():
    saturday = 1_761_400_800  # 2025-10-25 16:00 CEST
    change = 1_761_440_400  # 2025-10-26 03:00 CEST becomes 02:00 CET
    monday = 1_761_519_600  # 2025-10-27 00:00 CET
    assert ask("windows", now=saturday).ends == change
    assert ask("windows", now=change).ends == monday + 2 * 86400


def test_the_hour_that_comes_twice_is_in_the_window_once():
    change = 1_761_440_400  # Sunday; the window is 02:45 to 06:45
    assert ask("small hours", now=change - 1).ends == change
    refused("outside-window", ask, "small hours", now=change)
    refused("outside-window", ask, "small hours", now=change + 2699)
    assert ask("small hours", now=change + 2700).ends == change + 2700 + 4 * 3600


def test_a_permit_cannot_be_made_by_hand():
    raises(LocalError, permit.Permit, object(), granted("plain"), HUB, "live", NOW + 9)
