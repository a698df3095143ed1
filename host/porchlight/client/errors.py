"""What a hub's program may have to deal with.

HubError
├── Unreachable     no host answers there, or the connection broke
│   └── WrongHost   somebody does, but not the host whose CA is pinned
├── BadAnswer       something answers, but not as a Porchlight host
├── Unproven        the host does not prove that a look is in its resident's log
├── Pending         a second operator has to approve first; .approval
└── Problem         the host says no (RFC 9457); .status .reason .detail
    ├── Refused     403, 410: consent, or the lack of it
    └── Wait        429, 503: later; .retry_after_s
"""

from typing import Final

import httpx

_REFUSALS: Final = (403, 410)
_LATER: Final = (429, 503)
_LONGEST_S: Final = 86_400.0


class HubError(Exception):
    """Base of all of them."""


class Unreachable(HubError):
    """No host answers there, or the connection broke."""


class WrongHost(Unreachable):
    """Its certificate is not from the expected CA."""


class BadAnswer(HubError):
    """Something answers, but not as a Porchlight host."""


class Unproven(HubError):
    """The host does not prove that a look is in its resident's log, so nothing is looked at."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the host does not prove that its resident's log has this: {why}")


class Pending(HubError):
    """A second operator has to approve first. Ask again with `approval` once they have."""

    def __init__(self, approval: str) -> None:
        super().__init__("another operator has to approve it first")
        self.approval = approval


class Problem(HubError):
    """The host says no. `reason` is one short word, the same in the resident's log."""

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(f"{detail or reason} ({reason})")
        self.status = status
        self.reason = reason
        self.detail = detail


class Refused(Problem):
    """Consent, or the lack of it, says no."""


class Wait(Problem):
    """Not now. `retry_after_s`: when it makes sense to ask again; 0 if the host did not say."""

    retry_after_s = 0.0


class NoCertificate(ValueError):
    """What was given as the host's CA is none."""


def problem(answer: httpx.Response) -> HubError:
    """The error in an answer that is none but that."""
    try:
        found = answer.json()
        reason, detail = str(found["reason"]), str(found.get("detail") or found.get("title") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        place = f"{answer.url.scheme}://{answer.url.netloc.decode()}"
        return BadAnswer(f"{place} answered {answer.status_code}; is it a Porchlight host?")
    if answer.status_code in _REFUSALS:
        return Refused(answer.status_code, reason, detail)
    if answer.status_code not in _LATER:
        return Problem(answer.status_code, reason, detail)
    wait = Wait(answer.status_code, reason, detail)
    seconds = answer.headers.get("Retry-After", "")
    wait.retry_after_s = min(float(seconds), _LONGEST_S) if seconds.isdecimal() else 0.0
    return wait
