"""The report at the desk: the figures of small hand-made months, a department's own view, files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from openpyxl import load_workbook

from bot.bootstrap import now
from bot.hotline.deadlines import ZONE
from bot.hotline.work_orders import Role, State
from bot.storage import Database, list_deeds
from tests.web.orders import STREETS, WATER, filed, with_departments
from tests.web.staff import logged_in

MONTH = f"{now().astimezone(ZONE):%Y-%m}"
THIS = now().astimezone(ZONE).replace(day=1, hour=0, minute=30)


@pytest.fixture(autouse=True)
def orders(database: Database) -> None:
    with_departments(database)
    done: dict[str, Any] = {"state": State.CLOSED, "received": THIS}
    filed(database, department=STREETS, answered=THIS + dt.timedelta(days=1), satisfaction=5, **done)
    filed(database, department=STREETS, answered=THIS + dt.timedelta(days=40), satisfaction=2, reworked=1, **done)
    filed(database, department=WATER, answered=THIS + dt.timedelta(days=1), category="公用事业/供水", **done)
    before = THIS - dt.timedelta(hours=1)  # in UTC both are days of the month before, in China only this one
    filed(database, department=WATER, state=State.DISPATCHED, received=before)
    filed(database, department="beihe.streets", jurisdiction="beihe", answered=THIS, **done)
    filed(database, department=STREETS, merged_into=None, state=State.MERGED, received=THIS)


async def table(client: TestClient, query: str = "") -> dict[str, list[str]]:
    """Return the rows of the CSV file by department."""
    response = await client.get(f"/desk/reports.csv?{query}")
    assert response.status == 200
    rows = list(csv.reader(io.StringIO((await response.read()).decode("utf-8-sig"))))
    return {row[0]: row[1:] for row in rows[1:]}


async def test_the_figures_are_those_counted_by_hand(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.SUPERVISOR, jurisdiction="yunjiang")
    found = await table(client, f"period={MONTH}")
    assert found["合计"][:7] == ["3", "3", "1", "66.7%", "33.3%", "50.0%", "66.7%"]
    assert found["云江市城市管理局"] == ["2", "2", "1", "50.0%", "50.0%", "50.0%", "100.0%", "城市管理/占道经营（2）"]
    assert found["云江市水务集团"][:7] == ["1", "1", "0", "100.0%", "0.0%", "—", "0.0%"]
    assert len(found) == 3, "the other place does not show"
    page = await (await client.get(f"/desk/reports?period={MONTH}")).text()
    cards = re.findall(r'figure-card"><strong>([^<]+)</strong><span>([^<]+)', page)
    assert {name: value for value, name in cards}["按时办结率"] == "66.7%"
    earlier = f"{THIS - dt.timedelta(days=2):%Y-%m}"
    assert (await table(client, f"period={earlier}"))["合计"][0] == "1"
    assert f"<td>{earlier}</td>" in page, "the trend shows the month before"


async def test_a_year_sums_its_months(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.ADMINISTRATOR)
    year = await table(client, f"period={THIS.year}")
    assert year["合计"][0] == ("5" if THIS.month > 1 else "4")
    assert "北河市城市管理局" in year


async def test_a_handler_gets_the_own_department_whatever_is_asked_for(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.HANDLER, department=WATER)
    for query in (f"period={MONTH}", f"period={MONTH}&department={STREETS}"):
        assert list(await table(client, query)) == ["云江市水务集团"]
        page = await (await client.get(f"/desk/reports?{query}")).text()
        assert "城市管理局" not in page
        assert "合计" not in page


async def test_the_workbook_opens_and_that_it_was_taken_is_recorded(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.SUPERVISOR)
    response = await client.get(f"/desk/reports.xlsx?period={MONTH}")
    sheet = load_workbook(io.BytesIO(await response.read())).active
    assert sheet["A2"].value == "合计"
    assert sheet["B2"].value == 4
    with database.read() as connection:
        (deed,) = list_deeds(connection, deed="导出统计")
    assert deed.object == MONTH


async def test_a_month_without_orders_says_so(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.SUPERVISOR)
    page = await (await client.get(f"/desk/reports?period={THIS.year - 1}-{THIS.month:02d}")).text()
    assert "没有受理的工单" in page
    assert (await client.get("/desk/reports?period=next")).status == 200
