"""``/healthz`` for people and monitors, ``/metrics`` for Prometheus."""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.web.keys import RASA, SETTINGS


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/metrics", metrics)


async def healthz(request: web.Request) -> web.Response:
    """Say whether each process answers: 200 when all do, 503 naming those that do not."""
    settings = request.app[SETTINGS]
    checks = {
        "rasa": f"{settings.rasa_url}/webhooks/rest/",
        "actions": f"{settings.actions_url}/health",
    }
    found = await asyncio.gather(*(_answers(request.app[RASA], url) for url in checks.values()))
    state = dict(zip(checks, found))
    healthy = all(state.values())
    parts = {name: "ok" if up else "down" for name, up in state.items()}
    return web.json_response({"status": "ok" if healthy else "degraded", **parts}, status=200 if healthy else 503)


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url, timeout=aiohttp.ClientTimeout(total=2)) as response:
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError, asyncio.TimeoutError):
        return False


async def metrics(request: web.Request) -> web.Response:
    """Return the counters of this process."""
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
