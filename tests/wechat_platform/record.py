"""Everything a follower would see, in order and with times, and everything the platform refused.

The notice is the one of
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from tests.wechat_platform.errors import QUOTA_CODES

NOTICE = "该公众号暂时无法提供服务，请稍后再试"


class Kind(Enum):
    """Who brought an entry about, and how."""

    FOLLOWER = "follower"
    PASSIVE = "passive"
    CUSTOM = "custom"
    TYPING = "typing"
    FAILURE = "failure"


ANSWERS = frozenset({Kind.PASSIVE, Kind.CUSTOM})


@dataclass(frozen=True)
class Entry:
    """One line of a conversation. ``at`` is in the platform's seconds; ``reason`` explains a failure to the tester."""

    openid: str
    kind: Kind
    form: str
    text: str
    at: float
    reason: str = ""


@dataclass(frozen=True)
class Call:
    """One call of the API; ``code`` is 0 unless it was turned down."""

    path: str
    code: int
    at: float
    openid: str = ""


@dataclass
class Record:
    """The memory of a test: what was seen by whom, and what was called and refused."""

    entries: list[Entry] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    listeners: list[Callable[[Entry], None]] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Note what a follower did or saw, and tell whoever listens."""
        self.entries.append(entry)
        for listener in self.listeners:
            listener(entry)

    def of(self, openid: str, *kinds: Kind) -> list[Entry]:
        """One person's conversation in order; with ``kinds`` only those."""
        return [one for one in self.entries if one.openid == openid and (not kinds or one.kind in kinds)]

    def answers(self, openid: str) -> list[Entry]:
        """What the account said to one person, in either way."""
        return self.of(openid, *ANSWERS)

    def texts(self, openid: str) -> list[str]:
        """The answers as text."""
        return [one.text for one in self.answers(openid)]

    def failures(self, openid: str) -> list[Entry]:
        """The notices that the service is out of order."""
        return self.of(openid, Kind.FAILURE)

    def refusals(self, openid: str = "") -> list[Call]:
        """Calls turned down; with ``openid`` only those about one person."""
        return [one for one in self.calls if one.code and openid in ("", one.openid)]

    def refused_for_quota(self, openid: str = "") -> list[Call]:
        """Calls turned down for a limit of number or time."""
        return [one for one in self.refusals(openid) if one.code in QUOTA_CODES]

    async def wait_for_answers(self, openid: str, number: int, patience: float = 20.0) -> list[Entry]:
        """The answers as soon as there are ``number``; raises TimeoutError after ``patience`` real seconds."""
        came = asyncio.Event()

        def listen(entry: Entry) -> None:
            if entry.openid == openid:
                came.set()

        async def wait() -> None:
            while len(self.answers(openid)) < number:
                came.clear()
                await came.wait()

        self.listeners.append(listen)
        try:
            await asyncio.wait_for(wait(), patience)
        except asyncio.TimeoutError:
            raise TimeoutError(f"{len(self.answers(openid))} answers instead of {number} to {openid}") from None
        finally:
            self.listeners.remove(listen)
        return self.answers(openid)

    def assert_answered_once(self, openid: str) -> Entry:
        """The one answer to one person, or an AssertionError that tells the whole conversation."""
        answers = self.answers(openid)
        story = "\n".join(f"{one.at:.2f} {one.kind.value}: {one.text} {one.reason}" for one in self.of(openid))
        assert len(answers) == 1, f"{len(answers)} answers instead of one:\n{story}"
        assert not self.failures(openid), f"the follower saw a failure:\n{story}"
        assert not self.refused_for_quota(openid), f"refused for quota: {self.refused_for_quota(openid)}"
        return answers[0]
