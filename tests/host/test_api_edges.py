"""The edges of the HTTP API: sizes, shapes, names, documents. Against a running host."""

import socket
from typing import Any

import httpx
import pytest

from tests.support.hosting import API, InThread
from tests.support.signing import Signer


@pytest.fixture
def sam(host: InThread) -> Signer:
    return host.resident()


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert set(found) == {"type", "title", "status", "detail", "instance", "reason"}
    assert found["status"] == status
    assert found["type"] == f"urn:porchlight:problem:{found['reason']}"
    return found


def raw(host: InThread, head: str, body: bytes = b"") -> bytes:
    """One request as typed; everything the host answers until it closes."""
    with socket.create_connection(("127.0.0.1", host.ports.http), 10) as peer:
        peer.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        return b"".join(iter(lambda: peer.recv(65536), b""))


@pytest.mark.parametrize("size", [65_537, 10**12])
def test_a_body_that_says_it_is_too_large_is_not_read(host: InThread, size: int) -> None:
    answer = raw(host, f"POST /api/v1/grants HTTP/1.1\nHost: localhost\nContent-Length: {size}")
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"reason":"too-large"' in answer


def test_a_body_that_does_not_say_so_is_cut_off(host: InThread) -> None:
    def chunks() -> Any:
        for _ in range(100):
            yield b"x" * 1024

    with httpx.Client(trust_env=False) as http:
        answer = http.post(f"{host.http}{API}/grants", content=chunks())
    assert problem(answer, 413)["reason"] == "too-large"


def test_shapes_are_strict(host: InThread, sam: Signer) -> None:
    caller = host.caller(sam)
    bodies: list[Any] = [{}, [], "x", 7, {"token": 7}, {"token": "x", "more": 1}, {"token": None}]
    for body in bodies:
        assert problem(caller.post("/grants", body), 422)["reason"] == "invalid-request"
    assert "hunter2" not in caller.post("/grants", {"token": {"x": "hunter2"}}).text


def test_a_body_that_is_no_json_is_refused(host: InThread, sam: Signer) -> None:
    for body in (b"{", b"\xff\xfe", b"[" * 30_000, b'{"token":NaN}', b'{"token":"\\ud800"}'):
        url = f"{host.http}{API}/grants"
        headers = {"DPoP": sam.proof("POST", url, body), "Content-Type": "application/json"}
        with httpx.Client(trust_env=False) as http:
            answer = http.post(url, content=body, headers=headers)
        assert answer.status_code in (400, 403, 422), answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def test_unknown_pages_and_methods_are_problems(host: InThread) -> None:
    with httpx.Client(base_url=host.http, trust_env=False) as http:
        assert problem(http.get("/nowhere"), 404)["reason"] == "no-such-page"
        assert problem(http.put("/api/v1/grants"), 405)["reason"] == "wrong-method"
        assert problem(http.get("/docs"), 404)


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example", "", "192.168.1.5"])
def test_without_tls_the_host_has_only_local_names(host: InThread, name: str) -> None:
    answer = raw(host, f"GET / HTTP/1.1\nHost: {name}\nConnection: close")
    assert answer.startswith(b"HTTP/1.1 421")


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1:80", "[::1]:8080"])
def test_local_names_are_answered(host: InThread, name: str) -> None:
    assert raw(host, f"GET /healthz HTTP/1.1\nHost: {name}\nConnection: close").startswith(
        b"HTTP/1.1 200"
    )


def test_health_and_metrics_are_open_and_name_nobody(host: InThread, sam: Signer) -> None:
    kit = host.camera(sam)
    with httpx.Client(verify=host.tls(), base_url=host.https, trust_env=False) as http:
        assert http.get("/healthz").json()["status"] == "ok"
        metrics = http.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert b"porchlight_frames_in_total" in metrics.content
    for secret in (sam.thumb, kit.id, sam.name):
        assert secret not in metrics.text


def test_answers_carry_the_headers_that_close_doors(host: InThread, sam: Signer) -> None:
    answer = host.caller(sam).get("/me")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


def test_openapi_describes_every_answer(host: InThread) -> None:
    with httpx.Client(base_url=host.http, trust_env=False) as http:
        document = http.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    assert "Problem" in schemas
    assert "HTTPValidationError" not in schemas
    paths = {path for path in document["paths"] if path.startswith(API)}
    assert {
        f"{API}/{noun}" for noun in ("me", "cameras", "grants", "views", "entries", "events")
    } <= paths
    for path in paths:
        for operation in document["paths"][path].values():
            is_open = "{ticket}" in path or "/transparency" in path
            assert operation["security"] == ([] if is_open else [{"DPoP": []}])
            if not is_open:
                problem_type = operation["responses"]["401"]["content"]["application/problem+json"]
                assert problem_type["schema"]["$ref"].endswith("/Problem")
            assert operation["description"]


def test_what_fails_inside_is_a_problem_without_details(
    host: InThread, sam: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("hunter2")

    monkeypatch.setattr(host.parts.grants, "of", broken)
    answer = host.caller(sam).get("/grants")
    assert problem(answer, 500)["reason"] == "internal"
    assert "hunter2" not in answer.text
