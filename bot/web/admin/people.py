"""The people who work with the hotline: make accounts, change roles, reset passwords, switch accounts off and on."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from typing import Any

from aiohttp import web
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import HiddenInput

from bot.bootstrap import now
from bot.hotline.staff import STAFF_ROLES, Permission, StaffInvalid, StaffMember
from bot.hotline.work_orders import ROLE_NAMES, Role
from bot.passwords import hash_password
from bot.storage import Database, add_staff, change_staff, get_staff, list_staff, note_deed
from bot.web.keys import DATABASE, REFERENCE
from bot.web.staff.access import StaffForm, allowed, form_meta, member_of
from bot.web.staff.pages import render


class MemberForm(StaffForm):
    """An account."""

    login = StringField("登录名", [InputRequired("请填写登录名。"), Length(max=32)])
    name = StringField("姓名或工号", [InputRequired("请填写姓名或工号。"), Length(max=40)])
    role = SelectField("角色", choices=[(role.value, ROLE_NAMES[role]) for role in STAFF_ROLES])
    jurisdiction = SelectField("辖区")
    department = SelectField("承办单位")
    disabled = BooleanField("停用")
    version = IntegerField(widget=HiddenInput(), default=1)


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/admin/staff", show)
    app.router.add_get("/admin/staff/new", new)
    app.router.add_post("/admin/staff/new", create)
    app.router.add_get("/admin/staff/{id}", edit)
    app.router.add_post("/admin/staff/{id}", change)
    app.router.add_post("/admin/staff/{id}/password", reset)


@allowed(Permission.MANAGE_STAFF)
async def show(request: web.Request) -> web.StreamResponse:
    """List every account."""
    database = request.app[DATABASE]

    def read() -> list[StaffMember]:
        with database.read() as connection:
            return list_staff(connection)

    members = await asyncio.to_thread(read)
    knowledge = await asyncio.to_thread(request.app[REFERENCE].knowledge)
    places = (await asyncio.to_thread(request.app[REFERENCE].places)).by_id
    return await render(request, "admin/people.html", members=members, departments=knowledge.departments, places=places)


@allowed(Permission.MANAGE_STAFF)
async def new(request: web.Request) -> web.StreamResponse:
    """Show the form for a new account."""
    return await _form(request, await _member_form(request), None)


@allowed(Permission.MANAGE_STAFF)
async def create(request: web.Request) -> web.StreamResponse:
    """Make an account with a password to be shown once."""
    form = await _member_form(request, await request.post())
    if not form.validate():
        return await _form(request, form, None, status=400)
    password = secrets.token_urlsafe(12)
    member = _filled(
        StaffMember("", form.login.data.strip().lower(), "", Role.OPERATOR, must_change_password=True), form
    )
    try:
        added = await asyncio.to_thread(_add, request.app[DATABASE], member, password, member_of(request))
    except StaffInvalid as error:
        return await _form(request, form, None, status=400, problem=str(error))
    return await render(request, "admin/password.html", about=added, password=password)


@allowed(Permission.MANAGE_STAFF)
async def edit(request: web.Request) -> web.StreamResponse:
    """Show an account."""
    about = await _about(request)
    data = vars(about) | {
        "role": about.role.value, "jurisdiction": about.jurisdiction or "", "department": about.department or ""
    }  # fmt: skip
    return await _form(request, await _member_form(request, None, data), about)


@allowed(Permission.MANAGE_STAFF)
async def change(request: web.Request) -> web.StreamResponse:
    """Change an account; whoever it belongs to has to log in again."""
    about = await _about(request)
    form = await _member_form(request, await request.post())
    form.login.data = about.login
    if not form.validate():
        return await _form(request, form, about, status=400)
    after = replace(_filled(about, form), disabled=form.disabled.data, version=form.version.data)
    try:
        await asyncio.to_thread(_change, request.app[DATABASE], about, after, member_of(request))
    except StaffInvalid as error:
        return await _form(request, form, about, status=400, problem=str(error))
    raise web.HTTPSeeOther("/admin/staff")


@allowed(Permission.MANAGE_STAFF)
async def reset(request: web.Request) -> web.StreamResponse:
    """Give an account a new password to be shown once; a lock is lifted by that."""
    about, password = await _about(request), secrets.token_urlsafe(12)
    database, by = request.app[DATABASE], member_of(request)

    def store() -> None:
        hashed = hash_password(password)
        with database.begin() as connection:
            change_staff(connection, replace(about, must_change_password=True), password_hash=hashed)
            note_deed(connection, by, "重设密码", about.login, at=now())

    await asyncio.to_thread(store)
    return await render(request, "admin/password.html", about=about, password=password)


def _add(database: Database, member: StaffMember, password: str, by: StaffMember) -> StaffMember:
    hashed = hash_password(password)
    with database.begin() as connection:
        added = add_staff(connection, member, hashed, now())
        note_deed(connection, by, "新建账号", added.login, at=now(), 角色=added.role_name)
    return added


def _change(database: Database, before: StaffMember, after: StaffMember, by: StaffMember) -> None:
    changed = {
        name: f"{getattr(before, name)} → {getattr(after, name)}"
        for name in ("name", "jurisdiction", "department", "disabled")
        if getattr(before, name) != getattr(after, name)
    }
    if before.role is not after.role:
        changed["角色"] = f"{before.role_name} → {after.role_name}"
    with database.begin() as connection:
        change_staff(connection, after)
        note_deed(connection, by, "修改账号", before.login, at=now(), **changed)


def _filled(member: StaffMember, form: MemberForm) -> StaffMember:
    return replace(
        member, name=form.name.data.strip(), role=Role(form.role.data), jurisdiction=form.jurisdiction.data or None,
        department=form.department.data or None,
    )  # fmt: skip


async def _about(request: web.Request) -> StaffMember:
    """Return the account that the address names. Raises NotFound."""
    database, wanted = request.app[DATABASE], request.match_info["id"]

    def read() -> StaffMember:
        with database.read() as connection:
            return get_staff(connection, wanted)

    return await asyncio.to_thread(read)


async def _member_form(request: web.Request, given: Any = None, data: Any = None) -> MemberForm:
    form = MemberForm(given, data=data, meta=await form_meta(request))
    reference = request.app[REFERENCE]
    knowledge, places = await asyncio.to_thread(lambda: (reference.knowledge(), reference.places()))
    covered = sorted((p for p in places.by_id.values() if p.covered), key=lambda p: p.id)
    form.jurisdiction.choices = [("", "全部辖区"), *((place.id, place.name) for place in covered)]
    units = sorted(knowledge.departments.values(), key=lambda d: (d.jurisdiction, d.name))
    form.department.choices = [("", "（只有承办人选）"), *((unit.id, unit.name) for unit in units)]
    return form


async def _form(
    request: web.Request, form: MemberForm, about: StaffMember | None, status: int = 200, problem: str = ""
) -> web.StreamResponse:
    return await render(request, "admin/person.html", status, form=form, about=about, problem=problem)
