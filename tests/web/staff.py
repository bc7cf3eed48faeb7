"""People who work with the hotline, for tests of desk and console."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from aiohttp.test_utils import TestClient
from argon2 import PasswordHasher

from bot.bootstrap import now
from bot.hotline.staff import StaffMember
from bot.hotline.work_orders import Role
from bot.storage import Database, add_staff

PASSWORD = "云江的水很清很清亮"
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_HEADER = re.compile(r'"X-CSRF-Token": "([^"]+)"')


@lru_cache(maxsize=8)
def quick_hash(password: str) -> str:
    """Return a hash of ``password`` that is checked at once: checking follows the parameters that the hash names."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


async def logged_in(client: TestClient, database: Database, role: Role, **more: Any) -> StaffMember:
    """Make an account of ``role`` and log ``client`` in with it; its changes then carry the token by themselves.

    ``more`` are further values of the account, such as ``jurisdiction``, ``department``, ``login`` or ``name``.
    """
    login = str(more.pop("login", role.value.replace("_", "-")))
    new = StaffMember("", login, str(more.pop("name", login)), role, **more)
    with database.begin() as connection:
        member = add_staff(connection, new, quick_hash(PASSWORD), now())
    await log_in(client, login)
    return member


async def log_in(client: TestClient, login: str, password: str = PASSWORD) -> None:
    """Log ``client`` in as the account called ``login``."""
    page = await (await client.get("/staff/login")).text()
    form = {"csrf_token": _found(_TOKEN, page), "login": login, "password": password}
    response = await client.post("/staff/login", data=form, allow_redirects=False)
    assert response.status == 303, await response.text()
    page = await (await client.get("/staff/password")).text()
    client.session.headers["X-CSRF-Token"] = _found(_HEADER, page)


async def another_client(client: TestClient, aiohttp_client: Any) -> TestClient:
    """Return a client of the same server with cookies of its own, for another person."""
    other: TestClient = await aiohttp_client(client.server)
    return other


def _found(pattern: re.Pattern[str], page: str) -> str:
    match = pattern.search(page)
    assert match, page[:2000]
    return match[1]
