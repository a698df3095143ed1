"""Freezes the agent into a firmware image: FROZEN_MANIFEST=<this file> in MicroPython's ESP32 port.

For a board that has its firmware already, package.json lists the same files for `mip`.
"""

include("$(PORT_DIR)/boards/manifest.py")
package("accord", base_path="lib")
package("agent")
module("main.py")
