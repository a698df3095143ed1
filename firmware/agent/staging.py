"""Where an update's files are put: straight onto the flash, in the slot that does not run.

Takes the files in the order of the release's list, the list itself first, each from its beginning
to its end. A file counts once what is on the flash has its SHA-256. Nothing here makes a slot run.
"""

from accord.errors import Refused
from agent import release

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.flash import Flash
    from agent.release import File, Release
    from agent.slots import Slots

LIST = "list"  # where the list of files is kept, beside agent/ and lib/
MARGIN_BYTES = 65_536  # of the flash stays free
PIECE_BYTES = 4_096
_BLOCK_BYTES = 4_096  # what a file takes at least


class Staging:
    """`wanted`: (file, offset) of the bytes that come next; None when all are there."""

    def __init__(self, flash: "Flash", slots: "Slots") -> None:
        self._flash = flash
        self._slots = slots
        self._folder = ""
        self._release: Release | None = None
        self._files: list[File] = []
        self._index = self._offset = 0

    @property
    def free_to_use(self) -> bool:
        """Not while somebody works over USB."""
        return self._flash.read("maintenance") is None

    def check_room(self, size: int) -> None:
        """Refused unless `size` bytes and a margin fit beside all that is there, but for what an
        earlier update left in the slot to be overwritten: that is removed first."""
        self._flash.wipe(self._slots.target)
        blocks = release.MAX_FILES * _BLOCK_BYTES // 2  # a file's last block is half empty
        if self._flash.free_bytes() < size + blocks + MARGIN_BYTES:
            raise Refused("no-room")

    def begin(self, offered: "Release") -> None:
        """Expect the files of this release."""
        self._folder = self._slots.target + "/"
        self._release = offered
        self._files = [offered.list]
        self._index = self._offset = 0
        self._flash.wipe(self._slots.target)
        self._open()

    @property
    def wanted(self) -> "tuple[int, int] | None":
        return (self._index, self._offset) if self._index < len(self._files) else None

    def take(self, piece: bytes) -> None:
        """The bytes that were wanted: PIECE_BYTES, or the rest of the file, because each piece is a
        write of the flash. Refused if they are more or fewer, or the file is not what the release
        says; then this update is over."""
        file = self._files[self._index]
        if len(piece) != min(PIECE_BYTES, file.size - self._offset):
            raise Refused("wrong-size")
        self._flash.append(self._name(file), piece)
        self._offset += len(piece)
        if self._offset == file.size:
            self._close(file)

    def _open(self) -> None:
        """Make the next file, empty; those of no bytes are done at once."""
        while self._index < len(self._files):
            file = self._files[self._index]
            name = self._name(file)
            self._flash.make_folders(name)
            self._flash.write(name, b"")
            self._offset = 0
            if file.size:
                return
            self._verify(file)
            self._index += 1

    def _close(self, file: "File") -> None:
        self._verify(file)
        if self._index == 0 and self._release is not None:
            raw = self._flash.read(self._name(file)) or b""
            self._files += release.read_list(raw, self._release)
        self._index += 1
        self._open()

    def _verify(self, file: "File") -> None:
        if self._flash.digest(self._name(file)) != file.digest:
            raise Refused("wrong-hash")

    def _name(self, file: "File") -> str:
        return self._folder + (file.path or LIST)
