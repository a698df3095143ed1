"""What provisioning asks of a board, pasted into its raw REPL. Paths are relative to its flash.

ask(function, ...) runs one of these and prints its answer as one JSON object between 1E and 1F.
A file is written under another name, read back, compared, and renamed: it is whole or not there.
"""

import binascii
import hashlib
import json
import os
import sys

WDT_MS = 120000  # the watchdog of a running agent cannot be stopped: it is fed while we work
_BLOCK = 1024
_STATE = ("state", "days")  # cells of the agent: .json, .bak, .new
_PROVISIONED = ("config.json", "board.json", "resident.json", "ca.der", "board.key")
_wdt = None


def ask(function, *args):
    if _wdt is not None:
        _wdt.feed()
    print("\x1e" + json.dumps(function(*args)) + "\x1f")


def hello():
    """Who is there; takes over the watchdog where a program may have started one."""
    global _wdt
    names = os.listdir()
    if "main.py" in names:
        import machine

        _wdt = machine.WDT(timeout=WDT_MS)
    about = sys.implementation
    return {
        "machine": os.uname()[4] if hasattr(os, "uname") else about._machine,
        "version": list(about.version[:3]),
        "mpy": getattr(about, "_mpy", 0),
        "names": names,
        "state": _state(),
        "camera": _thumb("board.key"),
        "resident": _json("resident.json").get("thumb"),
        "board": _json("board.json").get("name"),
        "wifi": (_json("config.json").get("wifi") or {}).get("ssid"),
    }


def look(folders, files):
    """{path: [bytes, SHA-256]} of what lies in these folders and of these files; free bytes."""
    found = {}
    for folder in folders:
        _walk(folder, found)
    for path in files:
        if _is_file(path):
            found[path] = [os.stat(path)[6], _sha(path)]
    fs = os.statvfs(os.getcwd())
    return {"files": found, "free": fs[0] * fs[3]}


def check_program():
    """The files of provision.json, read again."""
    mark = _json("provision.json")
    bad = [
        path
        for path, sha in (mark.get("files") or {}).items()
        if not _is_file(path) or _sha(path) != sha
    ]
    names = os.listdir()
    lacking = [name for name in _PROVISIONED if name not in names]
    return {
        "state": mark.get("state"),
        "main": "main.py" in names,
        "bad": bad[:5],
        "lacking": lacking,
        "maintenance": "maintenance" in names,
    }


def version(folder):
    """[name, release] of the program below `folder`, as it says itself; None for none."""
    paths = sys.path[:]
    sys.path[:] = [folder]
    try:
        from agent.version import NAME, RELEASE

        return [NAME, RELEASE]
    except Exception:
        return None  # none, half of one, or one for another MicroPython
    finally:
        sys.path[:] = paths
        for name in list(sys.modules):
            if name.split(".")[0] == "agent":
                del sys.modules[name]


def read(path):
    """A small file in base64, None if there is none."""
    if not _is_file(path):
        return None
    with open(path, "rb") as file:
        return binascii.b2a_base64(file.read())[:-1].decode()


def put(path, at, content, sha):
    """Append base64 `content` to the draft of `path`, which holds `at` bytes. With `sha` the file
    ends here: True if it was as it should be, and took its place."""
    draft = path + ".new"
    if at == 0:
        _make_folders(path)
    with open(draft, "wb" if at == 0 else "ab") as file:
        file.write(binascii.a2b_base64(content))
    if not sha:
        return True
    _sync()
    if _sha(draft) != sha:
        os.remove(draft)
        return False
    os.rename(draft, path)
    _sync()
    return True


def settings(content, write):
    """config.json as wanted, with the Wi-Fi that is here where the new one names none. True if it
    differs from what is here; written if `write`."""
    wanted = json.loads(binascii.a2b_base64(content))
    here = _json("config.json")
    if not wanted["wifi"]["ssid"]:
        wanted["wifi"] = here.get("wifi") or wanted["wifi"]
    if wanted == here:
        return False
    if write:
        raw = json.dumps(wanted).encode()
        put("config.json", 0, binascii.b2a_base64(raw), _hex(hashlib.sha256(raw)))
    return True


def make_key(salt):
    """A new board key, beside the old one until keep_key(). Handed out this once. The chip's random
    numbers are true ones only while its radio runs; `salt` (hex) makes up for a poor chip."""
    import network

    network.WLAN(network.WLAN.IF_STA).active(True)
    key = hashlib.sha256(os.urandom(64) + binascii.unhexlify(salt)).digest()
    with open("board.key.new", "wb") as file:
        file.write(key)
    _sync()
    return binascii.b2a_base64(key)[:-1].decode()


def forget():
    """Be no camera: the key first, then all that was stored under it."""
    for name in ["board.key", "resident.tab"] + [
        cell + suffix for cell in _STATE for suffix in (".json", ".bak", ".new")
    ]:
        if _is_file(name):
            os.remove(name)
    _sync()
    return True


def keep_key():
    os.rename("board.key.new", "board.key")
    _sync()
    return True


def remove(paths):
    """Files, and folders with all that is in them."""
    for path in paths:
        _remove(path)
    _sync()
    return True


def set_clock(when):
    """RTC from (year, month, day, weekday, hours, minutes, seconds, 0), UTC."""
    import machine

    machine.RTC().datetime(tuple(when))
    return True


def restart():
    import machine

    machine.reset()


def _sync():
    if hasattr(os, "sync"):
        os.sync()


def _is_file(path):
    try:
        return not os.stat(path)[0] & 0x4000
    except OSError:
        return False


def _json(path):
    """The JSON object in a file, {} if there is none."""
    try:
        with open(path) as file:
            found = json.loads(file.read())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _state():
    return _json("provision.json").get("state")


def _sha(path):
    block = bytearray(_BLOCK)
    view, sha = memoryview(block), hashlib.sha256()
    with open(path, "rb") as file:
        count = file.readinto(block)
        while count:
            sha.update(view[:count])
            count = file.readinto(block)
    return _hex(sha)


def _hex(sha):
    return binascii.hexlify(sha.digest()).decode()


def _thumb(path):
    """The name of the camera whose key is in `path`, None if there is none."""
    try:
        with open(path, "rb") as file:
            key = file.read()
    except OSError:
        return None
    jwk = b'{"k":"' + _b64(key) + b'","kty":"oct"}'
    return _b64(hashlib.sha256(jwk).digest()).decode()


def _b64(raw):
    return binascii.b2a_base64(raw).strip().rstrip(b"=").replace(b"+", b"-").replace(b"/", b"_")


def _walk(folder, found):
    try:
        entries = list(os.ilistdir(folder))
    except OSError:
        return
    for entry in entries:
        path = folder + "/" + entry[0]
        if entry[1] & 0x4000:
            _walk(path, found)
        else:
            found[path] = [os.stat(path)[6], _sha(path)]


def _remove(path):
    try:
        folder = os.stat(path)[0] & 0x4000
    except OSError:
        return
    if not folder:
        os.remove(path)
        return
    for entry in list(os.ilistdir(path)):
        _remove(path + "/" + entry[0])
    os.rmdir(path)


def _make_folders(path):
    at = path.find("/")
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError:
            pass  # it is there
        at = path.find("/", at + 1)
