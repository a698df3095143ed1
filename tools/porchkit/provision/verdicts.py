"""What a board found out about itself, told in a resident's words. Facts in, rows out."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from porchkit.provision.about import Kind

PASS, MIND, FAIL, SKIP = "pass", "mind", "FAIL", "skip"
PSRAM_LEAST = 1_000_000
FLASH_LEAST = 65_536
WEAK_DBM = -80
CLOCK_S = 5
NTP_S = 60  # the agent's own: host and time server must agree so well
_NO_NETWORK, _WRONG_PASSWORD = 201, (15, 202, 204)
_CHIP_IDS = {"OV3660": 0x3660, "OV5640": 0x5640}
_NO_JPEG = (95, -95)
RIBBON = (
    "take the power off, open the black latch of the camera's connector, push the ribbon in "
    "straight and to the end, close the latch"
)
POWER = "feed 5 V with 2 A into the 5V pin (not 3V3), with a short cable and no hub between"

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One line of the table. `todo`: what the resident can do about it, "" for nothing."""

    check: str
    outcome: str
    says: str
    todo: str = ""

    def json(self) -> dict[str, str]:
        return asdict(self)


def firmware(facts: Facts, kind: Kind) -> Row:
    version = ".".join(map(str, kind.version))
    if kind.version < kind.OLDEST:
        todo = "flash the board's own image: porchlight flash"
        return Row("firmware", FAIL, f"MicroPython {version} is too old", todo)
    if not facts["camera"]:
        todo = f"flash the image made for this board ({kind.image}): porchlight flash"
        return Row("firmware", FAIL, f"MicroPython {version} without the camera driver", todo)
    build = f", camera driver {facts['build']}" if facts["build"] else ""
    return Row("firmware", PASS, f"MicroPython {version}{build}")


def program(facts: Facts, kind: Kind) -> Row:
    again = "run porchlight provision again: it completes what is missing"
    if facts["state"] == "partial":
        return Row("program", FAIL, "provisioning was interrupted; nothing runs until then", again)
    if not facts["main"] or facts["lacking"]:
        missing = ", ".join(facts["lacking"] or ["main.py"])
        return Row("program", FAIL, f"not provisioned: no {missing}", again)
    if facts["bad"]:
        return Row("program", FAIL, f"damaged or changed: {', '.join(facts['bad'])}", again)
    if facts["maintenance"]:
        says = "whole; a file `maintenance` keeps the watchdog off"
        todo = "when you have finished working on it: porchlight maintenance off"
        return Row("program", MIND, says, todo)
    return Row("program", PASS, "whole" if facts["state"] else "whole, laid out by other means")


def memory(facts: Facts, kind: Kind) -> Row:
    most = max(facts["largest"], facts["heap_free"])
    if most < PSRAM_LEAST:
        todo = (
            "some clones come without PSRAM, and the camera cannot work then: use another board; "
            "if this one has it, flash the image made for it, and leave GPIO16 alone (ESP32)"
        )
        return Row("memory", FAIL, "no PSRAM found", todo)
    if facts["flash_free"] < FLASH_LEAST:
        todo = "remove files that are not Porchlight's, or porchlight flash --erase and provision"
        return Row("memory", FAIL, f"{facts['flash_free'] // 1024} KB of flash free", todo)
    says = f"PSRAM, and {facts['flash_free'] // 1024:,} KB of flash free"
    return Row("memory", PASS, says)


def wifi(facts: Facts, kind: Kind) -> Row:
    ssid = facts["ssid"]
    if facts["joined"]:
        rssi = facts["rssi"]
        weak = rssi < WEAK_DBM
        todo = "bring board and access point closer, or turn the antenna" if weak else ""
        return Row("wifi", PASS, f"joined '{ssid}', {rssi} dBm{', weak' if weak else ''}", todo)
    if not ssid:
        todo = "porchlight provision CAMERA --wifi asks for it"
        return Row("wifi", FAIL, "no Wi-Fi is set", todo)
    status, heard = facts.get("status"), facts.get("heard")
    if status in _WRONG_PASSWORD:
        todo = f"'{ssid}' refuses the password: porchlight provision CAMERA --wifi asks for it anew"
        return Row("wifi", FAIL, f"wrong password ({status})", todo)
    if status == _NO_NETWORK and heard is None:
        others = facts.get("networks")
        count = f"; {others} others heard" if others else "; none heard at all"
        todo = (
            "an ESP32 hears 2.4 GHz only: turn 2.4 GHz on at the access point if the network is "
            "5 GHz only; check the name, capitals count; bring the board closer"
        )
        return Row("wifi", FAIL, f"no network '{ssid}' in reach ({status}){count}", todo)
    strength = f", heard at {heard} dBm" if heard is not None else ""
    todo = "bring the board closer, restart the access point, allow WPA2 there"
    return Row("wifi", FAIL, f"'{ssid}' cannot be joined ({status}){strength}", todo)


