"""The ES256 cases of the tests: our own vectors and Wycheproof's, with what is right for each."""

import json
from pathlib import Path
from typing import Any, NamedTuple

VECTORS = Path(__file__).resolve().parents[1] / "vectors" / "es256.json"
WYCHEPROOF = Path("data/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json")


class Es256Case(NamedTuple):
    """One signature; `line` is what tests/firmware/es256_run.py reads."""

    name: str
    line: str
    valid: bool


def own_cases() -> list[Es256Case]:
    """The cases of tests/vectors/es256.json, those of one key together."""
    vectors = json.loads(VECTORS.read_text("ascii"))
    rows = sorted(vectors["cases"], key=lambda row: row["key"])
    return [
        _case(
            row["comment"],
            vectors["keys"][row["key"]],
            {name: row[name] for name in ("msg", "digest") if name in row},
            row,
        )
        for row in rows
    ]


def wycheproof_cases(shared: Path) -> list[Es256Case]:
    """All of Wycheproof's P-256 set with SHA-256 and signatures as r and s (P1363)."""
    vectors = json.loads((shared / WYCHEPROOF).read_text("ascii"))
    return [
        _case(
            f"{test['tcId']}: {test['comment']}",
            {"x": group["publicKey"]["wx"], "y": group["publicKey"]["wy"]},
            {"msg": test["msg"]},
            {"sig": test["sig"], "valid": test["result"] == "valid"},
        )
        for group in vectors["testGroups"]
        for test in group["tests"]
    ]


def _case(name: str, key: dict[str, str], signed: dict[str, str], row: dict[str, Any]) -> Es256Case:
    line = json.dumps({"x": key["x"], "y": key["y"], **signed, "sig": row["sig"]})
    return Es256Case(name, line, row["valid"])
