"""How a widget's frames travel: over a WebSocket, or where that is blocked, by asking again and again."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from aiohttp import WSMessage, WSMsgType, web

from bot.errors import StorageUnavailable
from bot.hotline.conversations import Author
from bot.web.conversation.limits import RateLimit
from bot.web.keys import SETTINGS
from bot.web.widget.sessions import WIDGET, Frame, Session, open_session

logger = logging.getLogger(__name__)

ADDRESSES: web.AppKey[RateLimit] = web.AppKey("addresses", RateLimit)
_LARGEST_FRAME = 32 * 1024  # bytes
_HEARTBEAT = 25.0  # seconds
_HELLO_WITHIN = 15.0
_POLLED = 25.0  # seconds that a request waits for news
_QUEUE_LOOK = 3.0  # seconds after which a waiting citizen's place in the queue is looked up again
_LOOK = 60.0
_MOST_FRAMES = 20  # in one request
_TOO_OFTEN = "这个网络的访问太频繁，请稍后再试。急事请拨打12345。"


async def socket(request: web.Request) -> web.WebSocketResponse:
    """Serve one widget until it goes."""
    require_origin(request)
    await require_patience(request)
    response = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=_LARGEST_FRAME)
    await response.prepare(request)
    try:
        hello = _read(await asyncio.wait_for(response.receive(), _HELLO_WITHIN))
        if hello is None or hello.get("type") != "hello":
            await response.close(code=1002, message=b"hello is missing")
            return response
        session = await open_session(request.app[WIDGET], hello.get("token"), hello.get("jurisdiction"))
        await _talk(request, response, session, _whole(hello.get("after")))
    except (ConnectionError, asyncio.TimeoutError):
        pass  # the network broke; the widget comes again
    except StorageUnavailable as error:
        logger.error("a widget is asked to come again: %s", error)
        await response.close(code=1013, message=b"try again later")
    return response


async def _talk(request: web.Request, response: web.WebSocketResponse, session: Session, after: int) -> None:
    welcome = await session.welcome(after)
    await response.send_json(welcome)
    seen = max([after, *(message["seq"] for message in welcome["messages"])])
    telling = asyncio.create_task(_tell(request, response, session, seen, welcome["state"]))
    try:
        async for message in response:
            frame = _read(message)
            if not await request.app[ADDRESSES].allows(_address(request)):
                await response.send_json({"type": "error", "text": _TOO_OFTEN, "id": _own_id(frame)})
                continue
            if frame is None:
                await response.send_json({"type": "error", "text": "消息格式不对，请刷新页面。", "id": None})
                continue
            for answer in await session.handle(frame):
                await response.send_json(answer)
    finally:
        telling.cancel()


async def _tell(
    request: web.Request, response: web.WebSocketResponse, session: Session, seen: int, state: Frame
) -> None:
    """Send what is new in the conversation as it comes."""
    feed = request.app[WIDGET].switchboard.feed
    with feed.listen(session.id) as listener:
        while not response.closed:
            try:
                typing = await listener.news(_QUEUE_LOOK if state["holder"] == "queue" else _LOOK)
                if typing in (Author.BOT, Author.OPERATOR):
                    await response.send_json({"type": "typing", "from": typing.value})
                messages, now = await session.news(seen)
                for message in messages:
                    await response.send_json({"type": "message", **message})
                    seen = message["seq"]
                if now != state:
                    state = now
                    await response.send_json({"type": "state", **state})
            except ConnectionError:
                return
            except StorageUnavailable as error:
                logger.error("news are told later: %s", error)
                await asyncio.sleep(1)
                listener.wake()


async def put_frames(request: web.Request) -> web.Response:
    """Take one frame or a list of them and return what is told at once; the first without a token is a hello."""
    require_origin(request)
    await require_patience(request)
    try:
        content = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise _refused("请求正文不是有效的 JSON。") from None
    frames = content if isinstance(content, list) else [content]
    if len(frames) > _MOST_FRAMES or not all(isinstance(frame, dict) for frame in frames):
        raise _refused(f"应是一个 JSON 对象，或最多 {_MOST_FRAMES} 个的列表。")
    answers: list[Frame] = []
    with _unavailable():
        if frames and frames[0].get("type") == "hello":
            hello = frames.pop(0)
            session = await open_session(request.app[WIDGET], hello.get("token"), hello.get("jurisdiction"))
            answers.append(await session.welcome(_whole(hello.get("after"))))
        else:
            session = await session_of(request)
        for frame in frames:
            answers += await session.handle(frame)
    return web.json_response({"frames": answers})


async def get_frames(request: web.Request) -> web.Response:
    """Return what was said after ``after``, waiting for it for a while, and who holds the conversation."""
    require_origin(request)
    await require_patience(request)
    after = _whole(request.query.get("after", "0"))
    with _unavailable():
        session = await session_of(request)
        feed = request.app[WIDGET].switchboard.feed
        deadline = asyncio.get_running_loop().time() + _POLLED
        with feed.listen(session.id) as listener:
            messages, first = await session.news(after)
            state = first
            while not messages and state == first and (left := deadline - asyncio.get_running_loop().time()) > 0:
                await listener.news(min(left, _QUEUE_LOOK))
                messages, state = await session.news(after)
    frames = [{"type": "message", **message} for message in messages]
    return web.json_response({"frames": [*frames, {"type": "state", **state}]})


class _unavailable:
    """Turn a database that cannot be reached into a status that tells the widget to come again."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, StorageUnavailable):
            logger.error("a widget is asked to come again: %s", error)
            raise web.HTTPServiceUnavailable(
                text="系统暂时不可用，请稍后再试，急事请拨打12345。", content_type="application/json",
                headers={"Retry-After": "5"},
            ) from error  # fmt: skip


