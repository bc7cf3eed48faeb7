"""Typed keys of what the application carries."""

from __future__ import annotations

import aiohttp
from aiohttp import web

from bot.bootstrap import Application, Reference
from bot.settings import Settings
from bot.storage import Database
from bot.web.conversation.switchboard import Switchboard

SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
DATABASE: web.AppKey[Database] = web.AppKey("database", Database)
RASA: web.AppKey[aiohttp.ClientSession] = web.AppKey("rasa", aiohttp.ClientSession)
APPLICATION: web.AppKey[Application] = web.AppKey("application", Application)
REFERENCE: web.AppKey[Reference] = web.AppKey("reference", Reference)
SWITCHBOARD: web.AppKey[Switchboard] = web.AppKey("switchboard", Switchboard)
