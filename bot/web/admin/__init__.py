"""The administrators' console (管理后台)."""

from __future__ import annotations

from aiohttp import web

from bot.web.admin import (
    audit,
    conversations,
    directory,
    documents,
    inbox,
    knowledge,
    overview,
    people,
    training,
    training_data,
)


def add_routes(app: web.Application) -> None:
    """Add the routes of the console to ``app``."""
    overview.add_routes(app)
    conversations.add_routes(app)
    people.add_routes(app)
    audit.add_routes(app)
    inbox.add_routes(app)
    training.add_routes(app)
    training_data.add_routes(app)
    knowledge.add_routes(app)
    directory.add_routes(app)
    documents.add_routes(app)
