"""The OpenAPI document is asked for everything it allows, and more, by residents, hubs, strangers
and nobody: no fault of the host's, no answer that the document does not name.

Streams that never end are read up to their head. A larger run: PORCHLIGHT_ASKED=5000.

schemathesis is imported where it is used: all workers read this file, and one asks.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from schemathesis import APIOperation, Case

    from tests.support.furnished import Furnished

ASKED = int(os.environ.get("PORCHLIGHT_ASKED", "550"))  # in all
WHO = ("hub", "resident", "hub", "resident", "nobody", "stranger")


def checks() -> list[Callable[..., Any]]:
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    return [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    from tests.support.furnished import furnished

    with furnished(tmp_path_factory.mktemp("asked")) as made:
        yield made


class Asking:
    """Sends what schemathesis makes up, and holds the answers to the document."""

    def __init__(self, street: Furnished) -> None:
        import requests
        import schemathesis

        from tests.support.furnished import Signed

        self.street = street
        self.base = street.host.http
        self.http = requests.Session()
        self.http.trust_env = False
        self.schema = schemathesis.openapi.from_url(f"{self.base}/openapi.json")
        self.callers = {
            "nobody": None,
            "stranger": Signed(street.stranger),
            "resident": Signed(street.ann),
            "hub": Signed(street.fire),
        }
        self.checks = checks()
        self.seen: Counter[tuple[str, str, int]] = Counter()

    def ask(self, case: Case, who: str, chance: random.Random) -> None:
        from schemathesis.core.transport import Response

        from tests.support.furnished import ENDLESS

        for fields in (case.path_parameters, case.query, case.headers, case.body):
            self.street.put_in(fields, chance)
        sent = case.as_transport_kwargs(base_url=self.base)
        with self.http.request(
            **sent, auth=self.callers[who], stream=True, timeout=20, allow_redirects=False
        ) as answer:
            kind = answer.headers.get("content-type", "").partition(";")[0]
            content = b"" if kind in ENDLESS else answer.content
            self.seen[case.operation.label, who, answer.status_code] += 1
            case.validate_response(
                Response(
                    answer.status_code,
                    {name: [value] for name, value in answer.headers.items()},
                    content,
                    answer.request,
                    0.0,
                    verify=False,
                    encoding=answer.encoding,
                    stream_cut_short=kind in ENDLESS,
                ),
                checks=self.checks,
            )


@pytest.fixture(scope="module")
def asking(street: Furnished) -> Iterator[Asking]:
    made = Asking(street)
    yield made
    made.http.close()


def operations(asking: Asking) -> list[APIOperation]:
    """All of them; what takes something away comes last."""
    found = [found.ok() for found in asking.schema.get_all_operations()]
    return sorted(found, key=lambda operation: operation.method == "delete")


def test_every_answer_is_in_the_document(asking: Asking) -> None:
    every = operations(asking)
    for operation in every:
        asked(asking, operation, ASKED // len(every))
    done = {label for label, _, status in asking.seen if status < 300}
    assert len(done) > len(every) / 2, sorted(done)  # doors that are all shut show little


def asked(asking: Asking, operation: APIOperation, examples: int) -> None:
    """Ask for one operation so many times."""
    from schemathesis import GenerationMode

    cases = st.one_of(
        operation.as_strategy(generation_mode=mode)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    )

    @seed(1)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, who=st.sampled_from(WHO), chance=st.randoms())
    def holds(case: Case, who: str, chance: random.Random) -> None:
        asking.ask(case, who, chance)

    holds()
