"""What a board finds out about itself, one check a function; installer.py is there already.

Answers are facts; porchkit/provision/verdicts.py judges them. What is tried comes from the files
on the flash. No answer holds the Wi-Fi password.
"""

import gc
import json
import os
import time

import machine

JOIN_MS = 20000
TRIES = 2
SOCKET_S = 10
_FAILED = (15, 200, 201, 202, 203, 204)  # WLAN.status(): 15 is a handshake that timed out, too
_EPOCH_S = 946684800 if time.gmtime(0)[0] == 2000 else 0


def _file(name):
    with open(name) as file:
        return json.loads(file.read())


def check_firmware():
    """Whether the firmware has the camera driver, and which."""
    try:
        import camera

        has = True
        build = camera.Version() if hasattr(camera, "Version") else None
    except ImportError:
        has, build = False, None
    return {"camera": has, "build": str(build) if build else None}


def check_memory():
    """Bytes of PSRAM, and of the flash that are free."""
    import esp32

    gc.collect()
    regions = esp32.idf_heap_info(esp32.HEAP_DATA)
    fs = os.statvfs(os.getcwd())
    return {
        "largest": max([region[0] for region in regions]),
        "heap_free": gc.mem_free(),
        "flash_free": fs[0] * fs[3],
    }


def check_wifi():
    """Join as config.json says."""
    import network

    wifi = _file("config.json").get("wifi") or {}
    ssid = wifi.get("ssid", "")
    answer = {"ssid": ssid, "joined": False}
    if not ssid:
        return answer
    wlan = network.WLAN(network.WLAN.IF_STA)
    wlan.active(True)
    started = time.ticks_ms()
    answer["status"] = _join(wlan, ssid, wifi.get("key") or None, started)
    answer["ms"] = time.ticks_diff(time.ticks_ms(), started)
    if wlan.isconnected():
        answer["joined"] = True
        answer["rssi"] = wlan.status("rssi")
        answer["address"] = wlan.ifconfig()[0]
    else:
        answer.update(_seen(wlan, ssid))
    return answer


def _join(wlan, ssid, key, started):
    """The status that it ended with."""
    status = 0
    for _ in range(TRIES):
        try:
            wlan.disconnect()
            wlan.connect(ssid, key)
        except OSError:
            time.sleep_ms(500)  # the driver was at it already
            continue
        while time.ticks_diff(time.ticks_ms(), started) < JOIN_MS:
            status = wlan.status()
            if wlan.isconnected() or status in _FAILED:
                break
            time.sleep_ms(50)
        if wlan.isconnected():
            break
    return status


def _seen(wlan, ssid):
    """What is on the air: {"networks": how many, "heard": rssi of the wanted one or None}."""
    try:
        found = wlan.scan()
    except OSError:
        return {"networks": None, "heard": None}
    mine = [row[3] for row in found if row[0] == ssid.encode()]
    return {"networks": len(found), "heard": max(mine) if mine else None}


def check_clock(unix_s):
    """Seconds that the chip's clock, and the time server, are ahead of `unix_s`."""
    started = time.ticks_ms()
    t = machine.RTC().datetime()
    here = time.mktime((t[0], t[1], t[2], t[4], t[5], t[6], 0, 0)) + _EPOCH_S
    answer = {"rtc_ahead_s": int(here - unix_s), "ntp_ahead_s": None}
    answer["ntp"] = _file("config.json").get("ntp", "pool.ntp.org")
    answer["online"] = _online()
    if answer["online"]:
        import ntptime

        ntptime.host = answer["ntp"]
        for _ in range(3):
            try:
                there = ntptime.time() + _EPOCH_S
            except Exception:  # noqa: S112 - whatever came was no time; what matters is whether
                continue
            passed = time.ticks_diff(time.ticks_ms(), started) // 1000
            answer["ntp_ahead_s"] = int(there - unix_s - passed)
            break
    return answer


def _online():
    import network

    return network.WLAN(network.WLAN.IF_STA).isconnected()


def check_host():
    """Find the host's name and reach its port."""
    config = _file("config.json")
    answer = {"host": config["host"], "port": config["port"], "found": None, "open": False}
    sock, answer["why"] = _dial(config, answer)
    if sock is not None:
        sock.close()
        answer["open"] = True
    return answer


def can_reach(host, port):
    """Whether somebody answers there."""
    sock, _ = _dial({"host": host, "port": port}, {})
    if sock is not None:
        sock.close()
    return sock is not None


def _dial(config, answer):
    """(socket, "") or (None, why)."""
    import socket

    try:
        found = socket.getaddrinfo(config["host"], config["port"], 0, socket.SOCK_STREAM)[0]
    except OSError as error:
        return None, str(error)
    answer["found"] = True
    sock = socket.socket(found[0], found[1])
    try:
        sock.settimeout(SOCKET_S)
        sock.connect(found[-1])
    except OSError as error:
        sock.close()
        return None, str(error)
    return sock, ""


def check_tls():
    """The host's certificate against the one CA that this board trusts. Nothing is sent."""
    import tls

    config = _file("config.json")
    answer = {"name": config.get("server_name", config["host"]), "trusted": False}
    with open("ca.der", "rb") as file:
        ca = file.read()
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_REQUIRED
    try:
        context.load_verify_locations(ca)
    except (OSError, ValueError):
        answer["why"] = "ca.der is no certificate"
        return answer
    sock, answer["why"] = _dial(config, answer)
    if sock is None:
        return answer
    try:
        secure = context.wrap_socket(sock, server_hostname=answer["name"])
        answer["trusted"] = True
        secure.close()
    except (OSError, ValueError) as error:
        answer["why"] = str(error)
    sock.close()
    return answer
