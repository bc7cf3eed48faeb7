"""Who follows the account, and how many customer-service messages each may still be sent.

Rules: https://developers.weixin.qq.com/doc/offiaccount/Customer_Service/Customer_Service_Messages.html (allowance and
validity by kind of interaction) and
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html (typing state).

Allowances do not add up: an interaction renews the allowance of its own kind, and a message counts against every
allowance open at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from tests.wechat_platform.clock import Clock
from tests.wechat_platform.errors import ApiError

_TYPING_LASTS = 15
_TYPING_AFTER = 30


class Interaction(Enum):
    """What a follower did, with the messages it allows and the seconds it allows them for."""

    MESSAGE = ("message", 5, 48 * 3600)
    MENU = ("menu", 3, 60)
    SUBSCRIBE = ("subscribe", 3, 60)
    SCAN = ("scan", 3, 60)

    @property
    def limit(self) -> int:
        """How many messages may be sent."""
        return self.value[1]

    @property
    def window(self) -> int:
        """For how many seconds."""
        return self.value[2]


@dataclass
class Allowance:
    """What is left after one interaction."""

    left: int
    expires: float


@dataclass
class Follower:
    """One person as the account knows them."""

    openid: str
    subscribed: bool = True
    subscribed_at: int = 0
    scene: str = ""
    last_contact: float = 0.0
    typing_until: float = 0.0
    allowances: dict[Interaction, Allowance] = field(default_factory=dict)


class Followers:
    """All who ever met the account."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, Follower] = {}

    def meet(self, openid: str) -> Follower:
        """The person; a new one counts as a follower of long standing, without any allowance."""
        if openid not in self._known:
            self._known[openid] = Follower(openid, subscribed_at=int(self._clock.now()))
        return self._known[openid]

    def find(self, openid: str) -> Follower:
        """The person, or 40003 for an openid of no one."""
        if openid not in self._known:
            raise ApiError(40003)
        return self._known[openid]

    def interact(self, openid: str, kind: Interaction | None) -> None:
        """Renew the allowance that an interaction gives."""
        person = self.meet(openid)
        now = self._clock.now()
        if kind is not None:
            person.last_contact = now
            person.allowances[kind] = Allowance(kind.limit, now + kind.window)

    def subscribe(self, openid: str, scene: str) -> None:
        """Note who follows from now on."""
        person = self.meet(openid)
        person.subscribed, person.scene = True, scene
        person.subscribed_at = int(self._clock.now())

    def unsubscribe(self, openid: str) -> None:
        """Note who left: every allowance ends."""
        person = self.meet(openid)
        person.subscribed = False
        person.allowances.clear()

    def left(self, openid: str) -> int:
        """How many messages could be sent now."""
        return max((one.left for one in self._open(self.find(openid))), default=0)

    def charge(self, openid: str) -> None:
        """Count one message, or 45015 when nothing is open and 45047 when all is used up."""
        person = self.find(openid)
        open_now = self._open(person)
        if not person.subscribed or not open_now:
            raise ApiError(45015)
        if not any(one.left for one in open_now):
            raise ApiError(45047)
        for one in open_now:
            one.left = max(0, one.left - 1)
        person.last_contact = self._clock.now()
        person.typing_until = 0.0

    def typing(self, openid: str, command: str) -> None:
        """Show or take back the typing state; only shortly after a contact and not twice."""
        person = self.find(openid)
        now = self._clock.now()
        if command not in ("Typing", "CancelTyping"):
            raise ApiError(45072)
        if not person.subscribed or not self._open(person) or now - person.last_contact > _TYPING_AFTER:
            raise ApiError(45080)
        if command == "CancelTyping":
            person.typing_until = 0.0
            return
        if person.typing_until > now:
            raise ApiError(45081)
        person.typing_until = now + _TYPING_LASTS

    def _open(self, person: Follower) -> list[Allowance]:
        now = self._clock.now()
        return [one for one in person.allowances.values() if one.expires > now]
