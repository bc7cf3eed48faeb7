"""The platform's API as an aiohttp application; refusals are HTTP 200 with a code, as the platform answers.

Rules: the pages named in the modules that each call leads to, and
https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.wechat_platform.account import Account
from tests.wechat_platform.clock import Clock
from tests.wechat_platform.errors import ApiError
from tests.wechat_platform.faults import Faults
from tests.wechat_platform.followers import Followers
from tests.wechat_platform.media import MediaStore
from tests.wechat_platform.menus import checked_menu
from tests.wechat_platform.record import Call, Entry, Kind, Record
from tests.wechat_platform.sending import read_custom
from tests.wechat_platform.tokens import Tokens

SEND = "/cgi-bin/message/custom/send"
TYPING = "/cgi-bin/message/custom/typing"
STABLE_TOKEN = "/cgi-bin/stable_token"
OLD_TOKEN = "/cgi-bin/token"
USER_INFO = "/cgi-bin/user/info"
MENU_CREATE, MENU_GET, MENU_DELETE = (f"/cgi-bin/menu/{name}" for name in ("create", "get", "delete"))
MEDIA_UPLOAD, MEDIA_GET = (f"/cgi-bin/media/{name}" for name in ("upload", "get"))
_MAX_BODY = 16 * 1024 * 1024
_ESCAPED = re.compile(r"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")
_OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}

Answer = dict[str, Any] | web.Response
Handler = Callable[[web.Request], Awaitable[Answer]]


class Api:
    """All calls of one account. ``menu`` is the menu in force, if any."""

    def __init__(self, account: Account, clock: Clock, followers: Followers, record: Record) -> None:
        self.account = account
        self.clock = clock
        self.followers = followers
        self.record = record
        self.tokens = Tokens(account, clock)
        self.media = MediaStore(clock)
        self.faults = Faults(clock)
        self.menu: dict[str, Any] | None = None

    def application(self) -> web.Application:
        """A new application with every call; one Api may serve several."""
        app = web.Application(client_max_size=_MAX_BODY)
        calls: list[tuple[str, str, Handler, bool]] = [
            ("POST", STABLE_TOKEN, self._stable_token, False),
            ("GET", OLD_TOKEN, self._old_token, False),
            ("POST", SEND, self._send, True),
            ("POST", TYPING, self._typing, True),
            ("POST", MENU_CREATE, self._menu_create, True),
            ("GET", MENU_GET, self._menu_get, True),
            ("GET", MENU_DELETE, self._menu_delete, True),
            ("POST", MEDIA_UPLOAD, self._media_upload, True),
            ("GET", MEDIA_GET, self._media_get, True),
            ("GET", USER_INFO, self._user_info, True),
        ]
        for method, path, handler, with_token in calls:
            app.router.add_route("*", path, self._served(method, path, handler, with_token))
        return app

    def _served(
        self, method: str, path: str, handler: Handler, with_token: bool
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def serve(request: web.Request) -> web.Response:
            code = 0
            answer: Answer
            try:
                if request.method != method:
                    raise ApiError(43001 if method == "GET" else 43002)
                await self.faults.meet(path)
                if with_token:
                    self.tokens.check(request.query.get("access_token", ""))
                answer = await handler(request)
            except ApiError as refusal:
                code, answer = refusal.code, refusal.body()
            self.record.calls.append(Call(path, code, self.clock.now(), request.get("openid", "")))
            if isinstance(answer, web.Response):
                return answer
            return web.json_response(answer, dumps=lambda value: json.dumps(value, ensure_ascii=False))

        return serve

    async def _stable_token(self, request: web.Request) -> Answer:
        return self.tokens.stable(await _json(request), request.remote or "")

    async def _old_token(self, request: web.Request) -> Answer:
        return self.tokens.old(request.query, request.remote or "")

    async def _send(self, request: web.Request) -> Answer:
        body = await self._addressed(request)
        openid = str(body["touser"])
        form, text = read_custom(body, self.media)
        self.followers.charge(openid)
        self.record.add(Entry(openid, Kind.CUSTOM, form, text, self.clock.now()))
        return _OK

    async def _typing(self, request: web.Request) -> Answer:
        body = await self._addressed(request)
        openid, command = str(body["touser"]), str(body.get("command", ""))
        self.followers.typing(openid, command)
        if command == "Typing":
            self.record.add(Entry(openid, Kind.TYPING, "typing", "对方正在输入…", self.clock.now()))
        return _OK

    async def _addressed(self, request: web.Request) -> dict[str, Any]:
        """The body of a customer-service call, once the right to it and its addressee are known to be good."""
        body = await _json(request, raw_characters=True)
        openid = body.get("touser")
        request["openid"] = openid if isinstance(openid, str) else ""
        if not self.account.custom_service:
            raise ApiError(48001)
        if not request["openid"]:
            raise ApiError(40003)
        self.followers.find(request["openid"])
        return body

    async def _menu_create(self, request: web.Request) -> Answer:
        self.menu = checked_menu(await _json(request, raw_characters=True))
        return _OK

    async def _menu_get(self, _request: web.Request) -> Answer:
        if self.menu is None:
            raise ApiError(46003)
        return {"menu": self.menu}

    async def _menu_delete(self, _request: web.Request) -> Answer:
        self.menu = None
        return _OK

    async def _media_upload(self, request: web.Request) -> Answer:
        if not request.content_type.startswith("multipart/"):
            raise ApiError(41005)
        sent = (await request.post()).get("media")
        if not isinstance(sent, web.FileField):
            raise ApiError(41005)
        kept = self.media.add(request.query.get("type", ""), sent.file.read(), sent.content_type)
        return {"type": kept.kind, "media_id": kept.media_id, "created_at": kept.created}

    async def _media_get(self, request: web.Request) -> Answer:
        kept = self.media.get(request.query.get("media_id", ""))
        name = f'attachment; filename="{kept.media_id}"'
        return web.Response(body=kept.data, content_type=kept.content_type, headers={"Content-Disposition": name})

    async def _user_info(self, request: web.Request) -> Answer:
        """https://developers.weixin.qq.com/doc/offiaccount/User_Management/Get_users_basic_information_UnionID.html"""
        openid = request.query.get("openid", "")
        request["openid"] = openid
        if not openid:
            raise ApiError(41009)
        person = self.followers.find(openid)
        if not person.subscribed:
            return {"subscribe": 0, "openid": openid}
        return {
            "subscribe": 1,
            "openid": openid,
            "language": "zh_CN",
            "subscribe_time": person.subscribed_at,
            "remark": "",
            "groupid": 0,
            "tagid_list": [],
            "subscribe_scene": "ADD_SCENE_QR_CODE" if person.scene else "ADD_SCENE_SEARCH",
            "qr_scene": 0,
            "qr_scene_str": person.scene,
        }


async def _json(request: web.Request, *, raw_characters: bool = False) -> dict[str, Any]:
    r"""The JSON object in a body; with ``raw_characters`` no ``\uxxxx`` may stand in it (40033)."""
    sent = await request.read()
    if not sent:
        raise ApiError(44002)
    try:
        text = sent.decode()
        body = json.loads(text)
    except ValueError as fault:
        raise ApiError(47001) from fault
    if not isinstance(body, dict):
        raise ApiError(47001)
    if raw_characters and _ESCAPED.search(text):
        raise ApiError(40033)
    return body
