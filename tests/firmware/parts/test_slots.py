"""Which program runs: the boot record through good starts, bad ones, and power cuts."""

from accord import canon
from agent.cell import _close
from agent.slots import CRASHES, FAILED_STARTS, MOST_BEGUN, STARTS, TRIAL_MS, Guard, Slots
from agent.trial import SETTLED_MS, Trial
from agent.watchdog import TIMEOUT_MS
from tests.accord.portable import STRIDE
from tests.firmware.parts.fakes import MemoryFlash, PowerCut, Time, finish, raises

HANDLE = "aGFuZGxlLWhhbmRsZS0xNg"
HOW = ("before", "half", "after")


def started(flash, cause="reset"):
    slots = Slots(flash)
    slots.begin(cause)
    return slots


def tried(flash, version=2, approved=0):
    """An update was taken; the board has not started since."""
    slots = started(flash)
    slots.try_next(version, HANDLE, approved)
    return slots


def proven(flash, version=2):
    tried(flash, version)
    started(flash).confirm()


def test_without_a_record_the_cables_program_runs():
    slots = started(MemoryFlash())
    assert (slots.slot, slots.trial, slots.news, slots.target) == ("", False, None, "a")
    assert str(slots) == "the cable's program"


def test_a_trial_starts_counted_and_stays_once_it_is_proven():
    flash = MemoryFlash()
    tried(flash)
    slots = started(flash)
    assert (slots.slot, slots.trial, slots.target) == ("a", True, "b")
    slots.confirm()
    assert (slots.trial, slots.news, slots.highest) == (False, (HANDLE, "update-running"), 2)
    slots.told()
    for cause in ("reset", "watchdog", "power", "reset"):
        slots = started(flash, cause)
        slots.settle()
        assert (slots.slot, slots.trial, slots.news) == ("a", False, None)


def test_a_trial_that_hangs_or_resets_is_given_up_at_the_next_start():
    for cause, why in (("watchdog", "hung"), ("reset", "restarted")):
        flash = MemoryFlash()
        tried(flash)
        assert started(flash).trial
        slots = started(flash, cause)
        assert (slots.slot, slots.trial) == ("", False)
        assert slots.news == (HANDLE, "update-undone " + why)
        assert (slots.given_up, slots.highest) == (HANDLE, 0)


def test_a_trial_may_start_again_after_a_power_cut_but_not_for_ever():
    flash = MemoryFlash()
    tried(flash)
    for _ in range(STARTS):
        assert started(flash, "power").trial
    slots = started(flash, "power")
    assert (slots.slot, slots.news) == ("", (HANDLE, "update-undone power-cut"))


def test_what_fell_back_falls_to_the_slot_that_was_good():
    flash = MemoryFlash()
    proven(flash, 2)
    slots = tried(flash, 3)
    assert slots.target == "b"
    assert started(flash).slot == "b"
    slots = started(flash, "watchdog")
    assert (slots.slot, slots.target, slots.highest) == ("a", "b", 2)


def test_a_proven_program_that_no_longer_starts_gives_way_to_the_cables():
    flash = MemoryFlash()
    proven(flash)
    started(flash, "power").give_up("MemoryError")  # one may be a lack of memory
    for _ in range(FAILED_STARTS - 1):
        slots = started(flash)
        assert slots.slot == "a"
        slots.give_up("ImportError")
    slots = started(flash)
    assert (slots.slot, slots.news) == ("", (HANDLE, "update-undone ImportError"))
    slots.give_up("ImportError")  # there is nothing behind it
    assert started(flash).slot == ""
    assert slots.highest == 2  # and nothing older may come


def test_a_proven_program_that_crashes_again_and_again_gives_way_to_the_cables():
    for cause, why in (("reset", "restarted"), ("watchdog", "hung")):
        flash = MemoryFlash()
        proven(flash)
        for _ in range(CRASHES - 1):
            assert started(flash, cause).slot == "a"
            assert started(flash, "power").slot == "a"  # nobody's fault, and no proof of anything
        slots = started(flash, cause)
        assert (slots.slot, slots.news) == ("", (HANDLE, "update-undone " + why))
        assert (slots.given_up, slots.highest) == (HANDLE, 2)
        assert started(flash, cause).slot == ""


