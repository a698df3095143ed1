"""Asking: has the witnesses cosign what this host's logs have come to. Off every request's path.

A witness that does not answer is amber, never a reason to refuse a view: a log that nobody
cosigned can be checked by whoever kept an older head. One that knows another log is worse than
silent ("differs"): either of the two was shown something else.
"""

import asyncio
import logging
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from porchlight.audit import note
from porchlight.audit.checkpoint import Submission, decimal
from porchlight.audit.logs import Logs, Seen
from porchlight.audit.note import COSIGNATURE, Verifier
from porchlight.errors import ConfigError, StoreError

TIMEOUT_S: Final = 10.0  # between two pieces of an answer
PATIENCE_S: Final = 30.0  # for all of it
MAX_ANSWER_BYTES: Final = 16_384
SILENT: Final = "silent"
DIFFERS: Final = "differs"
_TRIES: Final = 2  # the second with the size that the witness said it knows
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Other:
    """A witness that is asked. `verify`: whom TLS trusts there."""

    url: str
    key: Verifier
    verify: ssl.SSLContext


def others(home: Path, chosen: Sequence[tuple[str, ...]]) -> list[Other]:
    """The witnesses of the settings; ConfigError if one of them cannot be."""
    return [_other(home, *words) for words in chosen]


class Asking:
    """Belongs to the event loop's thread."""

    def __init__(self, logs: Logs, witnesses: Sequence[Other], gap_s: float) -> None:
        self._logs = logs
        self._lanes = [_Lane(logs, other, gap_s) for other in witnesses]

    @property
    def names(self) -> list[str]:
        """Who is asked, in the order of the settings."""
        return [lane.name for lane in self._lanes]

    def grown(self, resident: str) -> None:
        """A resident's log has grown."""
        for lane in self._lanes:
            lane.grown(resident)

    def fault(self, resident: str, witness: str) -> str | None:
        """Why a witness did not cosign the last time: "silent", "differs"; None if it did."""
        for lane in self._lanes:
            if lane.name == witness:
                return lane.faults.get(resident)
        return None

    async def run(self) -> None:
        """Ask, for as long as the host runs."""
        if not self._lanes:
            return
        for resident in await self._logs.residents():
            self.grown(resident)
        async with asyncio.TaskGroup() as lanes:
            for lane in self._lanes:
                lanes.create_task(lane.run())


class _Lane:
    """One witness: asked of one log at a time, whatever becomes of the others. So there are never
    more questions on their way than there are witnesses."""

    def __init__(self, logs: Logs, other: Other, gap_s: float) -> None:
        self.name = other.key.name
        self.faults: dict[str, str] = {}  # by resident
        self._logs = logs
        self._other = other
        self._gap_s = gap_s
        self._grown: set[str] = set()
        self._wake = asyncio.Event()

    def grown(self, resident: str) -> None:
        """This log has more than the witness saw."""
        self._grown.add(resident)
        self._wake.set()

    async def run(self) -> None:
        """Ask, for as long as the host runs."""
        while True:
            await self._wake.wait()
            due, self._grown = self._grown, set()
            self._wake.clear()
            for resident in sorted(due):
                await self._note(resident)
            await asyncio.sleep(self._gap_s)

    async def _note(self, resident: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                fault = await self._ask(resident)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, StoreError, TimeoutError) as error:
            _log.warning("witness %s: %s", self.name, type(error).__name__)
            fault = SILENT
        if fault is None:
            self.faults.pop(resident, None)
        else:
            self.faults[resident] = fault
            self.grown(resident)  # and once more, after the gap

    async def _ask(self, resident: str) -> str | None:
        """What is wrong; None: cosigned, and kept."""
        _, seen = await self._logs.seen(resident)
        old = next((each.size for each in seen if each.witness == self.name), 0)
        async with httpx.AsyncClient(
            verify=self._other.verify, timeout=TIMEOUT_S, trust_env=False
        ) as client:
            for _ in range(_TRIES):
                sent = await self._logs.submission(resident, old)
                if sent is None:
                    return DIFFERS  # it knows more of this log than there is
                status, body = await _post(client, self._other.url, sent)
                if status == httpx.codes.OK:
                    await self._keep(resident, sent, body)
                    return None
                if status != httpx.codes.CONFLICT or decimal(body.strip()) == old:
                    break
                old = decimal(body.strip())
        _log.warning("witness %s answered %d", self.name, status)
        refused = httpx.codes.CONFLICT, httpx.codes.UNPROCESSABLE_ENTITY
        return DIFFERS if status in refused else SILENT

    async def _keep(self, resident: str, sent: Submission, body: str) -> None:
        """Keep the witness's own signature; ValueError if there is none that holds."""
        answered = note.parse(f"{sent.note}{body}")
        found, at = self._other.key.find(answered), self._other.key.cosigned_at(answered)
        if found is None or at is None:
            raise ValueError("no cosignature of the witness")
        size = int(sent.note.text.split("\n")[1])
        await self._logs.keep(resident, Seen(self.name, size, at, found.line[:-1]))


async def _post(client: httpx.AsyncClient, url: str, sent: Submission) -> tuple[int, str]:
    """The status and the body, as far as a witness's answer goes."""
    async with client.stream("POST", url, content=sent.body.encode()) as answer:
        body = b""
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise ValueError("an answer without end")
    return answer.status_code, body.decode()


def _other(home: Path, url: str, vkey: str, ca: str | None = None) -> Other:
    try:
        key = Verifier.from_vkey(vkey)
        if key.kind != COSIGNATURE:
            raise ValueError("that is the key of a log, not of a witness")
        verify = ssl.create_default_context(cafile=home / ca if ca else None)
    except (OSError, ValueError) as error:  # ssl's errors are OSErrors
        raise ConfigError(f"witness.ask: {url}: {error}") from None
    return Other(f"{url.rstrip('/')}/add-checkpoint", key, verify)
