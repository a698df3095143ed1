"""Porchlight host: gathers boards, checks every grant again, shows what residents allow."""

__version__: str  # looked up when somebody asks: no client of a host has to wait for that


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import metadata

    try:
        found = metadata.version("porchlight-cam")
    except metadata.PackageNotFoundError:  # run from a checkout that was never installed
        found = "0"
    globals()[name] = found
    return found
