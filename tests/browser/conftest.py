"""Chromium, and pages that fail the test when they print an error or ask another origin for anything."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from bot.settings import PROJECT_ROOT
from tests.conftest import System

DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
SCREENSHOTS = PROJECT_ROOT / "var" / "screenshots"
_CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    path = shutil.which(_CHROMIUM) or shutil.which("chromium")
    if not path:
        pytest.fail(
            "Chromium is missing. Install it: apt-get install -y --no-install-recommends chromium fonts-noto-cjk"
        )
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield started
        await started.close()


@pytest.fixture
async def open_page(browser: Browser, system: System) -> AsyncIterator[Callable[..., Any]]:
    """Give a function that opens the citizen's page in a window of its own; what goes wrong there fails the test."""
    faults: list[str] = []
    allowed: list[str] = []

    async def open_it(
        size: dict[str, int] = DESKTOP, scheme: str = "light", query: str = "", expected_faults: bool = False
    ) -> Page:
        context = await browser.new_context(viewport=size, color_scheme=scheme, locale="zh-CN", reduced_motion="reduce")  # type: ignore[arg-type]
        page = await context.new_page()
        page.set_default_timeout(30_000)
        if expected_faults:
            allowed.append("yes")
        page.on(
            "console", lambda message: faults.append(message.text) if message.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda r: faults.append(f"to {r.url}") if not r.url.startswith(f"{system.web}/") else None)
        await page.goto(f"{system.web}/{query}")
        return page

    yield open_it
    if not allowed:
        assert faults == []


async def ask(page: Page, text: str) -> Any:
    """Ask by keyboard, wait for the reply and return it."""
    replies = page.locator("#log > .reply")
    before = await replies.count()
    await page.fill("#message", text)
    await page.press("#message", "Enter")
    await replies.nth(before).wait_for()
    return replies.nth(before)


async def shoot(page: Page, name: str) -> Path:
    """Save what is seen as ``var/screenshots/name.png``."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    await page.screenshot(path=path)
    return path
