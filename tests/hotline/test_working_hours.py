"""When the desk is open, and what a citizen reads while it is not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from bot.errors import KnowledgeInvalid
from bot.hotline.deadlines import ZONE
from bot.hotline.working_hours import Hours, WorkingHours, read_working_hours
from bot.settings import PROJECT_ROOT

HOURS = read_working_hours(PROJECT_ROOT / "data" / "working_hours.toml")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(dt.timezone.utc)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-27 08:29", False), ("2026-11-27 08:30", True), ("2026-11-27 12:00", False), ("2026-11-27 14:00", True),
        ("2026-11-27 17:29", True), ("2026-11-27 17:30", False), ("2026-11-28 10:00", False),  # a Saturday
        ("2026-10-01 10:00", False), ("2026-10-10 10:00", True),  # National Day, and the Saturday worked for it
    ],
)  # fmt: skip
def test_the_desk_is_open_on_working_days_by_the_chinese_calendar(moment: str, is_open: bool) -> None:
    assert HOURS.of("jingzhou").are_open(at(moment)) is is_open


@pytest.mark.parametrize(
    ("moment", "back"),
    [
        ("2026-11-27 12:30", "今天14:00恢复"), ("2026-11-26 20:00", "明天8:30恢复"),
        ("2026-11-27 18:00", "11月30日（周一）8:30恢复"), ("2026-09-30 20:00", "10月8日（周四）8:30恢复"),
    ],
)  # fmt: skip
def test_a_citizen_reads_when_people_are_back(moment: str, back: str) -> None:
    text = HOURS.absent_text("jingzhou", at(moment))
    assert back in text
    assert "工作日8:30—12:00、14:00—17:30" in text
    assert "12345" in text


def test_within_the_hours_nothing_is_promised() -> None:
    assert HOURS.absent_text("jingzhou", at("2026-11-27 10:00")).startswith("现在没有话务员在线。")


def test_a_place_may_have_hours_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "hours.toml"
    file.write_text(
        '[[hours]]\nworking_days = ["09:00-17:00"]\n'
        '[[hours]]\njurisdiction = "tianmen"\nworking_days = ["00:00-24:00"]\ndays_off = ["00:00-24:00"]\n',
        encoding="utf8",
    )
    hours = read_working_hours(file)
    assert not hours.of("jingzhou").are_open(at("2026-11-28 03:00"))
    assert hours.of("tianmen").are_open(at("2026-11-28 03:00"))
    assert hours.of("tianmen").text == "每天全天"


def test_a_desk_that_never_opens_promises_nothing() -> None:
    text = WorkingHours(Hours()).absent_text("jingzhou", at("2026-11-27 10:00"))
    assert "恢复" not in text
    assert "人工服务时间" not in text


@pytest.mark.parametrize(
    "content",
    [
        "", "[[hours]]\njurisdiction = 'x'\nworking_days = []", "[[hours]]\nworking_days = ['8-12']",
        "[[hours]]\nworking_days = ['12:00-08:00']", "[[hours]]\nworking_days = ['08:00-12:00', '11:00-13:00']",
        "[[hours]]\nmonday = []", "[[hours]]\n[[hours]]", "[[hours]]\nworking_days = ['08:70-12:00']",
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused_with_its_name(tmp_path: Path, content: str) -> None:
    file = tmp_path / "hours.toml"
    file.write_text(content, encoding="utf8")
    with pytest.raises(KnowledgeInvalid, match=r"hours\.toml"):
        read_working_hours(file)
