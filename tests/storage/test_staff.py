"""Accounts, logins and the record of deeds on both databases."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from bot.hotline.deadlines import ZONE
from bot.hotline.staff import FAILURES, LOCKED, StaffInvalid, StaffMember
from bot.hotline.work_orders import Role
from bot.knowledge_files import KnowledgeFiles
from bot.storage import (
    Database,
    add_staff,
    any_staff,
    change_staff,
    delete_logins_before,
    end_login,
    find_credentials,
    keep_login,
    list_deeds,
    note_deed,
    note_login,
    note_seen,
    read_login,
    save_knowledge,
    set_password,
)

T0 = dt.datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
IDLE, LONGEST = dt.timedelta(hours=1), dt.timedelta(hours=12)


def added(database: Database, login: str = "wang", role: Role = Role.ADMINISTRATOR, **more: Any) -> StaffMember:
    with database.begin() as connection:
        return add_staff(connection, StaffMember("", login, "小王", role, **more), "hash", T0)


def test_the_first_account_makes_logging_in_possible(database: Database) -> None:
    with database.read() as connection:
        assert not any_staff(connection)
    added(database)
    with database.read() as connection:
        assert any_staff(connection)
        assert find_credentials(connection, "wang")
        assert find_credentials(connection, "nobody") is None


def test_a_login_name_is_given_once(database: Database) -> None:
    added(database)
    with pytest.raises(StaffInvalid, match="已经有人用了"):
        added(database)


@pytest.mark.parametrize("login", ["", "A", "has space", "王", "a" * 33, "-x"])
def test_a_login_name_has_a_plain_form(database: Database, login: str) -> None:
    with pytest.raises(StaffInvalid, match="登录名"):
        added(database, login)


def test_a_handler_belongs_to_a_department_and_others_do_not(database: Database, files: KnowledgeFiles) -> None:
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="start")
    department = files.departments[0].id
    assert added(database, "li", Role.HANDLER, department=department).department == department
    with pytest.raises(StaffInvalid, match="承办单位"):
        added(database, "zhao", Role.HANDLER)
    with pytest.raises(StaffInvalid, match="承办单位"):
        added(database, "qian", Role.OPERATOR, department=department)


def test_of_two_who_change_an_account_one_is_refused(database: Database) -> None:
    member = added(database)
    with database.begin() as connection:
        change_staff(connection, replace(member, name="小李"))
    with pytest.raises(StaffInvalid, match="刚刚有人改过"), database.begin() as connection:
        change_staff(connection, replace(member, name="小张"))


def test_the_last_administrator_stays(database: Database) -> None:
    member = added(database)
    added(database, "op", Role.OPERATOR)
    for lost in (replace(member, disabled=True), replace(member, role=Role.OPERATOR)):
        with pytest.raises(StaffInvalid, match="至少要保留一个"), database.begin() as connection:
            change_staff(connection, lost)
    with database.read() as connection:
        found = find_credentials(connection, "wang")
    assert found
    assert found.member == member


def test_wrong_passwords_lock_an_account_and_a_right_one_starts_anew(database: Database) -> None:
    member = added(database)
    with database.begin() as connection:
        for _ in range(FAILURES - 1):
            assert note_login(connection, member.id, T0, right=False) is None
        note_login(connection, member.id, T0, right=True)
        for _ in range(FAILURES - 1):
            assert note_login(connection, member.id, T0, right=False) is None
        assert note_login(connection, member.id, T0, right=False) == T0 + LOCKED
        found = find_credentials(connection, "wang")
    assert found
    assert found.locked_until == T0 + LOCKED


def test_a_login_ends_after_idling_and_after_a_shift(database: Database) -> None:
    member = added(database)
    with database.begin() as connection:
        keep_login(connection, "secret", {"staff": member.id}, T0)
        assert read_login(connection, "other", T0, IDLE, LONGEST) is None
        assert read_login(connection, "secret", T0 + IDLE / 2, IDLE, LONGEST)
        assert read_login(connection, "secret", T0 + IDLE, IDLE, LONGEST) is None
        at = T0
        while at < T0 + LONGEST - IDLE:
            at += IDLE / 2
            note_seen(connection, "secret", at)
        assert read_login(connection, "secret", at + IDLE / 2, IDLE, LONGEST)
        note_seen(connection, "secret", T0 + LONGEST)
        assert read_login(connection, "secret", T0 + LONGEST, IDLE, LONGEST) is None
        assert delete_logins_before(connection, T0 + LONGEST + IDLE) == 1


@pytest.mark.parametrize("what", ["password", "account", "logout"])
def test_what_ends_a_login_ends_it_everywhere(database: Database, what: str) -> None:
    member = added(database)
    with database.begin() as connection:
        keep_login(connection, "secret", {"staff": member.id}, T0)
        if what == "password":
            set_password(connection, member.id, "other")
        elif what == "account":
            change_staff(connection, replace(member, name="小李"))
        else:
            end_login(connection, "secret")
        assert read_login(connection, "secret", T0, IDLE, LONGEST) is None


def test_deeds_are_kept_with_who_and_found_again(database: Database) -> None:
    member = added(database)
    with database.begin() as connection:
        note_deed(connection, member, "修改条目", "entry.1", at=T0, 理由="数字有误")
        note_deed(connection, None, "新建账号", "li", at=T0 + IDLE)
    with database.read() as connection:
        deeds = list_deeds(connection)
        assert [(d.deed, d.login, d.object) for d in deeds] == [
            ("新建账号", "命令行", "li"),
            ("修改条目", "wang", "entry.1"),
        ]
        assert deeds[1].details == {"理由": "数字有误"}
        assert [d.deed for d in list_deeds(connection, staff=member.id)] == ["修改条目"]
        assert [d.deed for d in list_deeds(connection, deed="账号")] == ["新建账号"]
        assert [d.deed for d in list_deeds(connection, before=T0 + IDLE)] == ["修改条目"]
        assert list_deeds(connection, object="100%_") == []
