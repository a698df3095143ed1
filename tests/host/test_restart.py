"""A host that is killed and started again: what it answered is on disk, what was open is closed."""

import json
import signal
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from tests.support.hosting import Hosted, Kit, ShiftedClock, hosted, spawned
from tests.support.signing import Signer


def open_view(host: Hosted, hub: Signer, kit: Kit) -> httpx.Response:
    wanted = {"cameras": [kit.id], "action": "live", "case": "F-1", "purpose": "fire"}
    return host.caller(hub).post("/views", wanted)


def test_after_kill_nothing_answered_is_lost(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with spawned(home) as host:
        sam, fire = host.resident(), host.hub()
        kits = [host.camera(sam, f"camera {number}") for number in range(3)]
        jtis = [host.grant(kit, fire) for kit in kits]
        assert host.caller(sam).post(f"/grants/{jtis[1]}/revoke").status_code == 200
        assert open_view(host, fire, kits[0]).status_code == 201
        before = host.entries(sam)
        host.kill()
    with spawned(home) as host:
        after = host.entries(sam)
        assert after[: len(before)] == before
        [closed] = after[len(before) :]
        assert (closed["type"], closed["reason"]) == ("view.close", "host-restarted")
        opened = next(entry for entry in before if entry["type"] == "view.open")
        for name in ("view", "camera", "hub", "hub_name", "jti", "purpose", "case"):
            assert closed[name] == opened[name], name
        states = {
            row["jti"]: row["state"] for row in host.caller(sam).get("/grants").json()["grants"]
        }
        assert [states[jti] for jti in jtis] == ["active", "revoked", "active"]
        assert open_view(host, fire, kits[0]).status_code == 201
        refused = open_view(host, fire, kits[1])
        assert (refused.status_code, refused.json()["reason"]) == (403, "revoked")
        assert host.stop() == 0
    with spawned(home) as host:
        closings = host.entries(sam, "view.close")
        assert [entry["reason"] for entry in closings] == ["host-restarted", "host-stopped"]


def test_replays_stay_replays_after_a_restart(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with hosted(home) as host:
        sam, fire = host.resident(), host.hub()
        kit = host.camera(sam)
        kit.seq = 5
        first = sam.grant(kit.id, fire.thumb, seq=kit.next_seq())
        jti = host.caller(sam).post("/grants", {"token": first}).json()["jti"]
        host.caller(sam).post(f"/grants/{jti}/revoke")
    with hosted(home) as host:
        caller = host.caller(sam)
        older = sam.grant(kit.id, fire.thumb, seq=6)
        assert caller.post("/grants", {"token": first}).json()["reason"] == "revoked"
        assert caller.post("/grants", {"token": older}).json()["reason"] == "seq-replayed"


def test_what_ran_out_meanwhile_is_entered_at_the_start(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with hosted(home) as host:
        sam, fire = host.resident(), host.hub()
        kit = host.camera(sam)
        jti = host.grant(kit, fire)
    for _ in range(2):  # once is enough, and twice is once
        with hosted(home, clock=ShiftedClock(4000)) as host:
            expired = host.call(lambda: host.parts.entries.since(sam.thumb, 0, 500))
            found = [row for row in host.wait(expired) if row["type"] == "grant.expired"]
            assert [row["jti"] for row in found] == [jti]


def test_what_ran_out_stays_out_when_the_clock_is_set_back(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with hosted(home) as host:
        fire, kit = host.hub(), host.camera(host.resident())
        jti = host.grant(kit, fire)
    with hosted(home, clock=ShiftedClock(4000)):
        pass
    with hosted(home) as host:
        assert open_view(host, fire, kit).json()["reason"] == "expired"
        assert host.caller(kit.owner).get(f"/grants/{jti}").json()["state"] == "expired"


def test_a_stored_grant_that_was_tampered_with_is_not_held(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with hosted(home) as host:
        sam, fire = host.resident(), host.hub()
        kit = host.camera(sam)
        host.grant(kit, fire)
        forged = Signer("x").grant(kit.id, fire.thumb, seq=1).encode()
        change = text("UPDATE consent_grant SET token = :token")
        host.store.run_now(lambda session: session.execute(change, {"token": forged}))
    with hosted(home) as host:
        assert open_view(host, fire, kit).json()["reason"] == "no-grant"


def test_run_json_says_where_the_host_is_while_it_is(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with spawned(home) as host:
        said = json.loads((home / "run.json").read_text())
        assert said == {"pid": host.process.pid, "https": host.ports.https, "http": host.ports.http}
        with httpx.Client(verify=host.tls(), trust_env=False) as http:
            assert http.get(f"{host.https}/healthz").status_code == 200
        host.process.send_signal(signal.SIGTERM)
        assert host.process.wait(20) == 0
        assert not (home / "run.json").exists()


def test_a_second_host_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with spawned(home) as host:
        with pytest.raises(AssertionError, match="being served already"), spawned(home):
            pass
        assert host.caller(host.resident()).get("/me").status_code == 200


def test_logs_hold_no_secrets(tmp_path: Path) -> None:
    with spawned(tmp_path / "home") as host:
        sam, fire = host.resident(), host.hub()
        kit = host.camera(sam)
        token = sam.grant(kit.id, fire.thumb, seq=1)
        host.caller(sam).post("/grants", {"token": token})
        opened = open_view(host, fire, kit).json()
        with httpx.Client(base_url=host.http, trust_env=False) as http:
            http.get(opened["urls"]["cameras"][kit.id]["snapshot"] + "x")
        host.stop()
        log = host.log.read_text()
    assert "entry" in log
    for line in log.splitlines():
        json.loads(line)
    for secret in (token, opened["ticket"], kit.key.hex(), "DPoP", "PRIVATE"):
        assert secret not in log
