"""The page around everything that staff see, and how values are shown on it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined

from bot.hotline.deadlines import ZONE
from bot.hotline.staff import Permission, StaffMember
from bot.hotline.work_orders import Role
from bot.settings import PROJECT_ROOT
from bot.web.staff.access import PREFIXES, csrf_token, member_of

STATIC = PROJECT_ROOT / "frontend" / "dist" / "staff"
_WEB = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Link:
    """A place in the navigation and the permission it needs."""

    path: str
    title: str
    permission: Permission


NAVIGATION: Mapping[str, tuple[Link, ...]] = {
    "坐席台": (
        Link("/desk", "会话", Permission.TALK),
        Link("/desk/intake", "电话受理", Permission.TALK),
        Link("/desk/orders", "工单", Permission.SEE_ORDERS),
        Link("/desk/reports", "统计", Permission.SEE_REPORTS),
    ),
    "管理后台": (
        Link("/admin", "总览", Permission.SEE_OVERVIEW),
        Link("/admin/inbox", "待标注", Permission.LABEL_MESSAGES),
        Link("/admin/knowledge", "知识", Permission.EDIT_KNOWLEDGE),
        Link("/admin/directory", "热线与派单", Permission.EDIT_KNOWLEDGE),
        Link("/admin/documents", "政策文件", Permission.IMPORT_DOCUMENTS),
        Link("/admin/training", "训练与发布", Permission.TRAIN_MODELS),
        Link("/admin/staff", "人员", Permission.MANAGE_STAFF),
        Link("/admin/audit", "操作记录", Permission.SEE_AUDIT),
    ),
}


def home(member: StaffMember) -> str:
    """Return the first page of ``member``'s own work that they may see."""
    groups = list(NAVIGATION)[:: -1 if member.role is Role.ADMINISTRATOR else 1]
    links = (link for group in groups for link in NAVIGATION[group])
    return next((link.path for link in links if member.may(link.permission)), "/staff/password")


async def render(request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
    """Return the page made by ``template``, such as ``desk/queue.html``, for whoever is logged in."""
    member = member_of(request)
    groups = {title: [link for link in links if member.may(link.permission)] for title, links in NAVIGATION.items()}
    html = templates().get_template(template).render(
        member=member, csrf=await csrf_token(request), navigation=groups, here=_here(request.path), may=member.may,
        Permission=Permission, **values,
    )  # fmt: skip
    return web.Response(text=html, content_type="text/html", status=status)


async def render_public(request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
    """Return a page that needs nobody to be logged in."""
    html = templates().get_template(template).render(csrf=await csrf_token(request), **values)
    return web.Response(text=html, content_type="text/html", status=status)


def error_page(request: web.Request, status: int, reason: str) -> str | None:
    """Return the page that says what went wrong, ``None`` where the answer is not for somebody who reads pages."""
    wants = "text/html" in request.headers.get("Accept", "") and not request.headers.get("HX-Request")
    if not request.path.startswith(PREFIXES) or not wants:
        return None
    return templates().get_template("staff/error.html").render(status=status, reason=reason)


def _here(path: str) -> str:
    """Return the place in the navigation that ``path`` belongs to: the longest that it begins with."""
    paths = [link.path for group in NAVIGATION.values() for link in group]
    return max((p for p in paths if path == p or path.startswith(f"{p}/")), key=len, default="")


@lru_cache(maxsize=1)
def templates() -> Environment:
    """Return the templates of ``staff/``, ``desk/`` and ``admin/``; what is undefined is an error, not nothing."""
    folders = {name: FileSystemLoader(_WEB / name / "templates") for name in ("staff", "desk", "admin")}
    environment = Environment(
        loader=PrefixLoader(folders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"moment": moment, "day": day, "percent": percent, "waiting": waiting}
    environment.globals["static"] = static
    return environment


@lru_cache(maxsize=32)
def static(name: str) -> str:
    """Return the address of a static file, which changes with its content."""
    return f"/static/staff/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def moment(at: dt.datetime | None) -> str:
    """Return ``at`` as the clock in China shows it: 2026-11-28 09:30."""
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}" if at else "—"


def day(at: dt.datetime | dt.date | None) -> str:
    """Return the date of ``at`` in China."""
    if at is None:
        return "—"
    return f"{at.astimezone(ZONE) if isinstance(at, dt.datetime) else at:%Y-%m-%d}"


def percent(share: float | None) -> str:
    """Return 0.934 as 93.4%, a dash where there is nothing to take a share of."""
    return "—" if share is None else f"{share:.1%}"


def waiting(seconds: float) -> str:
    """Return how long somebody waits: 45秒, 12分, 3小时, 2天."""
    for size, unit in ((86400, "天"), (3600, "小时"), (60, "分")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{max(0, int(seconds))}秒"
