"""agent.cell and agent.store: the power may go at any moment."""

import json

from accord import b64, canon, names
from agent.cell import Cell
from agent.errors import ConfigError, StoreError
from agent.store import SEALED, Store
from tests.firmware.parts.fakes import MemoryFlash, PowerCut, raises

SUFFIXES = (".json", ".bak", ".new")


def saved(times, flash=None):
    flash = flash or MemoryFlash()
    cell = Cell(flash, "x")
    cell.load()
    for value in range(times):
        cell.save({"value": value})
    return flash


def value_in(files):
    record = Cell(MemoryFlash(files), "x").load()
    return None if record is None else record["value"]


def test_nothing_stored_yet():
    assert Cell(MemoryFlash(), "x").load() is None


def test_what_is_saved_is_loaded():
    for times in (1, 2, 3):
        assert value_in(saved(times).files) == times - 1


def test_two_generations_lie_there():
    files = saved(5).files
    assert sorted(files) == ["x.bak", "x.json"]
    del files["x.json"]
    assert value_in(files) == 3


def test_a_power_cut_in_any_step_leaves_the_old_or_the_new():
    for before in range(4):
        cuts = 0
        for step in range(1, 9):
            for how in ("before", "half", "after"):
                flash = saved(before)
                cell = Cell(flash, "x")
                cell.load()
                flash.changes, flash.cut_at = 0, (step, how)
                try:
                    cell.save({"value": before})
                except PowerCut:
                    cuts += 1
                    old = before - 1 if before else None
                    assert value_in(flash.files) in (old, before), (before, step, how)
        assert cuts >= 6, cuts


def test_what_was_once_loaded_is_never_lost_again():
    """Two cuts, one start between them: a boot number must not come back."""
    for first in range(1, 4):
        for how in ("before", "half", "after"):
            for second in range(1, 6):
                for again in ("before", "half", "after"):
                    flash = saved(3)
                    interrupted(flash, first, how, 3)
                    seen = value_in_place(flash)
                    interrupted(flash, second, again, 4)
                    assert value_in_place(flash) in (seen, 4), (first, how, second, again)


def interrupted(flash, step, how, value):
    cell = Cell(flash, "x")
    cell.load()
    flash.changes, flash.cut_at = 0, (step, how)
    cut = False
    try:
        cell.save({"value": value})
    except PowerCut:
        cut = True
    flash.cut_at = (0, "")
    return cut


def value_in_place(flash):
    """As at a start of the board: loading may mend the files."""
    return Cell(flash, "x").load()["value"]


def test_any_damaged_byte_is_noticed():
    files = saved(2).files
    whole = files["x.json"]
    for at in range(len(whole)):
        files["x.json"] = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        assert value_in(files) == 0, at
    for at in range(len(whole)):
        files["x.json"] = whole[:at]
        assert value_in(files) == 0, at


def test_an_older_generation_in_place_of_a_damaged_one_is_told():
    files = saved(2).files
    for damage in (b"", b"{", files["x.json"][:-1]):
        cell = Cell(MemoryFlash({"x.json": damage, "x.bak": files["x.bak"]}), "x")
        assert (cell.load()["value"], cell.rolled_back) == (0, True)


def test_no_power_cut_is_taken_for_damage():
    for step in range(1, 9):
        for how in ("before", "half", "after"):
            flash = saved(2)
            interrupted(flash, step, how, 2)
            cell = Cell(flash, "x")
            assert cell.load()["value"] in (1, 2)
            assert not cell.rolled_back, (step, how)


def test_a_record_is_written_out_once():
    """It is slow, a character at a time: nobody else runs meanwhile."""
    cell = Cell(MemoryFlash(), "x")
    dumps, counted = canon.dumps, []

    def counting(value):
        counted.append(value)
        return dumps(value)

    canon.dumps = counting
    try:
        cell.save({"value": 1})
    finally:
        canon.dumps = dumps
    assert len([value for value in counted if type(value) is dict]) == 1