def clock(facts: Facts, kind: Kind) -> Row:
    ahead, server = facts["ntp_ahead_s"], facts["ntp"]
    if abs(facts["rtc_ahead_s"]) > CLOCK_S:
        says = f"the board's clock is {facts['rtc_ahead_s']} s off after it was set"
        return Row("clock", FAIL, says, "press reset and run it again")
    if not facts["online"]:
        return Row("clock", PASS, f"set; {server} cannot be asked without Wi-Fi")
    if ahead is None:
        todo = (
            "a camera without the time films nothing: let UDP port 123 out at the router, or name "
            "a time server of your own as `ntp` in config.json"
        )
        return Row("clock", FAIL, f"set, but the time server {server} does not answer", todo)
    if abs(ahead) > NTP_S:
        says = f"{server} and this computer differ by {abs(ahead)} s"
        todo = "set this computer's clock, and the host's, from the network"
        return Row("clock", FAIL, says, todo)
    return Row("clock", PASS, f"set; {server} agrees")


def host(facts: Facts, kind: Kind) -> Row:
    place = f"{facts['host']}:{facts['port']}"
    if facts["open"]:
        return Row("host", PASS, f"{place} answers")
    if not facts["found"]:
        todo = "give an address it can use: porchlight provision CAMERA --address 192.168.1.5"
        return Row("host", FAIL, f"the name '{facts['host']}' is not found", todo)
    todo = (
        "is the host running (porchlight serve), on this port, and let through by its firewall? is "
        "the board in the same network, not in a guests' one?"
    )
    return Row("host", FAIL, f"{place} does not answer ({facts['why']})", todo)


def tls(facts: Facts, kind: Kind) -> Row:
    if facts["trusted"]:
        return Row("tls", PASS, f"'{facts['name']}' has a certificate of the CA it trusts")
    todo = (
        "whoever answers there is not the host this board was made for: provision it again, "
        "with --ca FILE if the host's ca.pem is elsewhere; --address if its name has changed"
    )
    return Row("tls", FAIL, f"the certificate is not trusted ({facts['why']})", todo)


def light(facts: Facts, kind: Kind) -> Row:
    if not facts["light"]:
        return Row("light", SKIP, "this board has none that shows when pictures leave")
    says = f"GPIO{facts['pin']} blinked three times"
    return Row("light", PASS, says, "not seen? then --board may name the wrong board")


def sensor(facts: Facts, kind: Kind) -> Row:
    name = facts["sensor"] or "the sensor"
    if facts["started"] and facts["jpeg"]:
        return Row("sensor", PASS, f"{name}, one picture of {facts['bytes']:,} bytes, not sent")
    if facts["started"]:
        return Row("sensor", FAIL, f"{name} starts but gives no JPEG", f"{RIBBON}; {POWER}")
    if facts.get("raw") or facts.get("errno") in _NO_JPEG:
        todo = "use a camera module with an OV2640; this one cannot make JPEG pictures"
        return Row("sensor", FAIL, f"{name} makes no JPEG", todo)
    ids = facts.get("ids")
    for found, chip_id in _CHIP_IDS.items():
        if chip_id in (ids or {}).values():
            says = f"there is an {found}, which this camera firmware does not start"
            return Row("sensor", FAIL, says, _other_firmware(kind, found))
    if ids == {}:
        todo = f"{RIBBON}; is it really a {kind.title}? --board names another"
        return Row("sensor", FAIL, "no camera sensor answers", todo)
    todo = (
        f"{RIBBON}; is it really a {kind.title}? --board names another; an OV3660, and some clones "
        f"with an OV2640, need another camera firmware: {_other_firmware(kind, 'OV3660')}"
    )
    return Row("sensor", FAIL, f"the camera does not start ({facts.get('why', '?')})", todo)


def _other_firmware(kind: Kind, sensor: str) -> str:
    good, why = kind.firmware_for(sensor)
    return f"flash {good}, {why}"


# In the order in which they run: Wi-Fi before the camera, the clock before TLS.
TABLE: dict[str, Callable[[Facts, Kind], Row]] = {
    "firmware": firmware,
    "program": program,
    "memory": memory,
    "wifi": wifi,
    "clock": clock,
    "host": host,
    "tls": tls,
    "light": light,
    "sensor": sensor,
}
