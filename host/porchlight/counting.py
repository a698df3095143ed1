"""Count, a figure that only rises, and Spread, how large something was: for what happens to every
frame, or whenever the host wakes up."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class Count(Collector):
    """A prometheus Counter without its lock: counting is one addition to `value`, by the loop's
    thread only."""

    def __init__(self, name: str, text: str, registry: CollectorRegistry) -> None:
        self._name = name
        self._text = text
        self.value = 0
        registry.register(self)

    def collect(self) -> Iterable[CounterMetricFamily]:
        """The figure, at scrape."""
        return [CounterMetricFamily(self._name, self._text, value=self.value)]


class Spread(Collector):
    """A prometheus Histogram without its locks, for the loop's thread only. `tops`: the upper ends
    of its buckets, ascending, infinity left out."""

    def __init__(
        self, name: str, text: str, tops: Sequence[float], registry: CollectorRegistry
    ) -> None:
        self._name = name
        self._text = text
        self._tops = (*tops, float("inf"))
        self._counts = [0] * len(self._tops)
        self._sum = 0.0
        registry.register(self)

    def observe(self, amount: float) -> None:
        """It was so much this time."""
        self._counts[bisect_left(self._tops, amount)] += 1
        self._sum += amount

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """The figures, at scrape."""
        tops = map(floatToGoString, self._tops)
        buckets = list(zip(tops, accumulate(self._counts), strict=True))
        return [HistogramMetricFamily(self._name, self._text, buckets, self._sum)]
