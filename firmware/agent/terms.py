"""The tightest of what config, host, watch and grants allow: how often, how large, how fine.

Nobody but the resident can widen: each party only ever lowers.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from accord.grant import Grant
    from accord.wire import Settings
    from agent.config import Picture


SMALLEST = 96  # pixels either way: no sensor gives less


class Terms:
    """`fps`, `width`, `height`, `quality` as upper bounds; `mode` an index into wire.MODES."""

    def __init__(self, picture: "Picture") -> None:
        self.mode = picture.mode
        self.fps = picture.fps
        self.quality = picture.quality
        self.width = picture.width
        self.height = picture.height


def agree(
    picture: "Picture", settings: "Settings | None", watch_fps: int, grants: "list[Grant]"
) -> Terms:
    terms = Terms(picture)
    terms.fps = _least(terms.fps, watch_fps)
    if settings is not None:
        terms.mode = max(terms.mode, min(settings.mode, 1))  # 1, motion, shows less than 0, always
        terms.fps = _least(terms.fps, settings.fps)
        terms.quality = _least(terms.quality, settings.quality)
        terms.width = _least(terms.width, settings.width and max(SMALLEST, settings.width))
        terms.height = _least(terms.height, settings.height and max(SMALLEST, settings.height))
    for grant in grants:
        terms.fps = _least(terms.fps, grant.limits.get("fps", 0))
        terms.width = _least(terms.width, grant.limits.get("w", 0))
        terms.height = _least(terms.height, grant.limits.get("h", 0))
    return terms


def _least(most: int, asked: int) -> int:
    """The lower of both; 0 asks for nothing."""
    return min(most, asked) if asked > 0 else most
