"""Commands about the accounts of those who work with the hotline; everything else about them is in the console."""

from __future__ import annotations

import secrets
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from bot.errors import HotlineError
from bot.hotline.staff import STAFF_ROLES, StaffMember, check_password
from bot.hotline.work_orders import ROLE_NAMES, Role
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.storage import Database

FIRST = "python -m bot staff add admin --role administrator"


@click.group(help="管理工作人员账号：话务员、班长、承办人、管理员。")
def staff() -> None:
    """Group the commands about accounts."""


@staff.command("add", help="新建账号并显示初始密码，第一次登录时要换。例如：staff add admin --role administrator")
@click.argument("login")
@click.option("--role", required=True, type=click.Choice([role.value for role in STAFF_ROLES]), help="角色。")
@click.option("--name", default="", help="姓名或工号，市民和同事看到的称呼；不写则同登录名。")
@click.option("--jurisdiction", help="只看这个辖区，例如 jingzhou；不写则看全部。")
@click.option("--department", help="承办人所在的承办单位，例如 jingzhou.urban_management。")
@click.option("--password-stdin", is_flag=True, help="从标准输入读密码，登录时不必再换。")
def add(
    login: str, role: str, name: str, jurisdiction: str | None, department: str | None, password_stdin: bool
) -> None:
    """Make an account."""
    from bot.bootstrap import now
    from bot.storage import add_staff, note_deed

    password = _given() if password_stdin else secrets.token_urlsafe(12)
    check_password(password, login)
    member = StaffMember(
        "", login, name or login, Role(role), jurisdiction, department, must_change_password=not password_stdin
    )
    with _database().begin() as connection:
        added = add_staff(connection, member, _hash(password), now())
        note_deed(connection, None, "新建账号", added.login, at=now(), role=role)
    click.echo(f"已新建{ROLE_NAMES[Role(role)]}账号 {login}。")
    if not password_stdin:
        click.echo(f"初始密码（只显示这一次）：{password}")
    click.echo(f"登录地址：{Settings.from_environment().web_url}/staff/login")


@staff.command("reset", help="重设密码并显示新的初始密码，原来的登录全部失效，锁定解除。")
@click.argument("login")
@click.option("--password-stdin", is_flag=True, help="从标准输入读密码，登录时不必再换。")
def reset(login: str, password_stdin: bool) -> None:
    """Give an account a new password."""
    from bot.bootstrap import now
    from bot.storage import change_staff, find_credentials, note_deed

    password = _given() if password_stdin else secrets.token_urlsafe(12)
    check_password(password, login)
    with _database().begin() as connection:
        found = find_credentials(connection, login)
        if found is None:
            raise HotlineError(f"没有账号 {login}。用 python -m bot staff list 查看。")
        member = replace(found.member, must_change_password=not password_stdin)
        change_staff(connection, member, password_hash=_hash(password))
        note_deed(connection, None, "重设密码", login, at=now())
    click.echo("已重设。" if password_stdin else f"新的初始密码（只显示这一次）：{password}")


@staff.command("list", help="列出全部账号。")
def show() -> None:
    """List the accounts."""
    from bot.storage import list_staff

    with _database().read() as connection:
        members = list_staff(connection)
    if not members:
        click.echo(f"没有账号。新建管理员：{FIRST}")
    for member in members:
        scope = member.department or member.jurisdiction or "全部辖区"
        off = "  已停用" if member.disabled else ""
        click.echo(f"{member.login}  {member.name}  {member.role_name}  {scope}{off}")


def _given() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _hash(password: str) -> str:
    from bot.passwords import hash_password

    return hash_password(password)


def _database() -> Database:
    from bot.storage import Database

    return Database(Settings.from_environment().database_url)
