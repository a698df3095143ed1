"""What the parts of the agent are handed in these tests: time, flash, grants. No runtime is named:
every file here runs on CPython and on MicroPython."""

from hashlib import sha256

from accord import b64, grant, wire
from accord.errors import AccordError

RESIDENT = b64.encode(b"r" * 32)
CAMERA = b64.encode(b"c" * 32)
HUB_RAW = b"h" * 32
HUB = b64.encode(HUB_RAW)
OTHER_HUB = b"o" * 32
NOW = 1_800_000_000  # Friday 2027-01-15 08:00:00 UTC
LIVE, SNAPSHOT, CLIPS, EXPORT, REGISTER = 1, 2, 3, 4, 5


class Time:
    """Elapsed milliseconds that pass only when told to, or while something waits."""

    def __init__(self):
        self.now = 0

    def ms(self):
        return self.now

    async def pause(self, ms):
        self.now += ms

    async def pause_until(self, ms):
        self.now = max(self.now, ms)


def finish(coroutine):
    """Run a coroutine that never has to wait for a loop; its value."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits for something")


def raises(kind, function, *args):
    """The error of `kind` that the call must raise."""
    try:
        function(*args)
    except kind as error:
        return error
    raise AssertionError("nothing was raised")


def reason_of(function, *args):
    """The reason word of the error that the call must raise."""
    try:
        function(*args)
    except AccordError as error:
        return error.reason
    raise AssertionError("nothing was raised")


def token(seq, resident=RESIDENT, detail=None, **more):
    """A grant's token, signed with zeros: these tests verify with `trusting`."""
    details = {"type": "urn:optin:camera:1", "actions": ["live"], "purposes": ["theft"]}
    details.update(detail or {})
    claims = {
        "iss": resident,
        "sub": CAMERA,
        "aud": [HUB],
        "jti": b64.encode(bytes([seq]) * 16),
        "iat": NOW - 60,
        "nbf": NOW - 60,
        "exp": NOW + 3600,
        "seq": seq,
        "authorization_details": [details],
    }
    claims.update(more)
    return grant.assemble(grant.signing_input(claims, resident), bytes(64))


def granted(seq, detail=None, **more):
    return grant.verify(token(seq, RESIDENT, detail, **more), {RESIDENT: None}, trusting)


def trusting(_key, _message, _signature):
    return True


def watch(*wants, fps=0):
    """A Watch message for (seq of the grant, action[, hub]) each."""
    packed = []
    for want in wants:
        hub = want[2] if len(want) > 2 else HUB_RAW
        packed.append((hub, bytes([want[0]]) * 16, want[1]))
    return wire.watch(fps, packed)


class PowerCut(BaseException):
    pass


class MemoryFlash:
    """Files in a dict. `cut_at` (n, how) cuts the power in the nth change: "before" it, "half"
    way (a torn file), or right "after" it. `error`: errno of every write, 0 while it works."""

    def __init__(self, files=None):
        self.files = dict(files or {})
        self.changes = 0
        self.cut_at = (0, "")
        self.error = 0
        self.room = 1_000_000

    def read(self, name):
        return self.files.get(name)

    def digest(self, name):
        return sha256(self.files[name]).digest()

    def free_bytes(self):
        return self.room - sum([len(content) for content in self.files.values()])

    def make_folders(self, name):
        pass

    def append(self, name, content):
        before = self.files[name]
        self._change(
            lambda: self._put(name, before + content),
            lambda: self._put(name, before + content[: len(content) // 2]),
        )

    def wipe(self, name):
        for found in sorted(self.files):
            if found == name or found.startswith(name + "/"):
                self._change(lambda gone=found: self.files.pop(gone), lambda: None)

    def write(self, name, content):
        self._change(lambda: self._put(name, content), lambda: self._put(name, content[:-9]))

    def rename(self, name, to):
        # littlefs renames in one commit: there is no half of it
        self._change(lambda: self._put(to, self.files.pop(name)), lambda: None)

    def _put(self, name, content):
        self.files[name] = bytes(content)

    def _change(self, whole, half):
        self.changes += 1
        if self.error:
            raise OSError(self.error)
        number, how = self.cut_at
        if number != self.changes:
            whole()
            return
        if how == "half":
            half()
        elif how == "after":
            whole()
        raise PowerCut()


class Thumbnailer:
    """Reads pictures of which one pixel tells all there is to see: see picture()."""

    def __init__(self):
        self.pixels = bytearray(2)
        self.cols, self.rows = 2, 1

    @staticmethod
    def picture(level, reason="", size=1000):
        """A "JPEG" of so many bytes: the score that it deserves, or why it cannot be read."""
        head = b"\xff\xd8" + level.to_bytes(2, "big") + reason.encode()
        return bytearray(head + bytes(size - len(head)))

    def read(self, jpeg):
        self.pixels[:] = jpeg[2:4]
        return bytes(jpeg[4:]).rstrip(b"\0").decode()


class Model:
    """Gives each picture the score that it deserves; learns from the first `learns`."""

    def __init__(self):
        self.learns = 3
        self.judged = self.resets = 0
        self.learning = True
        self.during = lambda: None  # what happens while it judges

    def reset(self):
        self.judged = 0
        self.resets += 1
        self.learning = True

    def judge(self, pixels, cols, rows):
        assert len(pixels) == cols * rows
        self.during()
        self.judged += 1
        self.learning = self.judged <= self.learns
        return int.from_bytes(pixels, "big")
