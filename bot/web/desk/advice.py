"""What operators are advised: suggested answers, departments, search. Built in the background, never in their way."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar, cast

from aiohttp import web

from bot.bootstrap import Application, Reference, today
from bot.errors import HotlineError
from bot.hotline.knowledge import Knowledge, KnowledgeEntry, Validity
from bot.hotline.replies import answer_text, validity_text
from bot.hotline.routing import Suggestion
from bot.hotline.searching import Found, KnowledgeSearch
from bot.hotline.suggesting import Suggested, Suggester
from bot.model_files import ModelFiles

logger = logging.getLogger(__name__)
T = TypeVar("T")
_LOOK = 2.0  # seconds between looks whether the knowledge has changed
_AGAIN = 30.0  # seconds after which a build that failed is tried again
_WORTH_NAMING = 0.05  # confidence from which a department is named
VALIDITY_NAMES = {
    Validity.IN_FORCE: ("现行有效", "green"), Validity.EXPIRED: ("有效期已满", "red"),
    Validity.REPEALED: ("已废止", "red"), Validity.NOT_YET_IN_FORCE: ("尚未生效", "yellow"),
    Validity.UNKNOWN: ("有效期未写明", "yellow"),
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """Where an answer rests, as an operator reads it."""

    title: str
    number: str
    provisions: str
    validity: str
    colour: str
    warning: str


@dataclass(frozen=True)
class Offer:
    """A suggestion as it is shown: ``text`` is what is inserted."""

    rank: int
    entry: KnowledgeEntry
    place: str  # empty where it is the citizen's own
    text: str
    sources: Sequence[Source]
    confidence: float
    question: str
    words: Sequence[str]


class Advice:
    """Follows the knowledge's version and the released model. What is being built anew is served from the version before meanwhile."""

    def __init__(self, application: Application, reference: Reference) -> None:
        self._application = application
        self._reference = reference
        self._suggester: Suggester | None = None
        self._current: tuple[int, ModelFiles | None] | None = None  # knowledge and model of the suggester
        self._search: KnowledgeSearch | None = None
        self._building: asyncio.Task[None] | None = None
        self._looked = -_LOOK
        self.problem = ""  # why nothing can be suggested

    async def suggest(self, said: Sequence[str], place: str) -> list[Offer] | None:
        """Return what fits the last of what a citizen of ``place`` ``said``, ``None`` while that is being prepared."""
        await self.prepare()
        suggester = self._suggester
        if suggester is None:
            return None

        def work() -> list[Offer]:
            knowledge = self._reference.knowledge()
            return self._offers(suggester.suggest(said, place), knowledge, place)

        return await asyncio.to_thread(work)

    async def search(self, text: str, place: str) -> list[Found] | None:
        """Return entries and provisions that fit ``text``, ``None`` while the index is being prepared."""
        await self.prepare()
        search = self._search
        return None if search is None else await asyncio.to_thread(search.find, text, place)

    async def departments(self, text: str, place: str) -> list[Suggestion]:
        """Return the departments of ``place`` that may handle ``text``; none where nothing speaks for one."""
        if not text.strip():
            return []
        try:
            found = await asyncio.to_thread(self._reference.suggest, text, place)
        except HotlineError as error:
            logger.error("no departments are suggested: %s", error)
            return []
        return [one for one in found if one.confidence >= _WORTH_NAMING and one.department]

    def masker(self) -> Callable[[str], str]:
        """Return what takes personal data out of a text; the numbers of public lines stay."""
        return self._reference.masker()

    def mask(self, text: str) -> str:
        """Return ``text`` without personal data."""
        return self.masker()(text)

    async def prepare(self) -> None:
        """See to it that the newest knowledge is, or is being, prepared; returns at once."""
        if self._building is not None or time.monotonic() - self._looked < _LOOK:
            return
        self._looked = time.monotonic()
        version = (await asyncio.to_thread(self._reference.knowledge)).version
        self._application.prepared()  # which begins to take up a model that was released
        current = version, self._application.model
        if self._suggester is None or self._current != current:
            self._building = asyncio.create_task(self._build())

    async def _build(self) -> None:
        try:
            knowledge = await asyncio.to_thread(self._reference.knowledge)
            if self._search is None or self._search.version != knowledge.version:
                self._search = await _aside(lambda: KnowledgeSearch(knowledge))
            self._suggester = await _aside(self._application.suggester)
            self._current = self._suggester.version, self._application.model
            self.problem = ""
        except HotlineError as error:
            logger.error("no answers are suggested: %s", error)
            self.problem, self._looked = str(error), time.monotonic() + _AGAIN
        finally:
            self._building = None

    async def close(self) -> None:
        """Stop building."""
        if self._building:
            self._building.cancel()

    def _offers(self, found: Sequence[Suggested], knowledge: Knowledge, place: str) -> list[Offer]:
        """Return ``found`` in today's words: an entry that was changed meanwhile is shown as it is now."""
        newest = {entry.id: entry for entry in knowledge.entries}
        names = self._reference.places().name
        offers: list[Offer] = []
        for one in found:
            entry = newest.get(one.entry.id, one.entry)
            elsewhere = names(entry.jurisdiction) if entry.jurisdiction != place else ""
            offers.append(
                Offer(
                    len(offers) + 1,
                    entry,
                    elsewhere,
                    answer_text([entry], knowledge, today(), elsewhere or None),
                    sources_of(entry, knowledge, today()),
                    one.confidence,
                    one.question,
                    one.words,
                )
            )
        return offers


async def _aside(work: Callable[[], T]) -> T:
    """Return what ``work`` makes in a thread that nobody waits for when the process ends: building takes long."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: Exception | None) -> None:
        if done.cancelled():
            return
        if error:
            done.set_exception(error)
        else:
            done.set_result(cast(T, result))

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except Exception as problem:
            error = problem
        with suppress(RuntimeError):  # the loop is closed: the process is ending
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="advice", daemon=True).start()
    return await done


def sources_of(entry: KnowledgeEntry, knowledge: Knowledge, day: dt.date) -> list[Source]:
    """Return the documents that ``entry`` rests on, and whether they still apply."""
    found = []
    for citation in entry.citations:
        document = knowledge.documents[citation.document]
        name, colour = VALIDITY_NAMES[document.validity(day)]
        found.append(
            Source(
                document.title,
                document.number or "",
                "、".join(citation.provisions),
                name,
                colour,
                validity_text(document, day),
            )
        )
    return found


ADVICE: web.AppKey[Advice] = web.AppKey("advice", Advice)
