"""What the board says runs on it."""

NAME = "0.1.0"
RELEASE = 1  # rises with every release; no update goes back behind it


def told(slot: str) -> str:
    """What the host is told, at most 32 bytes: name, release number, slot ("cable" for none)."""
    return "%s/%d/%s" % (NAME, RELEASE, slot or "cable")