async def session_of(request: web.Request) -> Session:
    """Return the session of the request's token. Raises HTTPUnauthorized."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    session = await open_session(request.app[WIDGET], token.strip(), None) if kind.lower() == "bearer" else None
    if session is None or session.token != token.strip():
        raise web.HTTPUnauthorized(
            text="缺少会话令牌，请先发送 hello。", content_type="application/json",
            headers={"WWW-Authenticate": "Bearer"},
        )  # fmt: skip
    return session


def require_origin(request: web.Request) -> None:
    """Refuse a page of another site, unless the settings allow that site to embed the widget. Raises HTTPForbidden."""
    origin = request.headers.get("Origin")
    if origin and not allowed_origin(request, origin):
        raise web.HTTPForbidden(
            text="这个网站没有被允许嵌入咨询窗口，请管理员设置 HOTLINE_WIDGET_ORIGINS。",
            content_type="application/json",
        )


async def require_patience(request: web.Request) -> None:
    """Refuse a network address that asks too often, however many citizens it pretends to be. Raises HTTPTooManyRequests."""
    if not await request.app[ADDRESSES].allows(_address(request)):
        raise web.HTTPTooManyRequests(text=_TOO_OFTEN, content_type="application/json", headers={"Retry-After": "10"})


def allowed_origin(request: web.Request, origin: str) -> bool:
    """Return whether pages of ``origin`` may talk to us: our own, and those that the settings name."""
    own = origin.partition("://")[2] == request.host
    allowed = request.app[SETTINGS].widget_origins
    return own or origin in allowed or "*" in allowed


@web.middleware
async def cross_origin(request: web.Request, handler: Any) -> web.StreamResponse:
    """Let allowed sites read what they ask for under /chat and load the widget's own files."""
    if not (request.path.startswith("/chat/") or request.path == "/widget.js"):
        return await handler(request)
    origin = request.headers.get("Origin", "")
    headers = {"Cross-Origin-Resource-Policy": "cross-origin", "Vary": "Origin"}
    if origin and allowed_origin(request, origin):
        headers["Access-Control-Allow-Origin"] = origin
        if request.method == "OPTIONS":
            headers["Access-Control-Allow-Methods"] = "GET, POST"
            headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
            headers["Access-Control-Max-Age"] = "600"
            return web.Response(status=204, headers=headers)
    try:
        response: web.StreamResponse = await handler(request)
    except web.HTTPException as error:
        error.headers.update(headers)
        raise
    if not response.prepared:
        response.headers.update(headers)
    return response


def _address(request: web.Request) -> str:
    """Return the network address that counts for the limit; behind our own proxy the header that it sets."""
    header = request.app[SETTINGS].address_header
    return (request.headers.get(header, "") if header else "") or request.remote or ""


def _read(message: WSMessage) -> dict[str, Any] | None:
    if message.type is not WSMsgType.TEXT:
        return None
    try:
        content = json.loads(message.data)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _own_id(frame: dict[str, Any] | None) -> str | None:
    own = frame.get("id") if frame else None
    return own if isinstance(own, str) else None


def _whole(value: Any) -> int:
    """Return ``value`` as a message's number, 0 where it is none."""
    try:
        return min(max(int(value), 0), 2**31 - 1)
    except (TypeError, ValueError, OverflowError):
        return 0


def _refused(reason: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=reason, content_type="application/json")
