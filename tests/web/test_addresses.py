"""Every address of the web process: strict headers, one shape of error, health, counters without persons."""

from __future__ import annotations

import logging
import re
from urllib.parse import quote

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.settings import PROJECT_ROOT, Settings
from bot.web.app import create_app
from tests.web.conftest import StandIn

HELLO = {"type": "hello"}
PRIVATE = {"type": "say", "id": "a" * 8, "text": "我叫欧阳建国，电话13712345678"}
EVERYTHING = {
    "the page": ("GET", "/", 200), "the widget": ("GET", "/widget.js", 200), "a style": ("GET", "/static/widget/page.css", 200),
    "a picture": ("GET", "/static/widget/icon.svg", 200), "health": ("GET", "/healthz", 200), "counters": ("GET", "/metrics", 200),
    "a message that is none": ("POST", "/chat/frames", 400), "no such page": ("GET", "/no-such-page", 404),
    "no such file": ("GET", "/static/widget/no-such.js", 404), "a folder": ("GET", "/static/widget/", 403),
    "another method": ("GET", "/chat/files", 405), "deleting the page": ("DELETE", "/", 405), "only the head": ("HEAD", "/", 200),
    "a path upwards": ("GET", "/static/widget/%2e%2e/views.py", 404),
}  # fmt: skip


@pytest.mark.parametrize("name", EVERYTHING)
async def test_every_response_has_the_strict_headers(client: TestClient, name: str) -> None:
    method, path, status = EVERYTHING[name]
    response = await client.request(method, path)
    assert response.status == status
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "camera=()" in response.headers["Permissions-Policy"]
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", [name for name, (method, _, status) in EVERYTHING.items() if status >= 400])
async def test_every_error_is_one_chinese_sentence(client: TestClient, name: str) -> None:
    method, path, _ = EVERYTHING[name]
    content = await (await client.request(method, path)).json()
    assert list(content) == ["error"]
    assert re.fullmatch(r"[^\n]*[\u4e00-\u9fff][^\n]*。", content["error"])


async def test_another_method_is_told_which_ones_there_are(client: TestClient) -> None:
    assert (await client.get("/chat/files")).headers["Allow"] == "POST"


async def test_what_breaks_inside_is_said_politely_and_logged_without_the_address(
    aiohttp_client: object, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(request: web.Request) -> web.Response:
        raise RuntimeError("13712345678")

    app = create_app(Settings())
    app.router.add_get("/broken/{name}", broken)
    client: TestClient = await aiohttp_client(app)  # type: ignore[operator]
    with caplog.at_level(logging.DEBUG):
        response = await client.get("/broken/13712345678")
    assert response.status == 500
    assert "12345" in (await response.json())["error"]
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "RuntimeError" in caplog.text
    assert "13712345678" not in " ".join(r.getMessage() for r in caplog.records if r.name.startswith("bot"))


async def test_the_page_loads_nothing_from_elsewhere_and_no_inline_script_or_style(client: TestClient) -> None:
    page = await (await client.get("/")).text()
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)
    assert 'lang="zh-CN"' in page
    for path in re.findall(r"""(?:src|href)=["'](/[^"']*)""", page):
        assert (await client.get(path)).status == 200


async def test_static_files_have_their_types(client: TestClient) -> None:
    for path, kind in (
        ("/widget.js", "javascript"), ("/static/widget/page.css", "text/css"), ("/static/widget/icon.svg", "image/svg+xml"),
    ):  # fmt: skip
        assert kind in (await client.get(path)).headers["Content-Type"]


async def test_the_widget_travels_packed_once_and_any_page_may_load_it(client: TestClient) -> None:
    plain = await client.get("/widget.js", headers={"Accept-Encoding": "identity"})
    packed = await client.get("/widget.js", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert await plain.read() == await packed.read() == (PROJECT_ROOT / "frontend/dist/widget.js").read_bytes()
    assert int(packed.headers["Content-Length"]) < 150 * 1024
    assert packed.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    again = await client.get("/widget.js", headers={"If-None-Match": packed.headers["ETag"]})
    assert (again.status, await again.read()) == (304, b"")


@pytest.mark.parametrize(
    ("down", "status"), [((), 200), (("rasa",), 503), (("actions",), 503), (("rasa", "actions"), 503)]
)
async def test_health_names_what_is_down(client: TestClient, rasa: StandIn, down: tuple[str, ...], status: int) -> None:
    rasa.healthy.update(dict.fromkeys(down, False))
    response = await client.get("/healthz")
    assert response.status == status
    expected = {name: "down" if name in down else "ok" for name in ("rasa", "actions")}
    assert await response.json() == {"status": "degraded" if down else "ok"} | expected


async def test_health_names_what_cannot_be_reached(alone: TestClient) -> None:
    response = await alone.get("/healthz")
    assert response.status == 503
    assert await response.json() == {"status": "degraded", "rasa": "down", "actions": "down"}


async def test_counters_count_by_route_and_hold_nothing_personal(client: TestClient) -> None:
    await client.post("/chat/frames", json=[HELLO, PRIVATE])
    await client.get(f"/{quote('欧阳建国')}13712345678")
    await client.get("/?jurisdiction=13712345678")
    text = await (await client.get("/metrics")).text()
    assert 'hotline_web_requests_total{route="/chat/frames",status="200"}' in text
    assert 'hotline_web_requests_total{route="unknown",status="404"}' in text
    assert 'hotline_web_request_seconds_count{route="/chat/frames"}' in text
    for secret in ("欧阳", quote("欧阳建国"), "13712345678", "127.0.0.1", "jurisdiction"):
        assert secret not in text


async def test_the_log_holds_nothing_of_a_turn(
    client: TestClient, rasa: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "bot"):
        await client.post("/chat/frames", json=[HELLO, PRIVATE])
        rasa.answers("", 500)
        await client.post("/chat/frames", json=[HELLO, PRIVATE])
    for secret in ("欧阳", "13712345678"):
        assert secret not in caplog.text


async def test_several_web_processes_can_be_made_in_one(aiohttp_server: object) -> None:
    first: TestServer = await aiohttp_server(create_app(Settings()))  # type: ignore[operator]
    second: TestServer = await aiohttp_server(create_app(Settings()))  # type: ignore[operator]
    assert first.port != second.port
