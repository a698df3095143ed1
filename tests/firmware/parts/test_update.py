"""Updates, from the offer to the slot: what is taken, what is refused; power cuts at any write."""

from hashlib import sha256

from accord import b64, envelope, wire
from agent.config import Fields
from agent.release import APPROVAL_S, APPROVAL_TYP, MAX_BYTES, RELEASE_TYP
from agent.slots import FAILED_STARTS, MOST_BEGUN, Slots
from agent.staging import MARGIN_BYTES, PIECE_BYTES, Staging
from agent.trust import Trust
from agent.update import APPROVAL, CANCEL, CHUNK, GO, HEARD, OFFER, Updates
from tests.accord.portable import STRIDE
from tests.firmware.parts.fakes import (
    CAMERA,
    NOW,
    RESIDENT,
    MemoryFlash,
    PowerCut,
    Time,
    finish,
    raises,
    trusting,
)

MAKER = b64.encode(b"m" * 32)
PIECE = PIECE_BYTES
PROGRAM = {
    "agent/__init__.py": b"",
    "agent/gate.py": b"gate = 1\n" * 1000,  # more than two pieces
    "agent/program.py": b"def main(slots):\n    pass\n",
    "lib/accord/wire.py": b"wire = 2\n" * 12,
}
OLD = {"agent/program.py": b"old", "lib/accord/wire.py": b"older"}


def never(_key, _message, _signature):
    return False


def signed(claims, by, typ):
    return envelope.assemble(envelope.signing_input(claims, by, typ), bytes(64))


class Made:
    """A release of these files; `lines` and `claims` change what it says of them."""

    def __init__(self, content=None, version=2, lines=None, **claims):
        self.files = PROGRAM if content is None else content
        paths = sorted(self.files)
        if lines is None:
            lines = [self.line(path) for path in paths]
        self.list = "".join([line + "\n" for line in lines]).encode()
        said = {
            "iss": MAKER,
            "v": 1,
            "version": version,
            "name": "0.2.0",
            "files": len(lines),
            "bytes": sum([len(content) for content in self.files.values()]),
            "list": b64.encode(sha256(self.list).digest()),
            "list_bytes": len(self.list),
        }
        said.update(claims)
        self.token = signed(said, MAKER, RELEASE_TYP)
        self.digest = sha256(self.token).digest()
        self.sent = [self.list] + [self.files.get(line.split(" ")[0], b"") for line in lines]

    def line(self, path):
        content = self.files[path]
        return f"{path} {len(content)} {b64.encode(sha256(content).digest())}"

    def approval(self, **claims):
        said = {
            "iss": RESIDENT,
            "sub": CAMERA,
            "release": b64.encode(self.digest),
            "iat": NOW - 5,
            "exp": NOW + 600,
        }
        said.update(claims)
        return signed(said, RESIDENT, APPROVAL_TYP)


class Board:
    """One start of a board: its updates, over a flash that outlives it."""

    def __init__(self, flash, policy="ask", running=1, cause="reset"):
        self.slots = Slots(flash)
        self.slots.begin(cause)
        self.flash = flash
        self.now = NOW
        self.sharing = False
        self.trust = None
        if policy is not None:
            key = {"updates": policy, "x": b64.encode(b"x" * 32), "y": b64.encode(b"y" * 32)}
            self.trust = Trust(Fields("release.json", key), (RESIDENT, None), CAMERA)
            self.trust.release_keys = {MAKER: (1, 2)}
            self.trust.check_release = self.trust.check_resident = trusting
        self.log = []
        self.updates = Updates(
            self.slots,
            Staging(flash, self.slots),
            self.trust,
            running=running,
            now=lambda: self.now,
            log=lambda room, text: self.log.append(text),
        )
        self.updates.sharing = lambda: self.sharing

    def say(self, kind, body=b"", index=0, offset=0):
        answer = self.updates.handle(wire.Update(kind, index, offset, body))
        self.handle = answer.handle
        return answer.reason.decode()

    def offer(self, made):
        word = self.say(OFFER, made.token)
        return self.say(APPROVAL, made.approval()) if word == "update-approve" else word

    def send(self, made, word):
        """Answer what the board wants until it wants no more; its last word."""
        while word.startswith("update-at"):
            index, offset = [int(number) for number in word.split(" ")[1:3]]
            word = self.say(CHUNK, made.sent[index][offset : offset + PIECE], index, offset)
        return word

    def take(self, made):
        word = self.send(made, self.offer(made))
        return self.say(GO) if word == "update-ready" else word


