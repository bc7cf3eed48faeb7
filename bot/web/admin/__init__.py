"""The administrators' console (管理后台)."""

from __future__ import annotations

from aiohttp import web

from bot.web.admin import audit, directory, documents, knowledge, people


def add_routes(app: web.Application) -> None:
    """Add the routes of the console to ``app``."""
    people.add_routes(app)
    audit.add_routes(app)
    knowledge.add_routes(app)
    directory.add_routes(app)
    documents.add_routes(app)
