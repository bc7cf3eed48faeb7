"""What is new at the desk, told over one socket to each page: lists as their changed rows, the rest as topics to fetch.

An open socket is an operator's presence. Every socket is told the whole order of its lists and the rows that it has not
seen in this form, so that nothing is lost by coming late: what a slow page missed is in what it gets next.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp_session import get_session

from bot.bootstrap import Reference, now
from bot.errors import HotlineError, NotFound, StorageUnavailable
from bot.hotline.conversations import REASON_NAMES, Holder, Reason, queue_order
from bot.hotline.staff import Permission, StaffMember
from bot.storage import (
    Database,
    OpenConversation,
    at_the_desk,
    get_staff,
    is_taking,
    note_presence,
    note_seen,
    open_conversations,
    read_login,
)
from bot.web.conversation.feed import Feed, Listener
from bot.web.desk.advice import ADVICE, Advice
from bot.web.desk.scope import CHANNEL_NAMES
from bot.web.keys import DATABASE, SETTINGS
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import templates
from bot.web.staff.sessions import LONGEST

logger = logging.getLogger(__name__)
_PAUSE = 0.15  # seconds in which changes are told together
_AT_LEAST_EVERY = 5.0  # seconds after which the lists are read again in any case
_BEAT = 20.0  # seconds between notes that somebody is at the desk
_HEARTBEAT = 25.0
_LARGEST_FRAME = 4096
_LONGEST_WORDS = 60  # characters of a citizen's words in a list
_TYPED_FOR = 20.0  # seconds after which what a citizen typed is forgotten
_CHOSEN_FOR = dt.timedelta(hours=1)  # how long a break outlives the page
_LOGGED_OUT = 4401
_URGENT = (Reason.EMERGENCY, Reason.OUTAGE)


@dataclass(frozen=True)
class Row:
    """An open conversation as its line in a list; two with the same ``html`` look the same."""

    open: OpenConversation
    html: str

    @property
    def id(self) -> str:
        return self.open.conversation.id


@dataclass(eq=False)
class Seat:
    """One page of an operator: what it shows and what it is still to be told."""

    member: StaffMember
    opened: str = ""
    topics: set[str] = field(default_factory=set)
    typing: bool = False
    seen: dict[str, str] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False  # the login has ended


class Live:
    """Reads what is open once for all pages of this process, and tells each what is new to it."""

    def __init__(self, database: Database, feed: Feed, reference: Reference, advice: Advice) -> None:
        self._database = database
        self._feed = feed
        self._reference = reference
        self._advice = advice
        self._rows: list[Row] = []
        self._present = 0
        self._drawn: dict[str, tuple[Any, str]] = {}
        self._typed: dict[str, tuple[str, float]] = {}
        self._listener: Listener | None = None
        self._reading = asyncio.Lock()
        self.seats: set[Seat] = set()
        self.taking: dict[str, bool] = {}

    async def run(self) -> None:
        """Follow what happens, until cancelled."""
        with self._feed.listen(None) as listener:
            self._listener = listener
            while True:
                await listener.news(_AT_LEAST_EVERY)
                changed, typed = listener.what()
                self._note_typed(changed, typed)
                if not self.seats:
                    continue
                try:
                    if changed or not typed:
                        await self.refresh()
                except StorageUnavailable as error:
                    logger.error("the desk is told later: %s", error)
                    await asyncio.sleep(1)
                    for conversation in changed:
                        listener.wake(None, conversation)
                    continue
                self._tell(changed, typed)
                await asyncio.sleep(_PAUSE)

    async def refresh(self) -> None:
        """Read what is open; one at a time, so that what was read first is never shown last."""
        async with self._reading:
            self._rows = await asyncio.to_thread(self._read)

    def nudge(self) -> None:
        """Have the lists read again: something changed that no citizen sees."""
        if self._listener:
            self._listener.wake()

    def typed(self, conversation: str) -> str:
        """Return what the citizen is typing just now, empty where nothing; it is kept nowhere else."""
        text, since = self._typed.get(conversation, ("", 0.0))
        return text if time.monotonic() - since < _TYPED_FOR else ""

    def _note_typed(self, changed: set[str], typed: Mapping[str, str]) -> None:
        oldest = time.monotonic() - _TYPED_FOR
        kept = {c: v for c, v in self._typed.items() if c not in changed and v[1] > oldest}
        self._typed = kept | {c: (text, time.monotonic()) for c, text in typed.items()}

    def _read(self) -> list[Row]:
        with self._database.read() as connection:
            found = open_conversations(connection)
            self._present = sum(one.taking for one in at_the_desk(connection, now()))
        names = self._reference.places().name
        mask = self._advice.masker()
        drawn = {}
        for one in found:
            c = one.conversation
            key = (c.version, one.unread, one.words)
            before = self._drawn.get(c.id)
            drawn[c.id] = before if before and before[0] == key else (key, _draw(one, names(c.jurisdiction), mask))
        self._drawn = drawn
        return [Row(one, drawn[one.conversation.id][1]) for one in found]

    def lists(self, member: StaffMember) -> dict[str, list[Row]]:
        """Return the rows of each list that ``member`` sees, in order."""
        seen = [r for r in self._rows if member.jurisdiction in (None, r.open.conversation.jurisdiction)]
        waiting = [r for r in seen if r.open.conversation.holder is Holder.QUEUE]
        mine = [r for r in seen if r.open.conversation.operator == member.id]
        return {
            "mine": sorted(mine, key=lambda r: r.open.conversation.created),
            "queue": sorted(waiting, key=lambda r: queue_order(r.open.conversation)),
        }

    def _tell(self, changed: set[str], typed: Mapping[str, str]) -> None:
        for seat in self.seats:
            own = {r.id for r in self.lists(seat.member)["mine"]} | {seat.opened}
            for conversation in own & changed:
                seat.topics |= {f"conversation:{conversation}", f"suggestions:{conversation}"}
            if seat.opened in typed:
                seat.topics.add(f"suggestions:{seat.opened}")
                seat.typing = True
            seat.news.set()

    def frame(self, seat: Seat) -> dict[str, Any]:
        """Return what ``seat`` does not know yet, empty where it knows everything."""
        lists = self.lists(seat.member)
        rows = {row.id: row.html for listed in lists.values() for row in listed}
        fresh = {key: html for key, html in rows.items() if seat.seen.get(key) != html}
        seat.seen = rows
        told = {
            "lists": {name: [row.id for row in listed] for name, listed in lists.items()},
            "unread": sum(row.open.unread for row in lists["mine"]),
            "present": self._present,
            "taking": self.taking.get(seat.member.id, True),
        }
        frame = {name: value for name, value in told.items() if seat.told.get(name) != value}
        seat.told = told
        if fresh:
            frame |= {"rows": fresh, "lists": told["lists"]}
        if seat.topics:
            frame["topics"] = sorted(seat.topics)
        if seat.typing:
            frame["typing"] = seat.opened
        seat.topics, seat.typing = set(), False
        return frame


LIVE: web.AppKey[Live] = web.AppKey("live", Live)


def add_routes(app: web.Application) -> None:
    """Add the route of this module to ``app``."""
    app.router.add_get("/desk/live", socket)


@allowed(Permission.TALK)
async def socket(request: web.Request) -> web.StreamResponse:
    """Tell one page of an operator what is new while it is open; being open is being at the desk."""
    live, member = request.app[LIVE], member_of(request)
    secret = str((await get_session(request)).identity or "")
    response = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=_LARGEST_FRAME)
    await response.prepare(request)
    seat = Seat(member)
    try:
        await _arrive(request, live, member)
        await _serve(request, response, seat, secret)
    except (ConnectionError, StorageUnavailable) as error:
        logger.error("a desk is asked to come again: %s", type(error).__name__)
    return response


async def _serve(request: web.Request, response: web.WebSocketResponse, seat: Seat, secret: str) -> None:
    live = request.app[LIVE]
    live.seats.add(seat)
    seat.news.set()
    telling = asyncio.create_task(_tell(response, live, seat))
    staying = asyncio.create_task(_stay(request, response, seat, secret))
    try:
        async for message in response:
            if message.type is WSMsgType.TEXT:
                await _hear(request, live, seat, message.data)
    finally:
        live.seats.discard(seat)
        telling.cancel()
        if seat.over:
            await staying  # it is closing the page and says why
        else:
            staying.cancel()


async def _arrive(request: web.Request, live: Live, member: StaffMember) -> None:
    """Note that ``member`` is there: taking conversations, unless they chose a break a short while ago."""
    database = request.app[DATABASE]

    def note() -> bool:
        with database.begin() as connection:
            taking = is_taking(connection, member.id, now() - _CHOSEN_FOR)
            note_presence(connection, member.id, member.name, taking, now())
            return taking

    live.taking[member.id] = await asyncio.to_thread(note)
    await live.refresh()
    await request.app[ADVICE].prepare()


async def _tell(response: web.WebSocketResponse, live: Live, seat: Seat) -> None:
    try:
        while not response.closed:
            await seat.news.wait()
            seat.news.clear()
            if frame := live.frame(seat):
                await response.send_str(json.dumps(frame, ensure_ascii=False))
    except ConnectionError:
        return


async def _hear(request: web.Request, live: Live, seat: Seat, text: str) -> None:
    """Do what the page says: which conversation it shows, whether its operator takes new ones. Nonsense is ignored."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(said, dict):
        return
    if isinstance(said.get("opened"), str):
        seat.opened = said["opened"][:200]
    if isinstance(said.get("taking"), bool):
        live.taking[seat.member.id] = said["taking"]
        await asyncio.to_thread(_note, request.app[DATABASE], seat.member, said["taking"])
        for other in live.seats:
            if other.member.id == seat.member.id:
                other.news.set()


