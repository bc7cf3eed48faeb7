"""Access tokens, the stable and the old kind, which live side by side.

Rules: https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/getStableAccessToken.html and
https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Get_access_token.html
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.wechat_platform.account import Account
from tests.wechat_platform.clock import Clock
from tests.wechat_platform.errors import ApiError

LIFETIME = 7200
OVERLAP = 300
FORCED_A_DAY = 20
FORCED_APART = 30
_DAY = 24 * 3600
_BEIJING = 8 * 3600  # the platform's days begin at midnight in Beijing


@dataclass
class Token:
    """One access token: ``expires`` by age, ``replaced`` by a newer one; both in the platform's seconds."""

    value: str
    expires: float
    stable: bool
    replaced: float = float("inf")


class Tokens:
    """Issues and checks the access tokens of one account."""

    def __init__(self, account: Account, clock: Clock) -> None:
        self._account = account
        self._clock = clock
        self._issued: dict[str, Token] = {}
        self._stable: Token | None = None
        self._old: Token | None = None
        self._forced: list[float] = []

    def stable(self, request: Mapping[str, Any], ip: str) -> dict[str, Any]:
        """The token that stays the same until five minutes before its end, or a forced new one."""
        self._admit(request, ip)
        now = self._clock.now()
        if request.get("force_refresh") is True:
            self._force(now)
        elif self._stable is None or self._stable.expires - now <= OVERLAP:
            self._stable = self._new(stable=True)  # the one before stays good until its own end
        assert self._stable is not None
        return self._answer(self._stable)

    def old(self, request: Mapping[str, Any], ip: str) -> dict[str, Any]:
        """A new token with every call; the one before stays good for five minutes."""
        self._admit(request, ip)
        if self._old is not None:
            self._old.replaced = min(self._old.replaced, self._clock.now() + OVERLAP)
        self._old = self._new(stable=False)
        return self._answer(self._old)

    def check(self, value: str) -> None:
        """Let a call with this token pass: 41001 without one, 42001 after its end, 40001 for any other."""
        if not value:
            raise ApiError(41001)
        token = self._issued.get(value)
        now = self._clock.now()
        if token is None or token.replaced <= now:
            raise ApiError(40001)
        if token.expires <= now:
            raise ApiError(42001)

    def expire_all(self) -> None:
        """End every token by age at once."""
        for token in self._issued.values():
            token.expires = min(token.expires, self._clock.now())

    def revoke_all(self) -> None:
        """Invalidate every token at once, as another program's refresh of the same account does."""
        for token in self._issued.values():
            token.replaced = self._clock.now()
        self._stable = self._old = None

    def _admit(self, request: Mapping[str, Any], ip: str) -> None:
        if request.get("grant_type") != "client_credential":
            raise ApiError(40002)
        if not request.get("appid"):
            raise ApiError(41002)
        if request["appid"] != self._account.appid:
            raise ApiError(40013)
        if not request.get("secret"):
            raise ApiError(41004)
        if request["secret"] != self._account.secret:
            raise ApiError(40125)
        if self._account.allowed_ips is not None and ip not in self._account.allowed_ips:
            raise ApiError(40164)

    def _force(self, now: float) -> None:
        today = [at for at in self._forced if _day(at) == _day(now)]
        if len(today) >= FORCED_A_DAY:
            raise ApiError(45009)
        if self._forced and now - self._forced[-1] < FORCED_APART:
            raise ApiError(45011)
        self._forced.append(now)
        for token in self._issued.values():
            if token.stable:
                token.replaced = min(token.replaced, now)
        self._stable = self._new(stable=True)

    def _new(self, *, stable: bool) -> Token:
        value = f"{secrets.randbelow(90) + 10}_{secrets.token_urlsafe(96)}"
        token = Token(value, self._clock.now() + LIFETIME, stable)
        self._issued[token.value] = token
        return token

    def _answer(self, token: Token) -> dict[str, Any]:
        return {"access_token": token.value, "expires_in": int(token.expires - self._clock.now())}


def _day(at: float) -> int:
    return int((at + _BEIJING) // _DAY)
