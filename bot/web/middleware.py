"""What surrounds every request: one shape for errors, strict headers, counters."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import Counter, Histogram

from bot.errors import (
    ChangedMeanwhile,
    GazetteRefused,
    HotlineError,
    KnowledgeInvalid,
    MoveRefused,
    NotFound,
    StorageUnavailable,
)
from bot.hotline.learning import LabelInvalid, ReleaseRefused
from bot.hotline.staff import StaffInvalid
from bot.web.staff.pages import error_page

logger = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

REQUESTS = Counter("hotline_web_requests_total", "Requests by route and status", ["route", "status"])
SECONDS = Histogram("hotline_web_request_seconds", "Seconds a request took, by route", ["route"])

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",  # pages change with a release; a browser asks whether its copy is still right
}
_REASONS = {
    400: "请求不正确。",
    401: "需要令牌。",
    403: "这个地址不能访问。",
    404: "没有这个页面。",
    405: "这个地址不支持这种请求方式。",
    413: "内容太大。",
    415: "内容类型不支持。",
}
_KEPT = frozenset({"allow", "retry-after", "www-authenticate", "hx-redirect"})
_STATUS: dict[type[HotlineError], int] = {
    NotFound: 404,
    MoveRefused: 409,
    ChangedMeanwhile: 409,
    KnowledgeInvalid: 400,
    GazetteRefused: 400,
    StaffInvalid: 400,
    LabelInvalid: 400,
    ReleaseRefused: 409,
    StorageUnavailable: 503,
}


@web.middleware
async def headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Put the security headers on every response, errors included."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        error.headers.update(_HEADERS)
        raise
    response.headers.update({name: value for name, value in _HEADERS.items() if name not in response.headers})
    return response


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into ``{"error": "一句话"}``, or a page for staff, with its status; no trace leaves the log."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        reason = error.text if error.content_type == "application/json" else None
        reason = reason or _REASONS.get(error.status, "请求没有成功。")
        return _error(request, error.status, reason, dict(error.headers))
    except HotlineError as error:
        status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
        if status >= 500:
            logger.error("%s %s failed: %s", request.method, _route(request), error)
        return _error(request, status, str(error))
    except Exception as error:
        logger.error("%s %s failed: %s", request.method, _route(request), type(error).__name__)
        return _error(request, 500, "系统出错了，请稍后再试，或拨打12345。")


def _error(request: web.Request, status: int, reason: str, headers: dict[str, str] | None = None) -> web.Response:
    kept = {k: v for k, v in (headers or {}).items() if k.lower() in _KEPT}
    if page := error_page(request, status, reason):
        return web.Response(text=page, content_type="text/html", status=status, headers={**_HEADERS, **kept})
    return web.json_response({"error": reason}, status=status, headers={**_HEADERS, **kept})


@web.middleware
async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count requests and their time by route, never by address or person."""
    started = time.perf_counter()
    route = _route(request)
    response = await handler(request)
    REQUESTS.labels(route, response.status).inc()
    SECONDS.labels(route).observe(time.perf_counter() - started)
    return response


def _route(request: web.Request) -> str:
    """Return the route's pattern: an address itself may hold what somebody typed."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"