def stored(flash, slot):
    """What a slot holds, by path."""
    start = slot + "/" if slot else ""
    found = {}
    for name, content in flash.files.items():
        path = name[len(start) :]
        if name.startswith(start) and path.startswith(("agent/", "lib/")):
            found[path] = content
    return found


def test_a_good_update_is_taken_and_tried():
    flash = MemoryFlash(OLD)
    board, made = Board(flash), Made()
    assert board.say(OFFER, made.token) == "update-approve"
    assert board.handle == made.digest[:16]
    assert board.say(APPROVAL, made.approval()) == "update-at 0 0"
    assert board.send(made, "update-at 0 0") == "update-ready"
    assert board.say(GO) == "update-restarting"
    assert (stored(flash, "a"), stored(flash, "")) == (PROGRAM, OLD)
    started = Board(flash)
    assert (started.slots.slot, started.slots.trial) == ("a", True)
    assert started.updates.news() == []
    started.slots.confirm()
    [news] = started.updates.news()
    assert (news.handle, news.reason) == (made.digest[:16], b"update-running")
    assert started.updates.handle(wire.Update(HEARD, 0, 0, bytes(16))) is None
    assert started.updates.news() != []
    started.updates.handle(wire.Update(HEARD, 0, 0, news.handle))
    assert started.updates.news() == []


def test_the_next_one_goes_to_the_other_slot_and_back():
    flash = MemoryFlash(OLD)
    for version, slot in ((2, "a"), (3, "b"), (4, "a")):
        board, made = Board(flash, running=version - 1), Made(version=version)
        made.files = dict(PROGRAM)
        board.now = NOW + version
        word = board.say(OFFER, made.token)
        word = board.say(APPROVAL, made.approval(iat=NOW + version))
        assert board.send(made, word) == "update-ready"
        board.say(GO)
        started = Board(flash)
        assert started.slots.slot == slot
        started.slots.confirm()
    assert Board(flash).slots.highest == 4


def test_it_restarts_once_its_last_word_has_left():
    board, made, time = Board(MemoryFlash(OLD)), Made(), Time()
    board.take(made)
    left = [False, False, True]
    finish(board.updates.run(time.pause, lambda: left.pop(0)))
    assert left == []
    stuck = Board(MemoryFlash(OLD))
    stuck.take(made)
    finish(stuck.updates.run(time.pause, lambda: False))


def test_policies():
    made = Made()
    for policy in (None, "never"):
        assert Board(MemoryFlash(), policy).say(OFFER, made.token) == "update-refused policy"
    assert Board(MemoryFlash(), "ask").say(OFFER, made.token) == "update-approve"
    board = Board(MemoryFlash(), "ask")
    board.say(OFFER, made.token)
    assert board.say(CHUNK, made.list) == "update-refused no-offer"
    assert Board(MemoryFlash(), "auto").say(OFFER, made.token) == "update-at 0 0"


def test_nobody_elses_signature():
    made = Made()
    board = Board(MemoryFlash())
    board.trust.check_release = never
    assert board.say(OFFER, made.token) == "update-refused bad-signature"
    board = Board(MemoryFlash())
    board.trust.release_keys = {RESIDENT: (1, 2)}
    assert board.say(OFFER, made.token) == "update-refused unknown-key"
    board = Board(MemoryFlash())
    board.trust.check_resident = never
    assert board.offer(made) == "update-refused bad-signature"
    assert board.say(APPROVAL, made.approval()) == "update-refused no-offer"
    assert stored(board.flash, "a") == {}