def test_crashes_are_forgotten_once_it_has_run_for_long():
    flash = MemoryFlash()
    proven(flash)
    for _ in range(3):
        for _ in range(CRASHES - 1):
            slots = started(flash, "watchdog")
            assert slots.slot == "a"
        flash.error = 28
        slots.settle()  # no fault of the program's: it goes on
        flash.error = 0
        slots.settle()
    changes = flash.changes
    slots.settle()
    assert flash.changes == changes  # it is called once a minute


def test_a_program_settles_itself_once_it_has_run_for_ten_minutes():
    class Until(Time):
        async def pause(self, ms):
            self.now += ms
            if self.now > self.end:
                raise PowerCut()

    for end, slot in ((SETTLED_MS - 1, ""), (SETTLED_MS + 60_000, "a")):
        flash, time = MemoryFlash(), Until()
        proven(flash)
        time.end = end
        trial = Trial(started(flash, "watchdog"), lambda: 0, time, None)
        raises(PowerCut, finish, trial.run())
        for _ in range(CRASHES - 2):
            assert started(flash, "watchdog").slot == "a"
        assert started(flash, "watchdog").slot == slot


def test_a_crash_that_cannot_be_counted_stops_nothing():
    flash = MemoryFlash()
    proven(flash)
    flash.error = 28
    for _ in range(CRASHES + 1):
        assert started(flash).slot == "a"


def test_a_record_of_odd_values_is_a_damaged_one():
    for odd in ({"starts": "x"}, {"highest": None}, {"slot": "c"}, {"trial": 1}, {"news": 5}):
        flash = MemoryFlash()
        proven(flash)
        record = canon.loads(b"{" + flash.files["slot.json"].split(b",", 1)[1])
        record.update(odd)
        flash.files["slot.json"] = _close(record, 99)
        slots = started(flash)
        assert (slots.slot, slots.trial, slots.damaged) == ("", False, True), odd
        assert (slots.news, slots.highest) == (None, 0)


def test_transfers_are_counted_for_each_approval_across_starts():
    flash = MemoryFlash()
    for _ in range(MOST_BEGUN):
        assert started(flash).count_begun(2, 500)
    assert not started(flash).count_begun(2, 500)
    assert started(flash).count_begun(2, 501)
    assert not started(flash).count_begun(2, 500)  # the older one counts no more
    flash.error = 28
    raises(OSError, started(flash).count_begun, 2, 502)


def test_two_releases_cannot_be_played_against_each_other():
    flash = MemoryFlash()
    begun = [started(flash).count_begun(version, 0) for version in (2, 3) * 20]
    assert begun.count(True) <= 1 + MOST_BEGUN
    proven(flash, 7)
    for _ in range(FAILED_STARTS):
        started(flash).give_up("ImportError")
    assert not started(flash).count_begun(6, 0)  # older than what was given up


def test_maintenance_runs_the_cables_program_and_counts_nothing():
    flash = MemoryFlash({"maintenance": b""})
    tried(flash)
    before = dict(flash.files)
    slots = started(flash)
    assert (slots.slot, slots.trial, flash.files == before) == ("", False, True)
    proven_flash = MemoryFlash()
    proven(proven_flash)
    proven_flash.files["maintenance"] = b""
    slots = started(proven_flash)
    assert (slots.slot, slots.target) == ("", "b")  # never over the one that is good


def test_a_start_that_cannot_be_counted_does_not_happen():
    flash = MemoryFlash()
    proven(flash, 2)
    tried(flash, 3)
    flash.error = 28
    for _ in range(5):
        slots = started(flash)
        assert (slots.slot, slots.trial) == ("a", False)
    flash.error = 0
    assert started(flash).trial


