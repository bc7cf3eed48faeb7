"""Typed keys of what the application carries."""

from __future__ import annotations

import aiohttp
from aiohttp import web

from bot.settings import Settings
from bot.storage import Database

SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
DATABASE: web.AppKey[Database] = web.AppKey("database", Database)
RASA: web.AppKey[aiohttp.ClientSession] = web.AppKey("rasa", aiohttp.ClientSession)
