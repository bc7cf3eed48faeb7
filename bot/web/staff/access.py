"""Who may call which page: every address of desk and console is private, and says which permission it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from aiohttp import hdrs, web
from aiohttp_session import get_session
from multidict import MultiDict
from wtforms import Field, Form
from wtforms.csrf.session import SessionCSRF

from bot.errors import NotFound
from bot.hotline.staff import Permission, StaffMember
from bot.settings import read_secret
from bot.storage import get_staff
from bot.web.keys import DATABASE, SETTINGS
from bot.web.staff.sessions import LONGEST

PREFIXES = ("/staff", "/desk", "/admin")
_MEMBER = "hotline_member"
CSRF_TOKEN = "csrf_token"
_HEADER = "X-CSRF-Token"
_SAFE = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
_FORMS = ("application/x-www-form-urlencoded",)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=Handler)


class _Token(Form):
    """Nothing but the token that every change carries."""

    class Meta:
        csrf = True
        csrf_class = SessionCSRF
        csrf_time_limit = LONGEST


class _Checked(SessionCSRF):
    """Puts the token into a form; `guard` has checked it before any form is read, wherever the request carried it."""

    def validate_csrf_token(self, form: Form, field: Field) -> None:
        return None


class StaffForm(Form):
    """Base of every form."""

    class Meta:
        csrf = True
        csrf_class = _Checked
        csrf_time_limit = LONGEST
        locales = ("zh",)


def public(handler: H) -> H:
    """Let everybody call ``handler``."""
    handler.__permissions__ = None  # type: ignore[attr-defined]
    return handler


def allowed(*permissions: Permission) -> Callable[[H], H]:
    """Let those call it who have one of ``permissions``; with none, whoever is logged in."""

    def mark(handler: H) -> H:
        handler.__permissions__ = permissions  # type: ignore[attr-defined]
        return handler

    return mark


def member_of(request: web.Request) -> StaffMember:
    """Return who is logged in; only for handlers that are not public."""
    member: StaffMember = request[_MEMBER]
    return member


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse whoever may not call a page of desk or console, and every change that does not come from our own pages."""
    if not request.path.startswith(PREFIXES) or request.match_info.http_exception:
        return await handler(request)
    permissions = getattr(request.match_info.handler, "__permissions__", ())
    _require_own_origin(request)
    if request.method not in _SAFE:
        await _require_token(request)
    if permissions is not None:
        await _require_member(request, permissions)
    response = await handler(request)
    if not response.prepared:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "same-origin"  # with none, browsers hide where a form comes from
    return response


async def _require_member(request: web.Request, permissions: Sequence[Permission]) -> None:
    member = await current_member(request)
    if member is None or member.disabled:
        raise _to_login(request)
    request[_MEMBER] = member
    if permissions and not any(member.may(permission) for permission in permissions):
        raise web.HTTPForbidden(
            text=f"您的角色（{member.role_name}）没有权限做这件事，请联系管理员。", content_type="application/json"
        )
    if member.must_change_password and not request.path.startswith("/staff/"):
        raise web.HTTPSeeOther("/staff/password")


async def current_member(request: web.Request) -> StaffMember | None:
    """Return who is logged in with the request's cookie, if anybody."""
    staff = (await get_session(request)).get("staff")
    return await asyncio.to_thread(_find, request, staff) if staff else None


def _find(request: web.Request, staff: str) -> StaffMember | None:
    try:
        with request.app[DATABASE].read() as connection:
            return get_staff(connection, staff)
    except NotFound:
        return None


def _to_login(request: web.Request) -> web.HTTPException:
    """Return the way to the login; a part of a page that is loaded alone tells the page to go there."""
    target = f"/staff/login?next={quote(request.path_qs, safe='')}"
    if request.headers.get("HX-Request"):
        here = request.headers.get("HX-Current-URL", "")
        path = "/" + here.split("/", 3)[3] if here.count("/") >= 3 else "/desk"
        refusal: web.HTTPException = web.HTTPUnauthorized(
            text="登录已过期，请重新登录。", content_type="application/json",
            headers={"HX-Redirect": f"/staff/login?next={quote(path, safe='')}"},
        )  # fmt: skip
        return refusal
    if request.method not in _SAFE or request.headers.get(hdrs.UPGRADE):
        return web.HTTPUnauthorized(text="登录已过期，请重新登录。", content_type="application/json")
    return web.HTTPSeeOther(target)


def _require_own_origin(request: web.Request) -> None:
    origin = request.headers.get(hdrs.ORIGIN)
    own = origin is None or origin.partition("://")[2] == request.host
    changes = request.method not in _SAFE or request.headers.get(hdrs.UPGRADE)
    if changes and (not own or request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")):
        raise web.HTTPForbidden(text="请求不是从本站页面发出的，没有执行。", content_type="application/json")


async def _require_token(request: web.Request) -> None:
    """Raise HTTPForbidden unless the change carries the token of the login; SessionCSRF of WTForms checks it."""
    token = request.headers.get(_HEADER, "")
    if not token and request.content_type in _FORMS:
        token = str((await request.post()).get(CSRF_TOKEN, ""))
    session = await get_session(request)
    known = "csrf" in session  # else no page was ever shown, and there is nothing to compare with
    if not known or not _Token(MultiDict({CSRF_TOKEN: token}), meta=await form_meta(request)).validate():
        raise web.HTTPForbidden(text="页面已过期，请刷新后再试，内容没有保存。", content_type="application/json")


async def form_meta(request: web.Request) -> dict[str, Any]:
    """Return what every form of this request needs: ``SomeForm(data, meta=await form_meta(request))``."""
    return {"csrf_context": await get_session(request), "csrf_secret": read_secret(request.app[SETTINGS].secret_file)}


async def csrf_token(request: web.Request) -> str:
    """Return the token that the request's page carries."""
    return str(_Token(meta=await form_meta(request))[CSRF_TOKEN].current_token)