def test_the_approval_has_to_be_of_this_release_for_this_camera_now():
    made, other = Made(), Made(version=3)
    for changes, why in (
        ({"sub": RESIDENT}, "wrong-camera"),
        ({"release": b64.encode(other.digest)}, "other-release"),
        ({"iat": NOW - 700, "exp": NOW}, "expired"),
        ({"iat": NOW + 61}, "not-yet-valid"),
        ({"iat": NOW - 1, "exp": NOW + APPROVAL_S}, "too-long"),
        ({"exp": "soon"}, "bad-value"),
        ({"all": True}, "unknown-claim"),
    ):
        board = Board(MemoryFlash())
        assert board.say(OFFER, made.token) == "update-approve"
        assert board.say(APPROVAL, made.approval(**changes)) == "update-refused " + why
        assert board.flash.files == {}
    board = Board(MemoryFlash())
    board.now = None
    assert board.offer(made) == "update-refused no-clock"
    assert board.say(OFFER, made.approval()) == "update-refused wrong-header"


def test_an_approval_is_used_once():
    flash = MemoryFlash(OLD)
    made = Made()
    assert Board(flash).take(made) == "update-restarting"
    Board(flash)
    board = Board(flash, cause="watchdog")
    assert board.slots.news[1] == "update-undone hung"
    assert board.offer(made) == "update-refused used"
    assert board.say(OFFER, made.token) == "update-approve"
    assert board.say(APPROVAL, made.approval(iat=NOW - 4)) == "update-at 0 0"


def test_a_release_that_was_given_up_is_not_taken_again_by_itself():
    flash = MemoryFlash(OLD)
    made = Made()
    assert Board(flash, "auto").take(made) == "update-restarting"
    Board(flash)
    board = Board(flash, "auto", cause="watchdog")
    assert board.say(OFFER, made.token) == "update-approve"
    assert Board(flash, "auto").say(OFFER, Made(version=3).token) == "update-at 0 0"


def test_never_back():
    flash = MemoryFlash(OLD)
    board = Board(flash, running=5)
    assert board.say(OFFER, Made(version=5).token) == "update-refused not-newer"
    assert board.say(OFFER, Made(version=4).token) == "update-refused older"
    made = Made(version=6)
    board.take(made)
    Board(flash).slots.confirm()
    for _ in range(FAILED_STARTS):
        Board(flash).slots.give_up("ImportError")
    board = Board(flash, running=1)  # the cable's program again
    assert board.slots.slot == ""
    assert board.say(OFFER, Made(version=5).token) == "update-refused not-newer"
    assert board.say(OFFER, Made(version=6, name="again").token) == "update-approve"


def test_not_while_another_is_on_trial_or_somebody_works_on_it_or_nobody_knows():
    flash, made = MemoryFlash(OLD), Made(version=3)
    Board(flash).take(Made())
    assert Board(flash).say(OFFER, made.token) == "update-refused not-now"
    working = MemoryFlash({"maintenance": b""})
    assert Board(working).say(OFFER, made.token) == "update-refused not-now"
    damaged = MemoryFlash({"slot.json": b"?", "slot.bak": b"?"})
    assert Board(damaged).say(OFFER, made.token) == "update-refused not-now"


def test_files_that_are_not_what_the_release_says():
    for changed, why in (
        (b"gate = 2\n" * 1000, "wrong-hash"),
        (b"gate = 1\n" * 1001, "wrong-size"),
    ):
        board, made = Board(MemoryFlash(OLD)), Made()
        made.sent[2] = changed
        assert board.send(made, board.offer(made)) == "update-refused " + why
        assert board.say(GO) == "update-refused not-ready"
        assert not Board(board.flash).slots.trial


def test_a_truncated_file_never_becomes_ready():
    board, made = Board(MemoryFlash(OLD)), Made()
    made.sent[2] = made.sent[2][:-1]
    word = board.offer(made)
    while word.startswith("update-at"):
        index, offset = [int(number) for number in word.split(" ")[1:3]]
        word = board.say(CHUNK, made.sent[index][offset : offset + PIECE], index, offset)
    assert word == "update-refused wrong-size"  # a byte is missing
    assert board.say(GO) == "update-refused not-ready"


