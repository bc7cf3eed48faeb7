"""Addresses of the HTTP API: each operation of the contract with its view, its scope and its checks around it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.storage import ApiToken, Database, find_token, note_use
from bot.web.api import contract, views
from bot.web.keys import DATABASE, REFERENCE

PREFIX = "/api/v1"
View = Callable[[views.Call], tuple[int, contract.Json]]


def add_routes(app: web.Application) -> None:
    """Add every operation of the contract, and the contract itself for everybody to read."""
    app.router.add_get(f"{PREFIX}/openapi.json", _document)
    for path, method, operation in contract.operations():
        view = getattr(views, _function_name(operation["operationId"]))
        app.router.add_route(method, PREFIX + path, _handler(operation, view))


async def _document(request: web.Request) -> web.Response:
    return web.json_response(contract.document())


def _handler(operation: contract.Json, view: View) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        token = await _token(request, operation["x-scope"])
        parameters = contract.read_parameters(request, operation)
        body = await contract.read_body(request, operation) if "requestBody" in operation else {}
        call = views.Call(
            token, parameters, body, request.app[DATABASE], request.app[REFERENCE], dt.datetime.now(dt.timezone.utc)
        )
        status, content = await asyncio.to_thread(view, call)
        return web.json_response(content, status=status)

    return handle


async def _token(request: web.Request, scope: str) -> ApiToken:
    """Return who calls. Raises HTTPUnauthorized without a valid token, HTTPForbidden without the scope."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    token = None
    if kind.lower() == "bearer" and secret.strip():
        token = await asyncio.to_thread(_find, request.app[DATABASE], secret.strip())
    if token is None:
        raise web.HTTPUnauthorized(
            text="缺少令牌，或令牌已失效。请在请求头写 Authorization: Bearer <令牌>。",
            content_type="application/json",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if scope not in token.scopes:
        raise web.HTTPForbidden(text=f"这个令牌没有权限 {scope}。", content_type="application/json")
    return token


def _find(database: Database, secret: str) -> ApiToken | None:
    now = dt.datetime.now(dt.timezone.utc)
    with database.begin() as connection:
        token = find_token(connection, secret, now)
        if token:
            note_use(connection, token, now)
        return token


def _function_name(operation: str) -> str:
    """Return ``list_work_orders`` for ``listWorkOrders``."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in operation)