def test_both_damaged_is_one_clear_error():
    files = saved(2).files
    for name in files:
        files[name] = b"\xff" * 40
    error = raises(StoreError, Cell(MemoryFlash(files), "x").load)
    assert str(error) == "x: both copies are damaged; provision the board again"


def test_a_first_write_that_was_torn_is_as_if_it_never_was():
    assert value_in({"x.new": b"{"}) is None


def test_state_comes_back():
    flash = MemoryFlash()
    store = Store(flash)
    state = store.load()
    assert (state.boot, state.floor, state.grants, state.button) == (0, 0, [], False)
    state.boot, state.floor, state.iat_floor = 3, 17, 1_800_000_000
    state.grants, state.revoked, state.button = ["a.b.c"], ["x" * 22], True
    state.pressed_at = 1_800_000_001
    store.save()
    again = Store(flash).load()
    assert (again.boot, again.floor, again.iat_floor) == (3, 17, 1_800_000_000)
    assert (again.grants, again.revoked, again.button) == (["a.b.c"], ["x" * 22], True)
    assert again.pressed_at == 1_800_000_001


def test_damaged_state_takes_no_grant_and_writes_nothing():
    files = {"state.json": b"x", "state.bak": b"y"}
    flash = MemoryFlash(files)
    store = Store(flash)
    assert store.load().floor == SEALED
    assert store.damaged
    store.state.boot += 1
    store.save()
    assert flash.files == files


def test_a_state_that_fell_back_holds_no_grant_and_repeats_no_boot():
    """The damaged copy may have said that the grant is revoked; the older one says it is held."""
    flash = MemoryFlash()
    store = Store(flash)
    state = store.load()
    state.boot, state.floor, state.grants = 6, 5, ["a.b.c"]
    store.save()
    state.boot, state.grants, state.revoked = 7, [], ["x" * 22]
    store.save()
    flash.files["state.json"] = flash.files["state.json"][:-3]
    store = Store(flash)
    state = store.load()
    assert store.rolled_back
    assert (state.grants, state.floor) == ([], 5)
    assert state.boot + 1 > 7  # what the board will say next
    store.save()
    again = Store(flash)
    assert again.load().grants == []
    assert not again.rolled_back


# The key of RFC 7515, appendix A.3.
X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
Y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
THUMB = names.key_thumb(b64.decode(X), b64.decode(Y))
CONFIG = {"host": "192.0.2.7", "port": 8443, "wifi": {"ssid": "porch", "key": "secret"}}


def provisioned(**more):
    files = {
        "config.json": json.dumps(CONFIG).encode(),
        "board.json": json.dumps({"name": "ai_thinker", "camera": {"fb_count": 1}}).encode(),
        "resident.json": json.dumps({"thumb": THUMB, "x": X, "y": Y}).encode(),
        "board.key": bytes(range(32)),
        "ca.der": b"der",
    }
    for name, content in more.items():
        files[name.replace("_", ".")] = content
    return MemoryFlash(files)


def test_provisioning_is_read():
    store = Store(provisioned())
    assert (store.config().host, store.config().server_name) == ("192.0.2.7", "192.0.2.7")
    assert store.config().picture.fps == 5
    assert store.board().camera == {"fb_count": 1}
    assert store.board().light is None
    assert store.board_key() == bytes(range(32))
    assert store.ca_der() == b"der"


def test_what_counts_as_moving_is_read():
    plain = Store(provisioned()).config().motion
    assert (plain.sensitivity, plain.zones) == (50, None)
    assert (plain.pre_roll_ms, plain.post_roll_ms) == (2_000, 3_000)
    asked = {"sensitivity": 100, "zones": ["..", "##"], "pre_roll_s": 0, "post_roll_s": 30}
    found = Store(provisioned(config_json=configured(motion=asked))).config().motion
    assert (found.sensitivity, found.zones) == (100, ["..", "##"])
    assert (found.pre_roll_ms, found.post_roll_ms) == (0, 30_000)
    largest = configured(motion={"zones": ["." * 80] * 60})
    assert len(Store(provisioned(config_json=largest)).config().motion.zones) == 60
    none = configured(motion={"zones": None})
    assert Store(provisioned(config_json=none)).config().motion.zones is None