def test_a_trial_that_cannot_be_recorded_changes_nothing():
    flash = MemoryFlash()
    slots = started(flash)
    flash.error = 28
    raises(OSError, slots.try_next, 2, HANDLE, 0)
    flash.error = 0
    slots.told()
    assert not started(flash).trial


def test_a_damaged_record_runs_the_cables_program_and_is_told():
    flash = MemoryFlash()
    proven(flash)
    for name in list(flash.files):
        flash.files[name] = b"\x00" * 9
    slots = started(flash)
    assert (slots.slot, slots.damaged) == ("", True)
    slots.give_up("ended")  # writes nothing over it
    assert flash.files["slot.json"] == b"\x00" * 9


def test_the_newest_approval_is_remembered():
    flash = MemoryFlash()
    tried(flash, 2, approved=500)
    assert started(flash, "power").approved == 500
    started(flash, "reset").try_next(3, HANDLE, 0)
    assert started(flash).approved == 500


def test_the_guard_feeds_until_the_trials_time_is_over():
    class Wdt:
        fed = 0

        def feed(self):
            self.fed += 1

    wdt, time = Wdt(), Time()
    guard = Guard(wdt, time.ms)
    time.now = TRIAL_MS
    guard.feed()
    assert (wdt.fed, guard.over) == (1, False)
    time.now += 1
    guard.feed()
    assert (wdt.fed, guard.over) == (1, True)
    guard.proven = True
    guard.feed()
    assert (wdt.fed, guard.over) == (2, False)


def test_what_a_program_in_a_slot_may_rely_on():
    """The loader's code is as old as the last cable: what is taken away here is missing there."""
    public = (
        ("approved", "confirm", "count_begun", "damaged", "give_up", "given_up", "guard"),
        ("highest", "news", "pending", "settle", "slot", "target", "told", "trial", "try_next"),
    )
    slots = started(MemoryFlash())
    for name in public[0] + public[1]:
        assert hasattr(slots, name), name
    guard = Guard(None, Time().ms)
    for name in ("feed", "over"):
        assert hasattr(guard, name), name


def test_the_old_program_is_back_within_two_minutes():
    """A hang in the trial's last moment; the rest is for the chip to start and to join Wi-Fi."""
    assert TRIAL_MS + TIMEOUT_MS <= 105_000


def test_a_longest_word_still_fits_an_answer():
    flash = MemoryFlash()
    tried(flash)
    started(flash).give_up("AVeryLongNameOfAnExceptionIndeed")
    assert len(started(flash).news[1]) == 32


def life(flash):
    """An update that proves itself, a second that is given up, a third that hangs: every write
    there is. Yields after each step what may run at the next start, before and after it."""
    slots = started(flash)
    slots.count_begun(2, 100)
    slots.try_next(2, HANDLE, 100)
    slots = started(flash)
    slots.confirm()
    slots.told()
    slots = started(flash, "watchdog")
    slots.settle()
    slots.try_next(3, HANDLE, 200)
    slots = started(flash)
    slots.give_up("ValueError")
    slots = started(flash)
    slots.try_next(4, HANDLE, 300)
    started(flash)
    slots = started(flash, "watchdog")
    slots.told()
    for _ in range(CRASHES):
        started(flash)


def test_a_power_cut_at_any_write_leaves_a_record_and_never_a_third_start():
    whole = MemoryFlash()
    life(whole)
    assert whole.changes > 20
    for number in range(1, whole.changes + 1, 1 if STRIDE == 1 else 3):
        for how in HOW:
            flash = MemoryFlash()
            flash.cut_at = (number, how)
            raises(PowerCut, life, flash)
            flash.cut_at = (0, "")
            trials = 0
            for _ in range(STARTS + 2):
                slots = started(flash, "power")
                assert not slots.damaged
                trials += slots.trial
                assert slots.trial or slots.slot in ("", "a")
            assert trials <= STARTS
            assert not slots.trial
