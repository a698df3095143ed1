"""Provisioning over a serial cable: from a flashed board to a camera that its host knows."""