def test_a_host_that_sends_nonsense_does_not_wear_out_the_flash():
    """Not with restarts between, not by one approval, and not where none is needed."""
    for policy, exhausted in (("ask", "update-refused too-often"), ("auto", "update-approve")):
        flash, made = MemoryFlash(OLD), Made()
        for _ in range(MOST_BEGUN):
            board = Board(flash, policy)
            assert board.offer(made) == "update-at 0 0"
            assert board.say(CHUNK, bytes(len(made.list))) == "update-refused wrong-hash"
        Board(flash, policy).say(OFFER, made.token)  # what was left of the last one goes
        changes, board = flash.changes, Board(flash, policy)
        word = board.offer(made) if policy == "ask" else board.say(OFFER, made.token)
        assert (word, flash.changes) == (exhausted, changes)
        assert board.say(OFFER, made.token) == "update-approve"
        assert board.say(APPROVAL, made.approval(iat=NOW - 4)) == "update-at 0 0"


def test_two_releases_do_not_take_turns():
    flash, board = MemoryFlash(OLD), None
    made = {2: Made(), 3: Made(version=3)}
    words = [Board(flash, "auto").say(OFFER, made[version].token) for version in (2, 3) * 20]
    assert words.count("update-at 0 0") <= 1 + MOST_BEGUN
    board = Board(flash)
    for version, iat in ((2, NOW - 5), (3, NOW - 4)):
        board.say(OFFER, made[version].token)
        assert board.say(APPROVAL, made[version].approval(iat=iat)) == "update-at 0 0"
    board.say(OFFER, made[2].token)
    assert board.say(APPROVAL, made[2].approval()) == "update-refused too-often"


def test_a_piece_is_as_large_as_it_can_be():
    """Each is a write of the flash: a byte at a time would be half a million of them."""
    board, made = Board(MemoryFlash(OLD)), Made()
    board.offer(made)
    assert board.say(CHUNK, made.list, 0, 0) == "update-at 2 0"
    changes = board.flash.changes
    assert board.say(CHUNK, made.sent[2][:1], 2, 0) == "update-refused wrong-size"
    assert board.flash.changes == changes
    board.offer(made)
    board.say(CHUNK, made.list, 0, 0)
    assert board.say(CHUNK, made.sent[2][: PIECE + 1], 2, 0) == "update-refused wrong-size"


def test_a_list_that_is_not_what_the_release_says():
    board, made = Board(MemoryFlash(OLD)), Made()
    board.offer(made)
    assert board.say(CHUNK, made.list.replace(b"gate", b"gain")) == "update-refused wrong-hash"


def test_no_path_leads_out():
    content = {"agent/x.py": b"x"}
    line = Made(content).line("agent/x.py")
    for path in (
        "../agent/x.py",
        "agent/../main.py",
        "/agent/x.py",
        "main.py",
        "agent//x.py",
        "agent/.x.py",
        "agent/x.txt",
        "board.key",
        "agent",
        "boards/x.py",
        "agent\\x.py",
        "agent/" + "x" * 60 + ".py",
        "lib/./x.py",
        "b/agent/x.py",
    ):
        board = Board(MemoryFlash(OLD))
        made = Made(content, lines=[line.replace("agent/x.py", path)])
        word = board.offer(made)
        assert board.say(CHUNK, made.list) == "update-refused bad-path", (path, word)
        assert stored(board.flash, "") == OLD


def test_lists_that_say_what_they_should_not():
    content = {"agent/x.py": b"x", "agent/y.py": b"y"}
    x, y = [Made(content).line(path) for path in sorted(content)]
    for lines, why in (
        ([x, x], "bad-list"),
        ([x, y + " more"], "bad-list"),
        ([x, y.replace(" 1 ", " -1 ")], "bad-list"),
        ([x, y.replace(" 1 ", " 1000000 ")], "bad-list"),
        ([x, y[:-1]], "bad-list"),
        ([x, ""], "bad-list"),
        ([x, y.replace(" 1 ", " 9 ")], "too-large"),
        ([x, y], "no-program"),
    ):
        board = Board(MemoryFlash(OLD))
        made = Made(content, lines=[x, y])
        made.list = "".join([line + "\n" for line in lines]).encode()
        digest = b64.encode(sha256(made.list).digest())
        made = Made(content, lines=[x, y], list=digest, list_bytes=len(made.list))
        board.offer(made)
        raw = "".join([line + "\n" for line in lines]).encode()
        assert board.say(CHUNK, raw) == "update-refused " + why, lines


