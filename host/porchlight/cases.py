"""Case numbers: what people write is kept as it is, and told apart as it is meant."""

import unicodedata
from typing import Final

WIDTH: Final = 64


def case_key(case: str) -> str:
    """What is left of a case number when spelling does not count: letters and digits, in capitals,
    at most WIDTH of them. Empty where there are none: all such cases are one."""
    plain = unicodedata.normalize("NFKC", case).upper()
    return "".join(char for char in plain if char.isalnum())[:WIDTH]
