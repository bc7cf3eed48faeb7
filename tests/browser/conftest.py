"""Chromium, and pages that fail the test when they print an error or ask another origin for anything."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright

from bot.settings import PROJECT_ROOT
from tests.conftest import System

DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 360, "height": 740}
SCREENSHOTS = PROJECT_ROOT / "var" / "screenshots"
AXE = PROJECT_ROOT / "node_modules" / "axe-core" / "axe.min.js"
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
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
    """Give a function that opens the citizen's page in a window of its own; what goes wrong there fails the test.

    ``expected`` are words of faults that belong to the test, such as a connection that it cuts.
    """
    faults: list[str] = []
    allowed: list[str] = []

    async def open_it(
        size: dict[str, int] = DESKTOP, scheme: str = "light", query: str = "", expected: tuple[str, ...] = ()
    ) -> Page:
        context = await browser.new_context(viewport=size, color_scheme=scheme, locale="zh-CN", reduced_motion="reduce")  # type: ignore[arg-type]
        page = await context.new_page()
        allowed.extend(expected)
        watch(page, system.web, faults)
        await page.goto(f"{system.web}/{query}")
        await page.locator(".presence.open").wait_for(state="attached")
        return page

    yield open_it
    assert [fault for fault in faults if not any(word in fault for word in allowed)] == []


def watch(page: Page, origin: str, faults: list[str]) -> None:
    """Add to ``faults`` whatever ``page`` complains of and whatever it asks of another origin than its own."""
    page.set_default_timeout(30_000)
    page.on("console", lambda message: faults.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda r: faults.append(f"to {r.url}") if not r.url.startswith(f"{origin}/") else None)
    own = urlsplit(origin).netloc
    page.on("websocket", lambda s: faults.append(f"to {s.url}") if urlsplit(s.url).netloc != own else None)


async def ask(page: Page, text: str) -> Locator:
    """Ask by keyboard, wait for the answer and return it."""
    answers = page.locator(".answer")
    before = await answers.count()
    await page.fill("#message", text)
    await page.press("#message", "Enter")
    await answers.nth(before).wait_for()
    return answers.nth(before)


async def violations(page: Page, rules: list[str] | None = None) -> list[Any]:
    """Return what axe-core finds wrong in the widget by WCAG 2.1 AA, or by ``rules`` alone."""
    await page.evaluate(AXE.read_text("utf8"))
    found = await page.evaluate(
        "runOnly => axe.run({runOnly}).then(r => r.violations.flatMap(v => v.nodes.map(n => "
        "[v.id, n.target.flat().join(' '), n.failureSummary])))",
        {"type": "rule", "values": rules} if rules else STANDARD,
    )
    return [item for item in found if "hotline-chat" in item[1]]


async def shoot(page: Page, name: str) -> None:
    """Save what is seen as ``var/screenshots/name.png``."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")


async def until(true: Callable[[], Any], within: float = 8.0) -> None:
    """Wait until ``true()`` holds."""
    for _ in range(int(within / 0.02)):
        if true():
            return
        await asyncio.sleep(0.02)
    pytest.fail("it did not come about")
