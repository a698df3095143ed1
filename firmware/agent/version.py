"""What the board says runs on it."""

FIRMWARE = "porchlight 0.1.0"
