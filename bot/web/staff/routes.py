"""Addresses of logging in, and what surrounds every page of desk and console."""

from __future__ import annotations

import datetime as dt

from aiohttp import web
from aiohttp_session import session_middleware

from bot.web.conversation.limits import RateLimit
from bot.web.keys import DATABASE, SETTINGS
from bot.web.staff import views
from bot.web.staff.access import guard
from bot.web.staff.pages import STATIC
from bot.web.staff.sessions import DatabaseSessions


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app`` and guard those under /staff, /desk and /admin."""
    settings = app[SETTINGS]
    idle = dt.timedelta(minutes=settings.session_minutes)
    secure = settings.public_url.startswith("https://")
    app.middlewares.append(session_middleware(DatabaseSessions(app[DATABASE], idle, secure=secure)))
    app.middlewares.append(guard)
    app[views.ATTEMPTS] = RateLimit(settings.login_rate)
    app.router.add_get("/staff/login", views.login_page)
    app.router.add_post("/staff/login", views.login)
    app.router.add_post("/staff/logout", views.logout)
    app.router.add_get("/staff/password", views.password_page)
    app.router.add_post("/staff/password", views.change_password)
    app.router.add_static("/static/staff/", STATIC)
