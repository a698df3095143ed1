"""Figures of several rounds: medians and ratios of what was measured, or NaN. A load generator says
-1 where it saw nothing; no median, no ratio and no bar may take that for a figure."""

import math
from collections.abc import Iterable
from statistics import median
from typing import TypeGuard

NOT_MEASURED = math.nan


def known(value: float | None) -> TypeGuard[float]:
    """Whether anything was measured: a finite number, none below zero."""
    return value is not None and math.isfinite(value) and value >= 0


def middle(values: Iterable[float | None]) -> float:
    """The median; NaN unless every one was measured."""
    found = list(values)
    numbers = [value for value in found if known(value)]
    return float(median(numbers)) if numbers and len(numbers) == len(found) else NOT_MEASURED


def quotient(of: float | None, to: float | None) -> float:
    """`of` to `to`; NaN unless both were measured and the second is more than nothing."""
    return of / to if known(of) and known(to) and to else NOT_MEASURED