def test_mistakes_in_what_counts_as_moving_are_one_line():
    rows, alike = "zones must be 1 to 60 rows", "zones must be rows of one length, 1 to 80"
    letters = "zones must hold only . and #"
    cases = (
        ({"sensitivity": 0}, "sensitivity must be a number from 1 to 100"),
        ({"sensitivity": "50"}, "sensitivity must be a number from 1 to 100"),
        ({"sensitivity": True}, "sensitivity must be a number from 1 to 100"),
        ({"pre_roll_s": 6}, "pre_roll_s must be a number from 0 to 5"),
        ({"post_roll_s": -1}, "post_roll_s must be a number from 0 to 30"),
        ({"post_roll_s": 1.5}, "post_roll_s must be a number from 0 to 30"),
        ({"zones": "..\n##"}, rows),
        ({"zones": []}, rows),
        ({"zones": ["."] * 61}, rows),
        ({"zones": ["..", "."]}, alike),
        ({"zones": ["", ""]}, alike),
        ({"zones": ["." * 81]}, alike),
        ({"zones": ["..", 5]}, alike),
        ({"zones": [5]}, alike),
        ({"zones": [".x."]}, letters),
        ({"zones": ["..", ".o"]}, letters),
        ({"zones": [". #"]}, letters),
    )
    for motion, says in cases:
        store = Store(provisioned(config_json=configured(motion=motion)))
        assert str(raises(ConfigError, store.config)) == "config.json: motion: " + says
    whole = Store(provisioned(config_json=configured(motion=[])))
    assert str(raises(ConfigError, whole.config)) == "config.json: motion: not a JSON object"


def configured(**more):
    config = dict(CONFIG)
    config.update(more)
    return json.dumps(config).encode()


def test_the_table_of_the_residents_key_is_made_once_and_made_again_when_torn():
    flash = provisioned()
    assert Store(flash).resident()[0] == THUMB
    table = flash.files["resident.tab"]
    changes = flash.changes
    assert Store(flash).resident()[0] == THUMB
    assert flash.changes == changes
    flash.files["resident.tab"] = table[:-1]
    Store(flash).resident()
    assert flash.files["resident.tab"] == table


def test_mistakes_of_provisioning_are_named():
    cases = (
        ("config.json: missing", {"config_json": None}),
        ("config.json: not JSON", {"config_json": b"{"}),
        ("config.json: not JSON", {"config_json": b"\xff"}),
        ("config.json: not a JSON object", {"config_json": b"[]"}),
        ("config.json: host must be text", {"config_json": b"{}"}),
        ("config.json: port must be a number", {"config_json": b'{"host":"h","port":0}'}),
        ("config.json: frame: fps must be a number", {"config_json": with_frame("fps", 31)}),
        ("config.json: frame: mode must be one of", {"config_json": with_frame("mode", "x")}),
        ("board.key: must be 32 bytes", {"board_key": b"short"}),
        ("ca.der: missing", {"ca_der": b""}),
        ("resident.json: thumb does not", {"resident_json": resident(thumb=b64.encode(b"z" * 32))}),
        ("resident.json: ", {"resident_json": resident(x=Y)}),
        ("resident.json: ", {"resident_json": resident(x="!!")}),
        ("board.json: light: pin must be", {"board_json": b'{"name":"a","light":{"pin":99}}'}),
    )
    for says, files in cases:
        store = Store(provisioned(**files))
        error = raises(ConfigError, read_all, store)
        assert str(error).startswith(says), str(error)
        assert "secret" not in str(error)


def read_all(store):
    store.config()
    store.board()
    store.board_key()
    store.ca_der()
    store.resident()


def with_frame(name, value):
    config = dict(CONFIG)
    config["frame"] = {name: value}
    return json.dumps(config).encode()


def resident(**more):
    values = {"thumb": THUMB, "x": X, "y": Y}
    values.update(more)
    return json.dumps(values).encode()
