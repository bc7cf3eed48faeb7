"""The console on a database that knows the library of 云江市, with an administrator logged in."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from bot.hotline.work_orders import Role
from bot.storage import Database
from tests.web.library import fill
from tests.web.staff import logged_in


@pytest.fixture
async def admin(client: TestClient, database: Database) -> TestClient:
    """A client with an administrator logged in."""
    fill(database)
    await logged_in(client, database, Role.ADMINISTRATOR, login="admin", name="王主任")
    return client


@pytest.fixture
async def narrow(client: TestClient, database: Database) -> TestClient:
    """A client with an administrator who looks after 北河市 alone."""
    fill(database)
    await logged_in(client, database, Role.ADMINISTRATOR, login="beihe", jurisdiction="beihe")
    return client


@pytest.fixture
def entry_form() -> Any:
    """Makes what the form of the deposit's entry sends, changed as wanted."""

    def make(**changed: Any) -> list[tuple[str, str]]:
        values = {
            "question": "办借书证要交多少押金？", "answer": "每证押金100元，凭居民身份证办理。", "similar": "借书证收钱吗\n办个借书证要多少钱",
            "aspect": "fee", "kind": "answer", "accepted": "", "department": "", "items": "yunjiang.library.card",
            "cited_document": "yunjiang.library", "cited_paths": "第二条", "reason": "更正", "version": "1", **changed,
        }  # fmt: skip
        return [(name, str(value)) for name, value in values.items() if value is not None]

    return make
