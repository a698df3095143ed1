"""Makes wire.json and tz.json: the bytes of every message, and zoneinfo's local times.

Run by hand; the output is committed. Messages are written here with struct, independently of
accord.wire, so that a change of layout there cannot go unnoticed.
"""

import json
import struct
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
TOKEN = b"eyJh.eyJi.c2ln"
MAC = bytes(range(32))
ZONES = {
    "Europe/Berlin": "CET-1CEST,M3.5.0,M10.5.0/3",
    "America/New_York": "EST5EDT,M3.2.0,M11.1.0",
    "Australia/Sydney": "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "Asia/Kathmandu": "<+0545>-5:45",
    "Australia/Lord_Howe": "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    "America/Santiago": "<-04>4<-03>,M9.1.6/24,M4.1.6/24",
    "Asia/Tokyo": "JST-9",
}


def message(kind: int, payload: bytes, counter: int) -> str:
    head = struct.pack(">BBBBII", 0x50, 1, kind, 0, len(payload), counter)
    return (head + payload + (MAC if counter else b"")).hex()


def messages() -> list[dict[str, object]]:
    cam, nonce, proof, handle = b"c" * 32, b"n" * 16, b"p" * 32, b"h" * 16
    frame = struct.pack(">IIQBBH", 7, 42, 1_760_000_000_123, 3, 1, 900)
    status = struct.pack(">BBBBIQIIHH", 2, 1, 3, 1, 10, 2**33, 4, 5, 60, 1234)
    want = b"u" * 32 + handle + b"\x01"
    table = [
        ("Hello", 1, cam + nonce + struct.pack(">I", 7) + b"0.1.0", 0,
         {"camera": cam, "nonce": nonce, "boot": 7, "firmware": b"0.1.0"}),
        ("Challenge", 2, nonce + proof, 0, {"nonce": nonce, "proof": proof}),
        ("Proof", 3, proof, 0, {"proof": proof}),
        ("Frame", 16, frame + handle + b"\xff\xd8jpeg\xff\xd9", 1,
         {"boot": 7, "sequence": 42, "captured_ms": 1_760_000_000_123, "clock": 3, "reason": 1,
          "score": 900, "handle": handle, "jpeg": b"\xff\xd8jpeg\xff\xd9"}),
        ("Status", 17, status + handle + b"not-watched", 2,
         {"state": 2, "sensor": 1, "clock": 3, "light": 1, "sent": 10, "sent_bytes": 2**33,
          "dropped": 4, "quiet": 5, "late_ms": 60, "score": 1234, "handle": handle,
          "reason": b"not-watched"}),
        ("Answer", 18, handle + b"held", 3, {"handle": handle, "reason": b"held"}),
        ("LogLine", 19, b"1.205 uplink connected", 8, {"line": b"1.205 uplink connected"}),
        ("Time", 32, struct.pack(">Q", 1_760_000_000_123), 1, {"unix_ms": 1_760_000_000_123}),
        ("GrantToken", 33, TOKEN, 2, {"token": TOKEN}),
        ("Revoke", 34, handle, 3, {"handle": handle}),
        ("Watch", 35, b"\x05" + want, 4, {"fps": 5, "packed": want}),
        ("Watch", 35, b"\x00", 5, {"fps": 0, "packed": b""}),
        ("Settings", 36, struct.pack(">BBBHH", 1, 5, 80, 640, 480), 6,
         {"mode": 1, "fps": 5, "quality": 80, "width": 640, "height": 480}),
        ("Lease", 37, struct.pack(">H", 4) + b"byme" + TOKEN, 9,
         {"first": 4, "packed": b"byme" + TOKEN}),
        ("Update", 38, struct.pack(">BHI", 2, 7, 8192) + b"import sys\n", 7,
         {"kind": 2, "index": 7, "offset": 8192, "body": b"import sys\n"}),
    ]  # fmt: skip
    return [
        {
            "name": name,
            "hex": message(kind, payload, counter),
            "fields": {k: v.hex() if isinstance(v, bytes) else v for k, v in fields.items()},
        }
        for name, kind, payload, counter, fields in table
    ]


def zones() -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for name, tz in ZONES.items():
        moments = []
        # 2 h 57 min steps over three years hit both sides of every change of clocks
        for unix_s in range(1_735_689_600, 1_830_297_600, 10_620 * 17):
            local = datetime.fromtimestamp(unix_s, UTC).astimezone(ZoneInfo(name))
            minute = local.weekday() * 1440 + local.hour * 60 + local.minute
            moments.append([unix_s, minute])
        found.append({"tz": tz, "moments": moments + changes(name)})
    return found


def changes(name: str) -> list[list[int]]:
    """The last second before and the first after each change of clocks in 2026."""
    zone, found = ZoneInfo(name), []
    for hour in range(1_767_225_600, 1_798_761_600, 1800):
        a, b = (datetime.fromtimestamp(t, zone) for t in (hour - 1, hour))
        if a.utcoffset() != b.utcoffset():
            for t, local in ((hour - 1, a), (hour, b)):
                found.append([t, local.weekday() * 1440 + local.hour * 60 + local.minute])
    return found


def main() -> None:
    (HERE / "wire.json").write_text(json.dumps({"messages": messages()}, indent=1) + "\n")
    (HERE / "tz.json").write_text(json.dumps({"zones": zones()}) + "\n")


if __name__ == "__main__":
    main()
