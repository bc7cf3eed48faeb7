"""The switchboard (总机): takes what citizens say on any channel, has it answered in order, and lets operators talk.

Everything is in the database before anybody is told that it was received. A process that ends leaves at most a lease of
a few seconds behind; the next to look goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from prometheus_client import Counter, Histogram

from bot.errors import HotlineError
from bot.hotline import conversations as talk
from bot.hotline.conversations import Author, Conversation, Holder, Message, Reason
from bot.hotline.filing import rates_an_order
from bot.hotline.replies import OUTAGE_TEXT, outage_reply, payload_of
from bot.hotline.working_hours import WorkingHours
from bot.storage import (
    Database,
    Saying,
    Waiting,
    anybody_on_duty,
    change_conversation,
    due_conversations,
    find_conversation,
    find_message,
    finish,
    lease,
    next_waiting,
    postpone,
    queue_position,
    receive_message,
    release,
    renew_leases,
    say,
    waiting_behind,
)
from bot.web.conversation.feed import Feed
from bot.web.conversation.rasa import RasaClient, RasaDown, kind_of

logger = logging.getLogger(__name__)
T = TypeVar("T")
Also = Callable[[Any], None]  # given the connection of a unit of work

_LEASE = dt.timedelta(seconds=6)  # after which another process goes on where one has ended
_RENEWED = 2.0  # seconds between renewals of a lease
_SWEEP = 1.0  # seconds between looks for what nobody answers
_RETRIES = (1, 2, 4, 8)  # seconds until Rasa is asked again; the last again and again
_PATIENCE = dt.timedelta(minutes=5)  # after which a person is brought in where Rasa stays down
_GIVEN_UP = dt.timedelta(hours=24)
_IN_DANGER = 2.0  # seconds that Rasa has for who is in danger; then the core answers
_ALWAYS = WorkingHours()

RECEIVED = Counter("hotline_messages_received_total", "Messages of citizens, by channel", ["channel"])
REPLIED = Histogram(
    "hotline_reply_seconds", "Seconds from a citizen's message to its reply, by kind of reply", ["kind"],
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300),
)  # fmt: skip


class Switchboard:
    """Passes messages between citizens, the bot and operators."""

    def __init__(
        self,
        database: Database,
        rasa: RasaClient,
        feed: Feed,
        now: Callable[[], dt.datetime],
        hours: WorkingHours = _ALWAYS,
    ) -> None:
        self.feed = feed
        self.hours = hours
        self._database = database
        self._rasa = rasa
        self._now = now
        self._owner = uuid.uuid4().hex
        self._working: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()

    async def receive(
        self,
        conversation: Conversation,
        text: str,
        *,
        id: str,
        payload: str | None = None,
        answer_by: dt.datetime | None = None,
        answers: Sequence[Saying] | None = None,
        window: tuple[int, dt.datetime] | None = None,
    ) -> Message | None:
        """Store what the citizen of ``conversation`` says and have it answered; ``None`` where it was said already.

        ``id`` is the sender's own; ``payload`` is what a pressed button stands for; until ``answer_by`` a request waits
        over which the replies may go. With ``answers`` it is answered by these and nobody is asked. ``window`` is how many
        messages may now be pushed until when. Raises StorageUnavailable: then nothing was received.
        """

        def store() -> Message | None:
            at = self._now()
            with self._database.begin() as connection:
                return receive_message(
                    connection, conversation, text, at, id=id, payload=payload, answer_by=answer_by, answers=answers,
                    window=window, owner=self._owner, leased_until=at + _LEASE,
                )  # fmt: skip

        message = await asyncio.to_thread(store)
        if message:
            await self._answer_danger(message, conversation.jurisdiction, payload or text, answers)
            RECEIVED.labels(conversation.channel).inc()
            self.feed.wake(conversation.id)
            if answers is None:
                self._work_on(conversation.id, leased=True)
        return message

    async def _answer_danger(self, message: Message, place: str, text: str, answers: Sequence[Saying] | None) -> None:
        """Answer danger at once that would wait behind another message: until Rasa is back, or until it gives up a turn."""
        if answers is not None or (danger := _danger_of(text)) is None:
            return
        try:
            waiting = await self._in_unit(lambda c: waiting_behind(c, message), reading=True)
            if waiting:
                await self._finish(waiting, [danger], self._after_danger(await self._on_duty(place)))
        except HotlineError as error:
            logger.error("danger is answered in its turn: %s", error)

    async def change(self, conversation: str, change: Callable[[Conversation], Conversation], notice: str = "",
                     *, version: int | None = None, also: Also | None = None) -> Conversation:  # fmt: skip
        """Store what ``change`` makes of the conversation, and tell the citizen ``notice``; ``also`` is done in the same unit.

        Raises MoveRefused, NotFound.
        """

        def store() -> Conversation:
            with self._database.begin() as connection:
                after = change_conversation(connection, conversation, change, self._now(), version=version)
                if notice:
                    say(connection, conversation, Saying(Author.SYSTEM, notice), self._now())
                if also:
                    also(connection)
                return after

        after = await asyncio.to_thread(store)
        self.feed.wake(conversation)
        return after

    async def take(self, conversation: str, operator: str, name: str, *, also: Also | None = None) -> Conversation:
        """Let ``operator``, whom the citizen knows as ``name``, hold the conversation. Raises MoveRefused, NotFound."""
        return await self.change(conversation, lambda c: talk.take(c, operator, name), talk.taken_text(name), also=also)

    async def pass_on(self, conversation: str, operator: str, note: str, *, also: Also | None = None) -> Conversation:
        """Put the conversation back into the queue for another operator. Raises MoveRefused, NotFound."""
        now = self._now()
        return await self.change(
            conversation,
            lambda c: talk.pass_on(c, operator, note, now),
            "正在为您转接另一位话务员，请稍候。",
            also=also,
        )

    async def give_back(self, conversation: str, operator: str, note: str, *, also: Also | None = None) -> Conversation:
        """Let the bot hold the conversation again. Raises MoveRefused, NotFound."""
        return await self.change(conversation, lambda c: talk.give_back(c, operator, note), talk.GIVEN_BACK, also=also)

    async def close(self, conversation: str, operator: str, outcome: str, *, also: Also | None = None) -> Conversation:
        """End the conversation and ask the citizen for a rating. Raises MoveRefused, NotFound."""
        now = self._now()
        return await self.change(conversation, lambda c: talk.close(c, operator, outcome, now), talk.ENDED, also=also)

    async def say_as_operator(
        self, conversation: str, operator: str, saying: Saying, *, id: str, also: Also | None = None
    ) -> Message:
        """Store what ``operator``, who holds the conversation, says, once for each ``id``. Raises MoveRefused, NotFound."""

        def store() -> Message:
            with self._database.begin() as connection:
                held = change_conversation(connection, conversation, lambda c: talk.held_by(c, operator), self._now())
                named = replace(saying, author=Author.OPERATOR, name=held.operator_name)
                if there := find_message(connection, conversation, id):  # sent again: nothing is said or noted twice
                    return there
                if also:
                    also(connection)
                return say(connection, conversation, named, self._now(), id=id)

        message = await asyncio.to_thread(store)
        self.feed.wake(conversation)
        return message

    async def run(self) -> None:
        """Keep the leases, and look for messages that nobody answers: left by a process that ended, or due again."""
        await asyncio.gather(self._renew(), self._sweep())

    async def _sweep(self) -> None:
        while True:
            try:
                for conversation in await self._in_unit(lambda c: due_conversations(c, self._now()), reading=True):
                    self._work_on(conversation)
            except HotlineError as error:
                logger.error("cannot look for waiting messages: %s", error)
            await asyncio.sleep(_SWEEP)

    async def stop(self) -> None:
        """Stop answering; what is not answered yet is found again by the next process."""
        tasks = list(self._working.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._in_unit(lambda c: release(c, self._owner))
        except HotlineError as error:
            logger.error("others have to wait until the leases end: %s", error)

    def _work_on(self, conversation: str, *, leased: bool = False) -> None:
        if conversation in self._working:
            self._again.add(conversation)
        else:
            self._working[conversation] = asyncio.create_task(self._work(conversation, leased))

    async def _work(self, conversation: str, leased: bool) -> None:
        """Answer what waits in the conversation, the oldest first, while this process has its lease."""
        try:
            more = True
            while more or conversation in self._again:
                self._again.discard(conversation)
                more = await self._answer_next(conversation, leased)
                leased = False
        except HotlineError as error:
            logger.error("a message is answered later: %s", error)
        except Exception as error:
            logger.error("a message is answered later: %s", type(error).__name__)
        finally:
            self._working.pop(conversation, None)
            if conversation in self._again:  # came in since
                self._again.discard(conversation)
                self._work_on(conversation)

    async def _renew(self) -> None:
        """Keep the leases of what this process is answering, until cancelled."""
        while True:
            await asyncio.sleep(_RENEWED)
            until, working = self._now() + _LEASE, list(self._working)
            try:
                if working:
                    await self._in_unit(lambda c: renew_leases(c, working, self._owner, until))  # noqa: B023 - awaited
            except HotlineError as error:
                logger.error("leases were not renewed: %s", error)

    async def _answer_next(self, conversation: str, leased: bool) -> bool:
        """Answer the oldest waiting message, having ``leased`` the conversation or doing so; return whether one was."""
        now = self._now()

        def read(connection: Any) -> tuple[Conversation | None, Waiting | None, bool]:
            if not leased and not lease(connection, conversation, self._owner, now, now + _LEASE):
                return None, None, False
            held = find_conversation(connection, conversation)
            place = held.jurisdiction if held else None
            return held, next_waiting(connection, conversation), anybody_on_duty(connection, now, place)

        held, waiting, on_duty = await self._in_unit(read, reading=leased)
        if held is None or waiting is None or waiting.due > now:
            await self._in_unit(lambda c: release(c, self._owner, conversation))
            return False
        if held.holder is Holder.OPERATOR and not rates_an_order(waiting.payload):
            return await self._let_pass(waiting)
        if held.holder is Holder.QUEUE and talk.wants_to_leave(waiting.payload):
            return await self._finish(waiting, [Saying(Author.SYSTEM, talk.LEFT)], talk.leave_queue)
        return await self._have_answered(held, waiting, on_duty)

    async def _let_pass(self, waiting: Waiting) -> bool:
        """Leave the message to the operator who holds the conversation; only danger is answered at once."""
        danger = _danger_of(waiting.payload)
        return await self._finish(waiting, [danger] if danger else [], lambda c: c)

    async def _have_answered(self, held: Conversation, waiting: Waiting, on_duty: bool) -> bool:
        self.feed.wake(held.id, Author.BOT)
        patience = _IN_DANGER if _danger_of(waiting.payload) else None
        try:
            asking = self._rasa.ask(held, waiting.payload, f"{held.id}:{waiting.message.id}")
            replies = await asyncio.wait_for(asking, patience)
        except (RasaDown, asyncio.TimeoutError) as error:
            return await self._bridge_outage(waiting, on_duty, str(error) or "in danger nobody waits")
        kind, now = kind_of(replies), self._now()
        REPLIED.labels(kind).observe((now - waiting.message.at).total_seconds())
        angry = talk.sounds_angry(waiting.payload)

        def change(c: Conversation) -> Conversation:
            return talk.after_reply(c, kind, angry=angry, on_duty=on_duty, now=now)

        after = change(held)
        if held.holder is Holder.BOT and after.holder is Holder.QUEUE and after.reason is not Reason.EMERGENCY:
            ahead = await self._in_unit(lambda c: queue_position(c, after), reading=True)
            replies.append(Saying(Author.SYSTEM, talk.queued_text(ahead)))
        elif kind == "handoff" and after.holder is Holder.BOT:
            replies.append(Saying(Author.SYSTEM, self.hours.absent_text(held.jurisdiction, now)))
        return await self._finish(waiting, replies, change)

    async def _bridge_outage(self, waiting: Waiting, on_duty: bool, error: str) -> bool:
        """Tell the citizen at the first failure, ask again later, and bring in a person where it lasts."""
        logger.error("Rasa does not answer (%s), attempt %d", error, waiting.attempts + 1)
        now, key = self._now(), waiting.message.conversation
        if danger := _danger_of(waiting.payload):
            return await self._finish(waiting, [danger], self._after_danger(on_duty))
        age = now - waiting.message.at
        if (on_duty and age > _PATIENCE) or age > _GIVEN_UP:
            text = talk.OUTAGE_QUEUED if on_duty else OUTAGE_TEXT
            return await self._finish(
                waiting, [Saying(Author.SYSTEM, text)],
                lambda c: talk.queue(c, Reason.OUTAGE, now) if on_duty else c,
            )  # fmt: skip
        wait = _RETRIES[min(waiting.attempts, len(_RETRIES) - 1)]

        def keep(connection: Any) -> None:
            say(connection, key, Saying(Author.SYSTEM, talk.OUTAGE), now, id=f"outage-{waiting.message.seq}")
            postpone(connection, waiting, now + dt.timedelta(seconds=wait))
            release(connection, self._owner, key)

        await self._in_unit(keep)
        self.feed.wake(key)
        return False

    def _after_danger(self, on_duty: bool) -> Callable[[Conversation], Conversation]:
        now = self._now()
        return lambda c: talk.after_reply(c, "emergency", angry=False, on_duty=on_duty, now=now)

    async def _on_duty(self, place: str) -> bool:
        return await self._in_unit(lambda c: anybody_on_duty(c, self._now(), place), reading=True)

    async def _finish(
        self, waiting: Waiting, replies: list[Saying], change: Callable[[Conversation], Conversation]
    ) -> bool:
        """Store the replies and tell who shows the conversation; return whether more waits in it."""
        now = self._now()
        more = await self._in_unit(lambda c: finish(c, waiting, replies, change, now, self._owner))
        self.feed.wake(waiting.message.conversation)
        return more

    async def _in_unit(self, do: Callable[[Any], T], *, reading: bool = False) -> T:
        def run() -> T:
            with self._database.read() if reading else self._database.begin() as connection:
                return do(connection)

        return await asyncio.to_thread(run)


def _danger_of(text: str) -> Saying | None:
    """Return what who is in danger is told without asking anybody, ``None`` where ``text`` tells of none."""
    reply = outage_reply(text)
    return None if reply.outage else Saying(Author.BOT, reply.text, custom=payload_of(reply, None))
