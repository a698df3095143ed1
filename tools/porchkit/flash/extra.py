"""esptool and pyserial come with an extra; without it there is one clear line."""

from collections.abc import Iterator
from contextlib import contextmanager

from porchkit import paths
from porchkit.errors import CommandError

_PACKAGES = {"serial": "pyserial"}


@contextmanager
def needed() -> Iterator[None]:
    """Around an import of esptool or pyserial. CommandError where the extra is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        package = _PACKAGES.get(name, name)
        how = "make install" if paths.in_checkout() else "pip install 'porchlight-cam[flash]'"
        raise CommandError(f"this needs {package}; install it: {how}") from error
