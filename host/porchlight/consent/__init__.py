"""Grants: taken in, held, taken back; and the permits that checking one yields."""
