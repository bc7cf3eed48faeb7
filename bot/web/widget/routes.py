"""Addresses of the citizen's page."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from bot.web.widget import doors, files, views

STATIC = Path(__file__).parent / "static"


def add_routes(app: web.Application) -> None:
    """Add the page, the widget's script and the addresses it asks at."""
    app.router.add_get("/", views.page)
    app.router.add_get("/widget.js", views.script)
    app.router.add_get("/chat/openapi.json", views.show_contract)
    app.router.add_get("/chat/socket", doors.socket)
    app.router.add_get("/chat/frames", doors.get_frames)
    app.router.add_post("/chat/frames", doors.put_frames)
    app.router.add_post("/chat/files", files.upload)
    app.router.add_get("/files/{name}", files.show)
    app.router.add_static("/static/widget/", STATIC)
