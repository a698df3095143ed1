"""Webhooks: where the caller's own grant and view events are sent to."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from porchlight.api.deps import Caller, PartsDep
from porchlight.webhooks.rows import Hook

router = APIRouter(tags=["webhooks"])


class NewWebhook(BaseModel):
    """Where to send events to."""

    model_config = ConfigDict(extra="forbid", strict=True)
    url: str = Field(max_length=512, examples=["https://hooks.example.org/porchlight"])


class WebhookRow(BaseModel):
    """One webhook. Times are unix seconds."""

    id: str
    url: str
    added_at: int
    state: Literal["active", "failing", "stopped"]
    tries: int = Field(description="of the event whose turn it is")
    next_at: int | None = Field(description="when that is tried again")
    fault: str | None = Field(description="one word: why the last try failed")
    stopped_at: int | None = Field(description="when it was given up, three days after a failure")


class WebhookMade(WebhookRow):
    """A new webhook, with the secret that events are signed with. It is shown this once."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class WebhookList(BaseModel):
    """The caller's webhooks."""

    webhooks: list[WebhookRow]


@router.post("/webhooks", status_code=201)
async def add(body: NewWebhook, parts: PartsDep, by: Caller) -> WebhookMade:
    """Send the caller's grant and view events there, from now on, in order, at least once.

    Each is a POST of a CloudEvent (org.porchlight.grant.given, grant.revoked, grant.expired,
    panic.opened, view.opened, view.closed) with the headers of Standard Webhooks: webhook-id, the
    same at every try, webhook-timestamp and webhook-signature. Answer 2xx within ten seconds;
    410 ends it. Anything else is tried again for three days, and then no more.
    """
    hook, secret = await parts.webhooks.add(by, body.url)
    return WebhookMade(**_row(hook).model_dump(), secret=secret)


@router.get("/webhooks")
async def listing(parts: PartsDep, by: Caller) -> WebhookList:
    """The caller's own, and how they stand."""
    return WebhookList(webhooks=[_row(hook) for hook in parts.webhooks.of(by)])


@router.delete("/webhooks/{webhook_id}", status_code=204)
async def remove(
    webhook_id: Annotated[str, Path(min_length=1, max_length=64)], parts: PartsDep, by: Caller
) -> None:
    """Send nothing there any more."""
    await parts.webhooks.remove(by, webhook_id)


def _row(hook: Hook) -> WebhookRow:
    state: Literal["active", "failing", "stopped"] = "stopped"
    if hook.stopped_at is None:
        state = "failing" if hook.tries else "active"
    return WebhookRow(
        id=hook.id,
        url=hook.url,
        added_at=hook.added_at,
        state=state,
        tries=hook.tries,
        next_at=-(-hook.next_ms // 1000) if state == "failing" else None,
        fault=hook.fault,
        stopped_at=hook.stopped_at,
    )
