"""How a receipt looks in an answer."""

from pydantic import BaseModel, Field


class Receipt(BaseModel):
    """That what you asked for is in a resident's log. Keep it: it can be checked without a host."""

    log: str = Field(description="the log's origin: the first line of its checkpoints")
    vkey: str = Field(
        description="the log's key (c2sp.org/signed-note): Ed25519, and its RFC 7638 thumb is the"
        " host's, the first half of `log`"
    )
    index: int = Field(description="the entry's place in that log, counted from 0")
    entry: str = Field(description="the entry's very bytes, over which the log's tree is made")
    proof: str = Field(description="c2sp.org/tlog-proof@v1, with the log's signed checkpoint")
    to: str = Field(description="the thumb of whom it was given to")
    signature: str = Field(
        description='by the log\'s key, base64url, over "porchlight-receipt/v1", `to`, `entry` and'
        " `proof`, with newlines between them"
    )
