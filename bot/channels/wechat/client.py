"""Calling the platform: customer-service messages (客服消息), the menu, and the access token that all processes share.

Rules: https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html,
.../Message_Management/Service_Center_messages.html, .../Custom_Menus/Creating_Custom-Defined_Menu.html, and the error
codes of .../Getting_Started/Global_Return_Code.html
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Protocol

import aiohttp

from bot.channels.wechat.account import Account
from bot.channels.wechat.wording import printable
from bot.errors import HotlineError

_EARLY = dt.timedelta(minutes=5)  # before it expires a token is renewed; the platform gives a new one from then on
_FETCHING = dt.timedelta(seconds=15)  # within which one process fetches a token and the others wait
_WAIT = 0.2  # seconds between looks whether another process has fetched it


class Fault(Enum):
    """What a failed call means for what was to be said."""

    TOKEN = "token"  # not taken any more: fetch a new one and try again at once
    LATER = "later"  # busy, or too many calls
    CLOSED = "closed"  # nothing may be pushed to this follower now
    FORBIDDEN = "forbidden"  # the account has no right to push at all
    GONE = "gone"  # the follower is not one any more
    WRONG = "wrong"  # our own mistake; trying again does not help


_FAULTS = {
    **dict.fromkeys((40001, 40014, 41001, 42001, 42007), Fault.TOKEN),
    **dict.fromkeys((-1, 45009, 45011, 50002, 61006), Fault.LATER),
    **dict.fromkeys((45015, 45047), Fault.CLOSED),
    **dict.fromkeys((48001, 48002, 48004, 50001), Fault.FORBIDDEN),
    **dict.fromkeys((40003, 43004, 46004), Fault.GONE),
}


class WechatFailed(HotlineError):
    """The platform did not do what it was asked; ``fault`` says what that means."""

    def __init__(self, fault: Fault, code: int, text: str) -> None:
        super().__init__(f"公众平台没有接受（{code}）：{text[:120]}")
        self.fault = fault
        self.code = code


class TokenStore(Protocol):
    """Where the processes share an access token; every method blocks."""

    def read(self) -> tuple[str, dt.datetime | None]:
        """Return the token, empty where there is none, and when it expires."""

    def lease(self, now: dt.datetime, until: dt.datetime) -> bool:
        """Return whether the caller is the one to fetch a new token until then."""

    def keep(self, token: str, expires: dt.datetime | None) -> None:
        """Keep a new token, none where it could not be had, and let others fetch one again."""

    def drop(self, token: str) -> None:
        """Forget this token, unless a newer one is there already."""


class WechatClient:
    """Calls the API of one account over ``session``."""

    def __init__(
        self, account: Account, session: aiohttp.ClientSession, tokens: TokenStore, now: Callable[[], dt.datetime]
    ) -> None:
        self._account = account
        self._session = session
        self._tokens = tokens
        self._now = now

    async def send_text(self, openid: str, text: str) -> None:
        """Push ``text`` to a follower. Raises WechatFailed."""
        content = {"touser": openid, "msgtype": "text", "text": {"content": printable(text)}}
        await self._call("/cgi-bin/message/custom/send", content)

    async def publish_menu(self, menu: Mapping[str, Any]) -> None:
        """Make ``menu`` what followers see. Raises WechatFailed."""
        await self._call("/cgi-bin/menu/create", menu)

    async def read_menu(self) -> dict[str, Any]:
        """Return the menu that followers see. Raises WechatFailed."""
        return await self._call("/cgi-bin/menu/get", None)

    async def delete_menu(self) -> None:
        """Take the menu away. Raises WechatFailed."""
        await self._call("/cgi-bin/menu/delete", None)

    async def token(self) -> str:
        """Return an access token that is good for a while. Raises WechatFailed."""
        deadline = self._now() + _FETCHING
        while True:
            token, expires = await asyncio.to_thread(self._tokens.read)
            now = self._now()
            if token and expires and now < expires - _EARLY:
                return token
            if await asyncio.to_thread(self._tokens.lease, now, now + _FETCHING):
                if (await asyncio.to_thread(self._tokens.read))[0] == token:
                    return await self._fetch()
                await asyncio.to_thread(self._tokens.keep, "", None)  # another process has fetched it in between
                continue
            if token and expires and now < expires:
                return token  # still good while another process fetches the next
            if now > deadline:
                raise WechatFailed(Fault.LATER, -1, "access token is being fetched")
            await asyncio.sleep(_WAIT)

    async def _fetch(self) -> str:
        content = {
            "grant_type": "client_credential",
            "appid": self._account.appid,
            "secret": self._account.secret,
            "force_refresh": False,
        }
        token, expires = "", None
        try:
            answer = await self._request("/cgi-bin/stable_token", {}, content)
            token, expires = str(answer["access_token"]), self._now() + dt.timedelta(seconds=int(answer["expires_in"]))
            return token
        except (KeyError, ValueError) as error:
            raise WechatFailed(Fault.LATER, -1, "no access token in the answer") from error
        finally:
            await asyncio.to_thread(self._tokens.keep, token, expires)

    async def _call(self, path: str, content: Mapping[str, Any] | None) -> dict[str, Any]:
        token = await self.token()
        try:
            return await self._request(path, {"access_token": token}, content)
        except WechatFailed as failed:
            if failed.fault is not Fault.TOKEN:
                raise
        await asyncio.to_thread(self._tokens.drop, token)
        return await self._request(path, {"access_token": await self.token()}, content)

    async def _request(self, path: str, query: Mapping[str, str], content: Mapping[str, Any] | None) -> dict[str, Any]:
        method = "GET" if content is None else "POST"
        body = None if content is None else json.dumps(content, ensure_ascii=False).encode()  # \uXXXX is refused: 40033
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            async with self._session.request(
                method, self._account.api + path, params=query, data=body, headers=headers
            ) as response:
                answer = json.loads(await response.read())
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            raise WechatFailed(Fault.LATER, -1, type(error).__name__) from error
        if not isinstance(answer, dict):
            raise WechatFailed(Fault.LATER, -1, "no JSON object")
        if code := int(answer.get("errcode") or 0):
            raise WechatFailed(_FAULTS.get(code, Fault.WRONG), code, str(answer.get("errmsg", "")))
        return answer
