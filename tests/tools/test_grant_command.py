"""grant, grants, revoke and log, typed against a real host; the board is not there."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from accord import b64, canon
from accord import grant as accord_grant
from porchkit import keys, leasing, mint


@pytest.fixture(autouse=True)
def _nothing_held(porchlight) -> None:
    """Every test begins without a grant that holds."""
    porchlight("revoke", "all")


def test_grant_says_what_was_granted(porchlight) -> None:
    done = porchlight("grant", "porch", "--to", "fire", "--tz", "UTC0", "--fps", "5")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("fire may use porch: live and snapshot\n")
    for words in ("emergency", "(2 h)", "5 frames/s", "porchlight revoke", "board is offline"):
        assert words in done.out


def test_grant_as_json_is_the_grant_the_host_holds(porchlight, running_host) -> None:
    done = porchlight(
        *("grant", "Front porch", "--to", "fire", "--to", "me", "--for", "30m", "--json"),
        *("--purposes", "fire,theft", "--actions", "live"),
    )
    found = done.json
    me = keys.thumb(running_host.resident.public_key())
    made = accord_grant.verify(
        found["token"].encode(), {me: running_host.resident.public_key()}, keys.check
    )
    assert made.aud == (keys.thumb(running_host.hub.public_key()), me)
    assert (made.purposes, made.actions) == (("fire", "theft", "own-use"), ("live",))
    assert made.exp - made.nbf == 1800
    assert made.nbf <= time.time()
    assert (found["board"], found["jti"]) == ("offline", made.jti)
    held = porchlight("grants", "--json").json["grants"]
    assert [row["jti"] for row in held] == [made.jti]


def test_each_grant_has_a_higher_number(porchlight) -> None:
    numbers = [porchlight("grant", "porch", "--to", "me", "--json").json["seq"] for _ in range(3)]
    assert numbers == sorted(set(numbers))


def test_grants_in_a_table(porchlight) -> None:
    assert porchlight("grants").out == "Nothing is allowed at present.\n"
    jti = porchlight("grant", "porch", "--to", "fire", "--to", "me", "--json").json["jti"]
    head, row = porchlight("grants").out.splitlines()
    assert head.split() == ["GRANT", "CAMERA", "TO", "MAY", "UNTIL", "STATE", "BOARD"]
    assert row.startswith(f"{jti}  Front porch  fire and you  live, snapshot")
    assert row.endswith("active  offline")
    assert jti in porchlight("grants", "--all").out


def test_a_grant_covers_what_its_masks_say(porchlight) -> None:
    masks = ("--mask", "0,0,350,1000", "--mask", "900, 900, 100, 100")
    said = porchlight("grant", "porch", "--to", "fire", *masks)
    assert (said.code, said.err) == (0, "")
    assert "  covered  0,0,350,1000 and 900,900,100,100 (x,y,w,h in thousandths)\n" in said.out
    assert "live, snapshot, mask 0,0,350,1000, mask 900,900,100,100  " in porchlight("grants").out
    (row,) = porchlight("grants", "--json").json["grants"]
    assert row["mask"] == [[0, 0, 350, 1000], [900, 900, 100, 100]]
    assert row["notify"] == "each"


def test_a_grant_may_be_told_weekly(porchlight) -> None:
    said = porchlight("grant", "porch", "--to", "fire", "--notify", "digest")
    assert (said.code, said.err) == (0, "")
    assert "  told     once a week, in the digest\n" in said.out
    assert "live, snapshot, told weekly  " in porchlight("grants").out
    (row,) = porchlight("grants", "--json").json["grants"]
    assert row["notify"] == "digest"
    assert porchlight("grant", "porch", "--to", "fire", "--notify", "never").code == 2


@pytest.mark.parametrize(
    ("mask", "hint"),
    [
        ("640x480", "write x,y,w,h in thousandths"),
        ("1,2,3", "write x,y,w,h in thousandths"),
        ("-1,0,10,10", "write x,y,w,h in thousandths"),
        ("0,0,0,10", "covers nothing"),
        ("900,0,101,10", "leaves the picture"),
        ("0,500,10,501", "leaves the picture"),
    ],
)
def test_masks_that_make_no_sense(porchlight, mask: str, hint: str) -> None:
    done = porchlight("grant", "porch", "--to", "fire", f"--mask={mask}")
    assert done.code == 2
    assert hint in done.err
    assert "Traceback" not in done.err
    many = [f"--mask={at},0,1,1" for at in range(17)]
    assert "at most 16 masks" in porchlight("grant", "porch", "--to", "fire", *many).err


def test_grants_that_need_a_lease_share_no_place(porchlight, running_host, tmp_path: Path) -> None:
    """Or what stops the one would stop the other. A number further along can mean the same place,
    and a grant may come from elsewhere."""
    porchlight("camera", "add", "loft")
    first = porchlight("grant", "loft", "--to", "fire", "--lease", "--json").json
    claims = _claims(first["token"])
    seq = claims["seq"] + 3
    there = claims["status"]["status_list"] | {"idx": leasing.grant_idx(seq + 1)}
    claims |= {"seq": seq, "jti": "A" * 22, "status": {"status_list": there}}
    (tmp_path / "second").write_bytes(mint.sign(claims, running_host.resident))
    assert porchlight("grant", "--send", str(tmp_path / "second")).code == 0
    third = _claims(porchlight("grant", "loft", "--to", "me", "--lease", "--json").json["token"])
    assert third["seq"] == seq + 1
    assert third["status"]["status_list"]["idx"] not in (0, there["idx"])


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = canon.loads(b64.decode(token.split(".")[1]))
    return claims


@pytest.mark.parametrize("target", ["porch", "Front porch", "fire", "all", "JTI"])
def test_revoke_by_any_name(porchlight, target: str) -> None:
    jti = porchlight("grant", "porch", "--to", "fire", "--json").json["jti"]
    done = porchlight("revoke", jti if target == "JTI" else target)
    assert done.code == 0
    assert f"revoked {jti} (Front porch)" in done.out
    assert "the board is offline" in done.out
    assert porchlight("grants").out == "Nothing is allowed at present.\n"


def test_revoke_as_json(porchlight) -> None:
    made = porchlight("grant", "porch", "--to", "fire", "--json").json
    (row,) = porchlight("revoke", "fire", "--json").json["revoked"]
    assert row["jti"] == made["jti"]
    assert row["camera"] == made["camera"]
    assert abs(row["revoked_at"] - time.time()) < 60


def test_revoke_only_what_was_named(porchlight) -> None:
    kept = porchlight("grant", "porch", "--to", "me", "--json").json["jti"]
    porchlight("grant", "porch", "--to", "fire")
    assert porchlight("revoke", "fire").code == 0
    assert [row["jti"] for row in porchlight("grants", "--json").json["grants"]] == [kept]


def test_revoke_what_is_not_there(porchlight) -> None:
    done = porchlight("revoke", "nobody")
    assert (done.code, done.out) == (1, "")
    assert "no grant, camera or hub 'nobody'" in done.err
    porchlight("grant", "porch", "--to", "fire")
    porchlight("revoke", "fire")
    assert "nothing left to revoke for 'fire'" in porchlight("revoke", "fire").err


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (["attic", "--to", "me"], 1, "Front porch"),
        (["porch", "--to", "nobody"], 2, "there are me, fire"),
        (["porch"], 2, "--to HUB"),
        (["--to", "me"], 2, "--to HUB"),
        (["porch", "--to", "me", "--for", "soon"], 2, "write 30m"),
        (["porch", "--to", "me", "--tz", "Mars/Base"], 2, "no time zone"),
        (["porch", "--to", "me", "--for", "2d"], 3, "--windows and --day-limit"),
        (["porch", "--to", "me", "--resident", "max"], 1, "there are sam"),
        (["porch", "--to", "A" * 43], 3, "unknown-hub"),
        (["B" * 42 + "A", "--to", "me"], 3, "wrong-camera"),
    ],
)
def test_grants_that_cannot_be(porchlight, words: list[str], code: int, hint: str) -> None:
    done = porchlight("grant", *words)
    assert (done.code, done.out) == (code, "")
    assert hint in done.err
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err


def test_a_grant_made_offline_is_handed_in_later(porchlight, tmp_path: Path) -> None:
    # A camera of its own: the other tests make several grants a second, and their numbers run
    # ahead of the clock, which is all that an offline grant has.
    porchlight("camera", "add", "shed")
    file = tmp_path / "shed.grant"
    made = porchlight("grant", "shed", "--to", "fire", "--offline", str(file), "--json").json
    assert made["board"] == "not sent"
    assert porchlight("grants").out == "Nothing is allowed at present.\n"
    done = porchlight("grant", "--send", str(file), "--json")
    assert done.json["jti"] == made["jti"]
    assert [row["jti"] for row in porchlight("grants", "--json").json["grants"]] == [made["jti"]]
    newer = porchlight("grant", "shed", "--to", "fire", "--json").json
    assert newer["seq"] > made["seq"]
    assert porchlight("revoke", "shed").code == 0


def test_an_older_grant_is_too_late(porchlight, tmp_path: Path) -> None:
    file = tmp_path / "porch.grant"
    porchlight("grant", "porch", "--to", "fire", "--offline", str(file))
    for _ in range(2):  # at least one of them has a higher number
        assert porchlight("grant", "porch", "--to", "me").code == 0
    done = porchlight("grant", "--send", str(file))
    assert done.code == 3
    assert "knows a newer grant already; make this one again (seq-replayed)" in done.err


@pytest.mark.parametrize("content", [None, b"", b"nonsense", b"\xff\xfe"])
def test_a_file_that_is_no_grant(porchlight, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "porch.grant"
    if content is not None:
        file.write_bytes(content)
    done = porchlight("grant", "--send", str(file))
    assert done.code in (1, 3)
    assert done.err.count("\n") == 1


def test_the_key_may_be_elsewhere(porchlight, running_host, tmp_path: Path) -> None:
    """A resident at another machine: no folder, only a key, the address and the CA."""
    done = porchlight(
        *("grants", "--host", running_host.base, "--ca", str(running_host.home.ca)),
        *("--key", str(running_host.home.path / "residents" / "sam.pem")),
        home=tmp_path / "none",
    )
    assert (done.code, done.err) == (0, "")


def test_log_in_words_and_as_json(porchlight) -> None:
    jti = porchlight("grant", "porch", "--to", "fire", "--json").json["jti"]
    porchlight("revoke", jti)
    text = porchlight("log").out
    assert "you allowed fire to use Front porch" in text
    assert "you took back a grant for Front porch" in text
    rows = [json.loads(line) for line in porchlight("log", "--json").out.splitlines()]
    assert [row["n"] for row in rows] == sorted(row["n"] for row in rows)
    kinds = [row["type"] for row in rows if row["jti"] == jti]
    assert kinds == ["grant.seen", "grant.revoked"]
    after = rows[-2]["n"]
    (last,) = porchlight("log", "--after", str(after), "--json").out.splitlines()
    assert json.loads(last)["n"] == rows[-1]["n"]


def test_log_follows(porchlight, running_host) -> None:
    command = [sys.executable, "-m", "porchkit.cli", "log", "--follow", "--json"]
    with subprocess.Popen(
        [*command, "--home", str(running_host.home.path)], stdout=subprocess.PIPE, text=True
    ) as follower:
        try:
            assert follower.stdout is not None
            first = json.loads(follower.stdout.readline())
            assert first["n"] >= 1
            jti = porchlight("grant", "porch", "--to", "fire", "--json").json["jti"]
            porchlight("revoke", jti)
            numbers = [first["n"]]
            for line in follower.stdout:
                row = json.loads(line)
                numbers.append(row["n"])
                if row["type"] == "grant.revoked" and row["jti"] == jti:
                    break
            assert numbers == sorted(set(numbers))
        finally:
            follower.terminate()