def test_too_large_and_no_room():
    board = Board(MemoryFlash())
    too_large = Made(bytes=MAX_BYTES + 1)
    assert board.say(OFFER, too_large.token) == "update-refused bad-value"
    board.flash.room = MARGIN_BYTES
    assert board.say(OFFER, Made().token) == "update-refused no-room"
    many = Made(files=161)
    assert board.say(OFFER, many.token) == "update-refused bad-value"


def test_a_flash_that_fails_is_told_and_nothing_changes():
    flash = MemoryFlash(OLD)
    board, made = Board(flash), Made()
    word = board.offer(made)
    flash.error = 5
    assert board.say(CHUNK, made.list, 0, 0) == "update-refused flash"
    flash.error = 0
    word = board.send(made, board.offer(made))
    assert word == "update-ready"
    flash.error = 5
    assert board.say(GO) == "update-refused flash"
    flash.error = 0
    assert Board(flash).slots.slot == ""


def test_it_goes_on_where_it_was_and_ignores_what_it_did_not_want():
    board, made = Board(MemoryFlash(OLD)), Made()
    board.offer(made)
    board.say(CHUNK, made.list, 0, 0)
    where = f"update-at 2 {PIECE}"
    assert board.say(CHUNK, made.sent[2][:PIECE], 2, 0) == where
    assert board.say(CHUNK, made.sent[2][:PIECE], 2, 0) == where
    assert board.say(CHUNK, b"?" * 10, 3, 0) == where
    assert board.say(OFFER, made.token) == where  # over a new connection
    assert board.say(APPROVAL, made.approval()) == where
    assert board.send(made, where) == "update-ready"
    assert board.say(CHUNK, b"?", 1, 0) == "update-ready"
    assert board.say(OFFER, made.token) == "update-ready"


def test_cancelled_and_replaced():
    board, made = Board(MemoryFlash(OLD)), Made()
    board.offer(made)
    assert board.say(CANCEL) == "update-cancelled"
    assert board.say(CHUNK, made.list) == "update-refused no-offer"
    board.offer(made)
    assert board.say(OFFER, Made(version=3).token) == "update-approve"
    assert board.say(9) == "update-refused unknown-kind"
    board.take(Made(version=3))
    assert board.say(CANCEL) == "update-cancelled"
    assert board.say(OFFER, Made(version=3).token) == "update-ready"  # too late: it restarts


def test_sharing_is_said():
    board, made = Board(MemoryFlash(OLD)), Made()
    board.sharing = True
    assert board.offer(made) == "update-at 0 0 sharing"
    assert "taking it while sharing" in board.log
    assert board.send(made, "update-at 0 0 sharing") == "update-ready sharing"
    assert board.say(GO) == "update-restarting sharing"


def update(flash, first, second):
    """Two updates one after the other, both proven: every write there is."""
    for made in (first, second):
        board = Board(flash, "auto", running=made.version - 1)
        assert board.take(made) == "update-restarting"
        started = Board(flash)
        started.slots.confirm()
        started.slots.told()


def test_a_power_cut_at_any_write_leaves_the_old_program_or_the_new_one_whole():
    first, second = Made(), Made({"agent/program.py": b"newer" * 20}, version=3)
    first.version, second.version = 2, 3
    programs = {"": OLD, "a": first.files, "b": second.files}
    whole = MemoryFlash(OLD)
    update(whole, first, second)
    assert stored(whole, "b") == second.files
    assert whole.changes > 40
    seen = set()
    for number in range(whole.changes, 0, -min(STRIDE, 13)):
        for how in ("before", "half", "after"):
            flash = MemoryFlash(OLD)
            flash.cut_at = (number, how)
            raises(PowerCut, update, flash, first, second)
            flash.cut_at = (0, "")
            slots = Board(flash, cause="power").slots
            assert not slots.damaged
            assert stored(flash, slots.slot) == programs[slots.slot], (number, how)
            if slots.trial:
                slots = Board(flash, cause="watchdog").slots  # and if it fails, the one before
                assert stored(flash, slots.slot) == programs[slots.slot]
            seen.add(slots.slot)
    assert seen == {"", "a", "b"}
