"""``/wechat``: the platform checks the address with GET and posts what followers do."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web
from prometheus_client import Counter

from bot.bootstrap import now
from bot.channels.wechat.account import Account, read_account
from bot.channels.wechat.client import WechatClient
from bot.channels.wechat.protocol import WechatRefused, What, echo, passive_reply, read_push
from bot.errors import StorageUnavailable
from bot.settings import read_secret
from bot.storage import DatabaseTokens
from bot.web.conversation.limits import RateLimit
from bot.web.keys import DATABASE, REFERENCE, SETTINGS, SWITCHBOARD
from bot.web.wechat.desk import GRACE, WechatDesk
from bot.web.wechat.sender import Sender

logger = logging.getLogger(__name__)

_LARGEST = 64 * 1024  # bytes of a push; the platform's are far smaller
_WITHIN = dt.timedelta(seconds=4.5) - GRACE  # the platform waits five; the way to it and back takes its time, too
_API_PATIENCE = aiohttp.ClientTimeout(total=10, connect=5)
_BUSY = "系统暂时不可用，消息没有收到，请稍后再发。急事请拨打12345（24小时）。"
_DESK: web.AppKey[WechatDesk] = web.AppKey("wechat_desk", WechatDesk)
_LATE: web.AppKey[dict[str, asyncio.Task[None]]] = web.AppKey("wechat_late", dict)  # acknowledged, not yet settled
_ACCOUNT: web.AppKey[Account] = web.AppKey("wechat_account", Account)
REFUSED = Counter("hotline_wechat_refused_total", "Requests to /wechat that the platform did not send", ["reason"])


def add_routes(app: web.Application) -> None:
    """Add the address, where the settings describe an account. Raises HotlineError where they do so badly."""
    account = read_account(app[SETTINGS])
    if account is None:
        return
    app[_ACCOUNT] = account
    app[_LATE] = {}
    app.cleanup_ctx.append(_work)
    app.router.add_get("/wechat", verify)
    app.router.add_post("/wechat", receive)


async def verify(request: web.Request) -> web.Response:
    """Answer the platform's check of the address."""
    try:
        return web.Response(text=echo(request.app[_ACCOUNT], request.query, now().timestamp()))
    except WechatRefused as refused:
        raise _refusal(refused) from refused


async def receive(request: web.Request) -> web.Response:
    """Take one push and answer within the platform's five seconds."""
    arrived, account = now(), request.app[_ACCOUNT]
    if (request.content_length or 0) > _LARGEST:
        raise web.HTTPRequestEntityTooLarge(max_size=_LARGEST, actual_size=request.content_length or 0)
    try:
        incoming = read_push(account, request.query, await request.read(), arrived.timestamp())
    except WechatRefused as refused:
        raise _refusal(refused) from refused
    if incoming.what is What.OTHER:
        return web.Response(text="success")
    desk, late, name = request.app[_DESK], request.app[_LATE], f"{incoming.openid} {incoming.id}"
    if name in late:  # sent again although it was acknowledged
        return web.Response(text="success")
    stored = asyncio.Event()
    answering = asyncio.create_task(desk.answer(incoming, arrived, arrived + _WITHIN, stored))
    await asyncio.wait({answering}, timeout=(_WITHIN + GRACE).total_seconds())
    if not answering.done() and stored.is_set():  # the database is slow: acknowledge it, so that it is not sent again
        late[name] = asyncio.create_task(desk.follow_up(answering))
        late[name].add_done_callback(lambda _: late.pop(name, None))
        return web.Response(text="success")
    try:
        text = (await answering).text
    except StorageUnavailable as error:
        logger.error("a follower is asked to come again: %s", error)
        text = _BUSY
    return web.Response(text=passive_reply(account, incoming, text, now().timestamp()) if text else "success")


def _refusal(refused: WechatRefused) -> web.HTTPForbidden:
    """Log why, and tell whoever sent it nothing."""
    reason = str(refused).partition(":")[0]
    REFUSED.labels(reason).inc()
    logger.warning("a request to /wechat was refused: %s", refused)
    return web.HTTPForbidden()


async def _work(app: web.Application) -> AsyncIterator[None]:
    account, database, settings = app[_ACCOUNT], app[DATABASE], app[SETTINGS]
    secret = read_secret(settings.secret_file)
    app[_DESK] = WechatDesk(
        account, database, app[SWITCHBOARD], app[REFERENCE].places, secret, RateLimit(settings.citizen_rate), now
    )
    async with aiohttp.ClientSession(timeout=_API_PATIENCE) as session:
        client = WechatClient(account, session, DatabaseTokens(database, account.appid), now)
        sending = asyncio.create_task(Sender(database, client, now, pushes=account.pushes).run())
        yield
        await asyncio.gather(*app[_LATE].values(), return_exceptions=True)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
