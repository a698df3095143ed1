"""Build hook: the wheel carries firmware/ and boards/ as data of porchkit.

An editable install carries no copy: porchkit then reads the checkout it lives in, so what a
developer edits is what a virtual board runs.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Listed one by one: linter settings that live in firmware/ are no business of a board.
FIRMWARE = ("main.py", "agent", "lib", "manifest.py", "package.json")


class WheelDataHook(BuildHookInterface[Any]):
    """Add the data under porchkit/_data; a listed file that is missing fails the build."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling; `version` is "standard" or "editable"."""
        if version == "editable":
            return
        data = {f"firmware/{name}": f"porchkit/_data/firmware/{name}" for name in FIRMWARE}
        data["boards"] = "porchkit/_data/boards"
        build_data["force_include"].update(data)
