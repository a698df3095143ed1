"""What only a chip can show: its ROM, its flash, its reset line."""

from typing import Any

import pytest

pytestmark = [
    pytest.mark.chip,
    pytest.mark.usefixtures("embedded_services"),
    pytest.mark.parametrize("embedded_services", ["serial,esp"], indirect=True),
]


def test_the_reset_line_restarts_it(dut: Any) -> None:
    dut.serial.hard_reset()
    dut.expect(rb"rst:0x1 \(POWERON", timeout=10)
    dut.expect(rb"loader: |>>> ", timeout=30)


def test_it_is_a_family_that_has_a_camera_image(dut: Any) -> None:
    assert dut.serial.target in ("esp32", "esp32s3")
