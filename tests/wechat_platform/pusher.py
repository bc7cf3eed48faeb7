"""Brings messages to the account's address as the platform does: signed, with five seconds' patience, three times.

Rules: https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Access_Overview.html (verification of the
address), https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html and
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html (patience, retries
and notice).
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

import aiohttp
from yarl import URL

from tests.wechat_platform.account import Account, Mode
from tests.wechat_platform.clock import Clock
from tests.wechat_platform.crypto import signature
from tests.wechat_platform.messages import Message
from tests.wechat_platform.replies import Reply, ReplyError, read_reply

PATIENCE = 5.0
ATTEMPTS = 3


class Outcome(Enum):
    """How one attempt ended."""

    ANSWERED = "answered"
    TIMEOUT = "timeout"
    BROKEN = "broken"


_UNANSWERED = {
    Outcome.TIMEOUT: f"服务端在 {PATIENCE:.0f} 秒内没有回应",
    Outcome.BROKEN: "连接不上服务端或连接中断，请先启动服务，并核对地址和端口",
}
_STATUSES = {404: "请核对地址的路径", 401: "请核对两边的 Token", 403: "请核对两边的 Token", 405: "请核对地址的路径"}


@dataclass(frozen=True)
class Attempt:
    """One POST; times in the platform's seconds."""

    at: float
    took: float
    outcome: Outcome
    status: int = 0
    body: bytes = b""


@dataclass(frozen=True)
class Delivery:
    """A push with all its attempts; ``failure`` is empty unless the follower is told that nobody answers."""

    message: Message
    attempts: tuple[Attempt, ...]
    reply: Reply | None = None
    failure: str = ""


@dataclass(frozen=True)
class Verification:
    """The outcome of saving the address on the settings page."""

    passed: bool
    reason: str = ""


class Pusher:
    """The platform's side of an account's address; ``wall`` gives the time that requests are signed with."""

    def __init__(self, url: str, account: Account, clock: Clock, *, wall: Callable[[], float] = time.time) -> None:
        self.url = URL(url)
        self.account = account
        self.clock = clock
        self._wall = wall
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """End all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def verify(self, *, token: str | None = None) -> Verification:
        """Ask the address to echo a random string, as saving it does; ``token`` signs with another token."""
        echo = secrets.token_hex(10)
        query = {**self.signed(token=token), "echostr": echo}
        attempt = await self._attempt("GET", query, None)
        if attempt.outcome is not Outcome.ANSWERED:
            return Verification(False, _UNANSWERED[attempt.outcome])
        if attempt.status != 200:
            return Verification(False, _status(attempt))
        if attempt.body != echo.encode():
            return Verification(False, "服务端没有原样返回 echostr，请核对两边的 Token 是否一致")
        return Verification(True)

    async def push(self, message: Message) -> Delivery:
        """Deliver a message: until answered, three times at most, always with the same identifier."""
        attempts: list[Attempt] = []
        while len(attempts) < ATTEMPTS:
            attempts.append(await self.post(message))
            if attempts[-1].outcome is Outcome.ANSWERED:
                break
        made, last = tuple(attempts), attempts[-1]
        if last.outcome is not Outcome.ANSWERED:
            advice = "；来不及时请先返回 success，再用客服消息答复" if last.outcome is Outcome.TIMEOUT else ""
            return Delivery(message, made, failure=f"共推送 {len(made)} 次，{_UNANSWERED[last.outcome]}{advice}")
        if last.status != 200:
            return Delivery(message, made, failure=_status(last))
        try:
            return Delivery(message, made, read_reply(last.body, message, self.account))
        except ReplyError as fault:
            return Delivery(message, made, failure=str(fault))

    async def post(
        self, message: Message, *, query: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Attempt:
        """One attempt; ``query`` replaces single parameters and ``body`` the whole body, to play a forger."""
        own_query, own_body = self.request(message)
        return await self._attempt("POST", {**own_query, **(query or {})}, own_body if body is None else body)

    def request(self, message: Message) -> tuple[dict[str, str], bytes]:
        """The signed parameters and the body of a push in the account's mode."""
        query = {**self.signed(), "openid": message.openid}
        plain = message.xml()
        if self.account.mode is Mode.PLAIN:
            return query, plain.encode()
        sealed = self.account.cipher.encrypt(plain.encode())
        sealed_signature = signature(self.account.token, query["timestamp"], query["nonce"], sealed)
        query |= {"encrypt_type": "aes", "msg_signature": sealed_signature}
        body = message.envelope(sealed) if self.account.mode is Mode.SAFE else message.xml(sealed)
        return query, body.encode()

    def signed(self, *, token: str | None = None) -> dict[str, str]:
        """signature, timestamp and nonce for one request."""
        timestamp, nonce = str(int(self._wall())), str(secrets.randbelow(2_000_000_000))
        signed = signature(self.account.token if token is None else token, timestamp, nonce)
        return {"signature": signed, "timestamp": timestamp, "nonce": nonce}

    async def _attempt(self, method: str, query: Mapping[str, str], body: bytes | None) -> Attempt:
        began = self.clock.now()
        status, answer, outcome = 0, b"", Outcome.ANSWERED
        try:
            async with self._open().request(
                method,
                self.url.update_query(query),
                data=body,
                headers={"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"} if body is not None else None,
                timeout=aiohttp.ClientTimeout(total=self.clock.real(PATIENCE)),
                allow_redirects=False,
            ) as response:
                status, answer = response.status, await response.read()
        except asyncio.TimeoutError:
            outcome = Outcome.TIMEOUT
        except aiohttp.ClientError:
            outcome = Outcome.BROKEN
        return Attempt(began, self.clock.now() - began, outcome, status, answer)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        return self._session


def _status(attempt: Attempt) -> str:
    return f"服务端返回 HTTP {attempt.status}，{_STATUSES.get(attempt.status, '请查看服务端日志')}"
