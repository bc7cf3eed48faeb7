"""Logging in and out, and changing one's own password."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

from aiohttp import web
from aiohttp_session import get_session, new_session
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from bot.bootstrap import now
from bot.hotline.staff import StaffInvalid, StaffMember, check_password
from bot.passwords import hash_password, is_password
from bot.storage import Database, find_credentials, note_deed, note_login, set_password
from bot.web.conversation.limits import RateLimit
from bot.web.keys import DATABASE
from bot.web.staff.access import StaffForm, allowed, current_member, form_meta, member_of, public
from bot.web.staff.pages import home, moment, render, render_public

ATTEMPTS: web.AppKey[RateLimit] = web.AppKey("login_attempts", RateLimit)
_WRONG = "登录名或密码不对。"


class LoginForm(StaffForm):
    """Who wants to log in."""

    login = StringField("登录名", [InputRequired("请填写登录名。")])
    password = PasswordField("密码", [InputRequired("请填写密码。")])
    next = HiddenField()


class PasswordForm(StaffForm):
    """A new password for oneself."""

    old = PasswordField("现在的密码", [InputRequired("请填写现在的密码。")])
    new = PasswordField("新密码", [InputRequired("请填写新密码。")])
    again = PasswordField("再输入一次新密码", [InputRequired("请再输入一次。")])


@public
async def login_page(request: web.Request) -> web.StreamResponse:
    """Ask who is there; whoever is logged in already goes on."""
    member = await current_member(request)
    if member and not member.disabled:
        raise web.HTTPSeeOther(_target(request.query.get("next", ""), member))
    form = LoginForm(data={"next": request.query.get("next", "")}, meta=await form_meta(request))
    return await render_public(request, "staff/login.html", form=form, problem="")


@public
async def login(request: web.Request) -> web.StreamResponse:
    """Let somebody in whose password is right; after five wrong ones the account is locked for a while."""
    form = LoginForm(await request.post(), meta=await form_meta(request))
    if not await request.app[ATTEMPTS].allows(request.remote or ""):
        return await render_public(request, "staff/login.html", 429, form=form, problem="尝试太频繁，请过一分钟再试。")
    if not form.validate():
        return await render_public(request, "staff/login.html", 400, form=form, problem="")
    member, problem = await asyncio.to_thread(
        _check, request.app[DATABASE], form.login.data.strip().lower(), form.password.data, now()
    )
    if member is None:
        return await render_public(request, "staff/login.html", 403, form=form, problem=problem)
    (await get_session(request)).invalidate()
    session = await new_session(request)  # another cookie than before, which somebody else may have known
    session["staff"] = member.id
    raise web.HTTPSeeOther(_target(form.next.data or "", member))


def _check(database: Database, login: str, password: str, at: dt.datetime) -> tuple[StaffMember | None, str]:
    """Return who may come in, or why not; it takes as long for a name that is not there."""
    with database.read() as connection:
        found = find_credentials(connection, login)
    right = is_password(password, found.password_hash if found else None)
    if found is None or found.member.disabled:
        return None, _WRONG
    if found.locked_until and found.locked_until > at:
        return None, f"密码连续输错，账号已锁定到 {moment(found.locked_until)}。如不是本人操作，请告诉管理员。"
    with database.begin() as connection:
        until = note_login(connection, found.member.id, at, right=right)
        note_deed(connection, found.member, "登录" if right else "登录失败", at=at)
        if until:
            note_deed(connection, found.member, "账号锁定", at=at)
    if right:
        return found.member, ""
    return None, f"密码连续输错，账号已锁定到 {moment(until)}。" if until else _WRONG


def _target(path: str, member: StaffMember) -> str:
    """Return where to go after the login: back to a page of ours, never to another site."""
    own = path.startswith(("/desk", "/admin", "/staff/password")) and "\\" not in path and "//" not in path
    return path if own and path.isprintable() else home(member)


@allowed()
async def logout(request: web.Request) -> web.StreamResponse:
    """End this login."""
    member, database = member_of(request), request.app[DATABASE]

    def record() -> None:
        with database.begin() as connection:
            note_deed(connection, member, "退出", at=now())

    await asyncio.to_thread(record)
    (await get_session(request)).invalidate()
    raise web.HTTPSeeOther("/staff/login")


@allowed()
async def password_page(request: web.Request) -> web.StreamResponse:
    """Show the form for a new password."""
    form = PasswordForm(meta=await form_meta(request))
    return await render(request, "staff/password.html", form=form, problem="")


@allowed()
async def change_password(request: web.Request) -> web.StreamResponse:
    """Change one's own password and log out everywhere else."""
    member = member_of(request)
    form = PasswordForm(await request.post(), meta=await form_meta(request))
    if not form.validate():
        return await render(request, "staff/password.html", 400, form=form, problem="")
    if form.new.data != form.again.data:
        return await render(request, "staff/password.html", 400, form=form, problem="两次输入的新密码不一样。")
    try:
        await asyncio.to_thread(_change_password, request.app[DATABASE], member, form.data)
    except StaffInvalid as error:
        return await render(request, "staff/password.html", 400, form=form, problem=str(error))
    session = await new_session(request)
    session["staff"] = member.id
    raise web.HTTPSeeOther(home(member))


def _change_password(database: Database, member: StaffMember, given: dict[str, Any]) -> None:
    with database.read() as connection:
        found = find_credentials(connection, member.login)
    if found is None or not is_password(given["old"], found.password_hash):
        raise StaffInvalid("现在的密码不对。")
    check_password(given["new"], member.login)
    if given["new"] == given["old"]:
        raise StaffInvalid("新密码不能和现在的一样。")
    with database.begin() as connection:
        set_password(connection, member.id, hash_password(given["new"]))
        note_deed(connection, member, "修改自己的密码", at=now())
