"""Requests of hubs for footage, and what residents did with them."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Nothing yet."""
