"""Units of work in a thread, so that a page waiting for the database holds up no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from aiohttp import web

from bot.web.keys import DATABASE

_Result = TypeVar("_Result")


async def reading(request: web.Request, ask: Callable[[Any], _Result]) -> _Result:
    """Return ``ask(connection)``, which only reads."""
    database = request.app[DATABASE]

    def run() -> _Result:
        with database.read() as connection:
            return ask(connection)

    return await asyncio.to_thread(run)


async def writing(request: web.Request, do: Callable[[Any], _Result]) -> _Result:
    """Return ``do(connection)``; everything it wrote is kept, or nothing where it raises."""
    database = request.app[DATABASE]

    def run() -> _Result:
        with database.begin() as connection:
            return do(connection)

    return await asyncio.to_thread(run)
