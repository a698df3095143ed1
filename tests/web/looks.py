"""What a person would see on the page, as expressions that run in it."""

import json


def tile(camera: str) -> str:
    """The hub's tile of a camera; "wall" is the mosaic."""
    return f".tile[data-camera='{camera}']"


def card(camera: str) -> str:
    """The resident's card of a camera."""
    return f".card[data-camera='{camera}']"


def is_(selector: str, state: str) -> str:
    """Whether a tile is in a state: waiting, live, stale, dark."""
    return f"document.querySelector({json.dumps(selector)})?.dataset.state === {json.dumps(state)}"


def says(selector: str, words: str) -> str:
    """Whether some words are shown inside an element."""
    shown = f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"
    return f"({shown}).includes({json.dumps(words)})"


def live(count: int) -> str:
    """Whether so many tiles show moving pictures."""
    return f"document.querySelectorAll(\".tile[data-state='live']\").length === {count}"


def pixels(selector: str) -> str:
    """A number that changes with the picture in a tile; 0 for an empty canvas."""
    canvas = f"document.querySelector({json.dumps(selector + ' canvas')})"
    return (
        f"(() => {{ const seen = {canvas}; const copy = new OffscreenCanvas(64, 48);"
        " const pen = copy.getContext('2d', {willReadFrequently: true});"
        " pen.drawImage(seen, 0, 0, 64, 48); const data = pen.getImageData(0, 0, 64, 48).data;"
        " return data.reduce((sum, value, at) => (sum * 31 + value * (at + 1)) % 1000000007, 0);"
        " })()"
    )


def note_darkening(selector: str) -> str:
    """From now on `darkened` is the page's own time at which a tile went dark."""
    return (
        f"(() => {{ const t = document.querySelector({json.dumps(selector)}); window.darkened = 0;"
        " new MutationObserver(() => { if (t.dataset.state === 'dark') window.darkened ||="
        " performance.now(); }).observe(t, {attributeFilter: ['data-state']});"
        " return performance.now(); })()"
    )


def count_decoding() -> str:
    """From now on `decoded` counts the pictures that the page has decoded."""
    return (
        "window.decoded = 0; { const real = window.createImageBitmap;"
        " window.createImageBitmap = (...it) => { window.decoded += 1; return real(...it); }; }"
    )


def no_room(times: int) -> str:
    """So many sockets are closed as by a host that has no room."""
    return (
        f"{{ const Real = window.WebSocket; let left = {times};"
        " window.WebSocket = function (url) { if (left-- <= 0) return new Real(url);"
        " const full = { close() {} }; setTimeout(() => full.onclose?.({ code: 1013 }));"
        " return full; }; }"
    )


def later(seconds: int) -> str:
    """The page's own clock is so far ahead."""
    return (
        "{ const real = performance.now.bind(performance);"
        f" performance.now = () => real() + {seconds * 1000}; }}"
    )


def out_of_sight(selector: str) -> str:
    """Moves an element far down; done when the browser has said so to all who asked before."""
    element = f"document.querySelector({json.dumps(selector)})"
    return (
        f"new Promise((done) => {{ const it = {element}; it.style.marginTop = '9000px';"
        " new IntersectionObserver((seen) => { if (!seen.at(-1).isIntersecting) done(); },"
        " { rootMargin: '300px' }).observe(it); })"
    )


def hidden(away: bool) -> str:
    """The page goes to the background, or comes back: what a headless browser never does."""
    value = json.dumps(away)
    return (
        f"Object.defineProperty(document, 'hidden', {{value: {value}, configurable: true}});"
        " document.dispatchEvent(new Event('visibilitychange'))"
    )
