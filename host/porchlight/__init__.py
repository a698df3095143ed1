"""Porchlight host: gathers boards, checks every grant again, shows what residents allow."""

from importlib import metadata

try:
    __version__ = metadata.version("porchlight-cam")
except metadata.PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0"
