"""Everything the host raises on purpose.

PorchlightError
├── CommandError          a person at the command line can mend it; .exit_code
│   └── ConfigError       ... in the settings file
├── StoreError            the database could not keep what it was given
└── RequestError          an HTTP caller asked for what it cannot have; .reason .status
    ├── BadRequest        400  the request makes no sense
    ├── Unauthenticated   401  no proof of a registered key
    ├── Denied            403  consent, or the lack of it, says no
    ├── NotFound          404
    ├── Conflict          409
    ├── Gone              410
    ├── TooLarge          413
    ├── Invalid           422  not of the shape that is described
    ├── TooMany           429
    └── Unavailable       503

A reason is one short word: it goes to the caller, to the resident's log and to the metrics.
`accord.errors.Refused` joins the RequestErrors at the API as a 403 with its own reason.
"""

from http import HTTPStatus


class PorchlightError(Exception):
    """Base of all of them."""


class CommandError(PorchlightError):
    """One line for the person at the keyboard: what is wrong; what to do."""

    exit_code = 1


class ConfigError(CommandError):
    """The settings file is wrong; the message names the key."""


class StoreError(PorchlightError):
    """The database could not keep what it was given; nothing may go on as if it had."""


class RequestError(PorchlightError):
    """An answer other than success. `detail` is for people and holds no secret."""

    status = 500

    def __init__(
        self, reason: str, detail: str = "", *, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail
        self.headers = headers or {}

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase


class BadRequest(RequestError):
    """400: the request makes no sense."""

    status = 400


class Unauthenticated(RequestError):
    """401: the caller did not prove a registered key."""

    status = 401

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail, headers={"WWW-Authenticate": 'DPoP algs="ES256"'})


class Denied(RequestError):
    """403: consent, or the lack of it, says no."""

    status = 403


class NotFound(RequestError):
    """404: no such thing, or nothing this caller may know of."""

    status = 404


class Conflict(RequestError):
    """409: it exists already, or its state forbids this."""

    status = 409


class Gone(RequestError):
    """410: it existed and is over."""

    status = 410


class TooLarge(RequestError):
    """413: more bytes than the limit."""

    status = 413


class Invalid(RequestError):
    """422: not of the shape that is described."""

    status = 422


class TooMany(RequestError):
    """429: more requests than the limit."""

    status = 429


class Unavailable(RequestError):
    """503: this host cannot do it now; nothing was done."""

    status = 503
