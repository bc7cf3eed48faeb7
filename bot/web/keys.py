"""Typed keys of what the application carries."""

from __future__ import annotations

import aiohttp
from aiohttp import web

from bot.settings import Settings

SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
RASA: web.AppKey[aiohttp.ClientSession] = web.AppKey("rasa", aiohttp.ClientSession)
