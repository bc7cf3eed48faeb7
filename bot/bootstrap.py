"""The one file where the real parts meet. Nothing happens at import."""

from __future__ import annotations

import datetime as dt
import threading
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.hotline.answering import Assistant, Turn
from bot.hotline.deadlines import read_time_limits
from bot.hotline.eligibility import read_eligibility
from bot.hotline.jurisdictions import Places
from bot.hotline.knowledge import Knowledge
from bot.hotline.ledger import LedgerRow, conversation_hash, new_ledger_id, top_scores
from bot.hotline.privacy import mask
from bot.hotline.ranking import Ranker
from bot.hotline.replies import Reply
from bot.hotline.routing import Dispatcher, RoutingAdvice, Suggestion
from bot.model_files import ModelFiles, released_model
from bot.ordering import OrderDesk, Suggest
from bot.settings import Settings, read_secret
from bot.storage import Database, knowledge_version, load_knowledge, load_places, write_ledger
from bot.text.wording import Wording
from bot.training.dispatcher import load_dispatcher
from bot.training.ranker import load_ranker

_ZONE = ZoneInfo("Asia/Shanghai")


class Application:
    """The running parts of one process: database, released ranker, and the assistant for today's knowledge."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.database_url)
        self._assistant: Assistant | None = None
        self._model: tuple[ModelFiles, Ranker, Dispatcher] | None = None
        self._lock = threading.Lock()

    def assistant(self) -> Assistant:
        """Return an assistant that knows the newest knowledge, built anew only when that has changed."""
        with self.database.read() as connection:
            version = knowledge_version(connection)
        current = self._assistant
        if current and current.knowledge.version == version:
            return current
        with self._lock:
            if self._assistant is None or self._assistant.knowledge.version != version:
                self._assistant = self._build()
            return self._assistant

    def _build(self) -> Assistant:
        with self.database.read() as connection:
            knowledge, places = load_knowledge(connection), load_places(connection)
        return self.assistant_for(knowledge, places)

    def assistant_for(self, knowledge: Knowledge, places: Places) -> Assistant:
        """Return an assistant that knows ``knowledge``, which need not be what the database holds."""
        model = released_model(self.settings)
        if self._model is None or self._model[0] != model:
            self._model = model, load_ranker(model.ranker).ranker, load_dispatcher(model.dispatcher)
        return Assistant(
            knowledge,
            places,
            self._model[1],
            default_jurisdiction=self.settings.jurisdiction,
            today=today,
            checks=read_eligibility(self.settings.eligibility_dir),
            dispatcher=self._model[2],
            earlier=self._assistant,
        )

    def fulfil(self, reply: Reply, *, sender: str, channel: str) -> Reply:
        """Return ``reply`` after filing or moving the work order that it is about, if any."""
        assistant = self.assistant()
        desk = self._desk(assistant.knowledge, assistant.places, assistant.suggest_departments)
        return desk.fulfil(reply, assistant.knowledge, self.pseudonym(sender), channel)

    def pseudonym(self, sender: str) -> str:
        """Return the digest under which ``sender`` is known in the database."""
        return conversation_hash(sender, read_secret(self.settings.secret_file))

    def _desk(self, knowledge: Knowledge, places: Places, suggest: Suggest) -> OrderDesk:
        limits = read_time_limits(self.settings.time_limits_file)
        public = frozenset(line.number for line in knowledge.hotlines)
        return OrderDesk(self.database, limits, lambda text: mask(text, public), places.letters, suggest, now)

    def ledger_row(self, turn: Turn, reply: Reply, *, sender: str, model: str) -> LedgerRow:
        """Return the row of the ledger (账本) under whose id ``reply`` can be replayed."""
        return LedgerRow(
            id=new_ledger_id(),
            at=dt.datetime.now(dt.timezone.utc),
            jurisdiction=reply.jurisdiction,
            conversation=self.pseudonym(sender),
            message_masked=self.assistant().masked(turn.text),
            model=model,
            intent=turn.understanding.intent,
            intent_scores=top_scores(turn.understanding.scores),
            kind=reply.kind,
            confidence=reply.confidence,
            entries=reply.entries,
            text_shown=reply.text,
            context=reply.context,
        )

    def record(self, row: LedgerRow) -> None:
        """Write ``row`` to the ledger."""
        with self.database.begin() as connection:
            write_ledger(connection, row)


def now() -> dt.datetime:
    """Return this moment in UTC."""
    return dt.datetime.now(dt.timezone.utc)


def today() -> dt.date:
    """Return the date in China."""
    return dt.datetime.now(_ZONE).date()


class Reference:
    """What the web process and operators need of the knowledge, without the indexes that answering needs.

    It follows the knowledge's version: a rule that an administrator changes counts at the next question.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._dispatcher: Dispatcher | None = None
        self._wording: Wording | None = None
        self._lock = threading.Lock()
        self._known: tuple[Knowledge, Places] | None = None

    def knowledge(self) -> Knowledge:
        """Return the newest knowledge."""
        return self._current()[0]

    def places(self) -> Places:
        """Return the newest places."""
        return self._current()[1]

    def suggest(self, text: str, place: str) -> list[Suggestion]:
        """Return the three likeliest departments of ``place`` for ``text``. Raises HotlineError without a model."""
        with self._lock:
            if self._dispatcher is None or self._wording is None:
                model = released_model(self._application.settings)
                self._wording = Wording(load_ranker(model.ranker).ranker.wording)
                self._dispatcher = load_dispatcher(model.dispatcher)
        return RoutingAdvice(self._dispatcher, self._wording, self.knowledge()).suggest(text, place)

    def desk(self) -> OrderDesk:
        """Return the desk that files work orders."""
        return self._application._desk(*self._current(), self.suggest)

    def _current(self) -> tuple[Knowledge, Places]:
        with self._application.database.read() as connection:
            version = knowledge_version(connection)
            if self._known is None or self._known[0].version != version:
                self._known = load_knowledge(connection), load_places(connection)
            return self._known


@lru_cache(maxsize=1)
def application() -> Application:
    """Return this process's application, built from the environment at the first call."""
    return Application(Settings.from_environment())
