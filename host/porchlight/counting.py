"""Count: a figure that only rises, for what happens to every frame."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector


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