async def _stay(request: web.Request, response: web.WebSocketResponse, seat: Seat, secret: str) -> None:
    """Note again and again that the operator is there, and end the page once the login is over."""
    live, database = request.app[LIVE], request.app[DATABASE]
    idle = dt.timedelta(minutes=request.app[SETTINGS].session_minutes)
    while not response.closed:
        await asyncio.sleep(_BEAT)
        taking = live.taking.get(seat.member.id, True)
        try:
            if not await asyncio.to_thread(_still_in, database, seat.member, secret, idle, taking):
                seat.over = True
                await response.close(code=_LOGGED_OUT, message=b"logged out")
                return
        except HotlineError as error:
            logger.error("presence is noted later: %s", error)


def _still_in(database: Database, member: StaffMember, secret: str, idle: dt.timedelta, taking: bool) -> bool:
    """Note that ``member`` is there and return whether the login still holds; a break does not keep it alive."""
    with database.read() as connection:
        login = read_login(connection, secret, now(), idle, LONGEST)
        try:
            same = get_staff(connection, member.id) == member
        except NotFound:
            same = False
    if login is None or not same:
        return False
    with database.begin() as connection:
        note_presence(connection, member.id, member.name, taking, now())
        if taking:
            note_seen(connection, secret, now())
    return True


def _note(database: Database, member: StaffMember, taking: bool) -> None:
    with database.begin() as connection:
        note_presence(connection, member.id, member.name, taking, now())


def _draw(one: OpenConversation, place: str, mask: Callable[[str], str]) -> str:
    c = one.conversation
    return templates().get_template("desk/row.html").render(
        conversation=c, place=place, channel=CHANNEL_NAMES.get(c.channel, c.channel), unread=one.unread,
        words=mask(one.words[: 4 * _LONGEST_WORDS])[:_LONGEST_WORDS], reason=REASON_NAMES[c.reason] if c.reason else "",
        urgent=c.reason in _URGENT, waiting=c.holder is Holder.QUEUE, since=int((c.queued or c.last).timestamp()),
    )  # fmt: skip
