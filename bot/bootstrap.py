"""The one file where the real parts meet. Nothing happens at import."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.errors import HotlineError
from bot.hotline.answering import Assistant, Turn
from bot.hotline.deadlines import read_time_limits
from bot.hotline.eligibility import read_eligibility
from bot.hotline.jurisdictions import Places
from bot.hotline.knowledge import Knowledge
from bot.hotline.ledger import LedgerRow, conversation_hash, new_ledger_id, top_scores
from bot.hotline.privacy import mask
from bot.hotline.ranking import Ranker, Thresholds
from bot.hotline.replies import Reply
from bot.hotline.routing import Dispatcher, RoutingAdvice, Suggestion
from bot.hotline.suggesting import Suggester
from bot.hotline.understanding import Understanding
from bot.model_files import ModelFiles, ReleasedModel
from bot.ordering import OrderDesk, Suggest
from bot.settings import Settings, read_secret
from bot.storage import Database, knowledge_version, load_knowledge, load_places, write_ledger
from bot.text.wording import Wording
from bot.training.dispatcher import load_dispatcher
from bot.training.intents import load_understanding
from bot.training.ranker import load_ranker

_ZONE = ZoneInfo("Asia/Shanghai")
logger = logging.getLogger(__name__)


class Application:
    """The running parts of one process: database, released ranker, and the assistant for today's knowledge."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.database_url)
        self.released = ReleasedModel(settings)
        self._assistant: Assistant | None = None
        self._model: ModelFiles | None = None  # of the assistant
        self._refused: ModelFiles | None = None  # a released model that could not be used
        self._awaited: ModelFiles | None = None  # one that is being made ready
        self._loaded: tuple[ModelFiles, Ranker, Dispatcher] | None = None
        self._understanding: tuple[ModelFiles, Callable[[str], Understanding]] | None = None
        self._lock = threading.Lock()
        self._preparing = threading.Lock()

    def assistant(self) -> Assistant:
        """Return an assistant with the newest knowledge and, as soon as it is ready, the released model.

        New knowledge is waited for: whoever changed it may ask at once. A new model is made ready beside the old one.
        """
        with self.database.read() as connection:
            version = knowledge_version(connection)
        model = self.released.current()
        current = self._assistant
        if current is None or current.knowledge.version != version:
            with self._lock:
                if self._assistant is None or self._assistant.knowledge.version != version:
                    self._assistant = self._build(model)
                return self._assistant
        if model not in (self._model, self._refused, self._awaited):
            self._awaited = model
            threading.Thread(target=self._change_model, args=(model,), name="model", daemon=True).start()
        return current

    @property
    def model(self) -> ModelFiles | None:
        """The model that the assistant has, none before there is one."""
        return self._model

    def prepared(self) -> Assistant | None:
        """Return the assistant as far as it is ready, without waiting for what is new; ``None`` before the first one."""
        if self._preparing.acquire(blocking=False):

            def prepare() -> None:
                try:
                    self.assistant()
                except HotlineError as error:
                    logger.error("the assistant could not be made ready: %s", error)
                finally:
                    self._preparing.release()

            threading.Thread(target=prepare, name="prepare", daemon=True).start()
        return self._assistant

    def follow(self, every: float = 1.0) -> None:
        """Take up new knowledge and newly released models from now on without waiting for a question."""

        def look() -> None:
            while True:
                time.sleep(every)
                try:
                    self.assistant()
                except HotlineError as error:
                    logger.error("the newest knowledge and model could not be read: %s", error)

        threading.Thread(target=look, name="follow", daemon=True).start()

    def _change_model(self, model: ModelFiles) -> None:
        try:
            with self._lock:
                self._assistant = self._build(model)
        except HotlineError as error:
            logger.error("%s could not be loaded: %s", model.rasa.name, error)
        finally:
            self._awaited = None

    def _build(self, model: ModelFiles) -> Assistant:
        """Return an assistant with ``model``, or with the model so far where that one cannot be used."""
        with self.database.read() as connection:
            knowledge, places = load_knowledge(connection), load_places(connection)
        if model != self._refused:
            try:
                built = self._with_model(model, knowledge, places)
                self._model, self._refused = model, None
                return built
            except HotlineError as error:
                if self._model is None or self._model == model:
                    raise
                logger.error("%s cannot be used, the model before it goes on: %s", model.rasa.name, error)
                self._refused = model
        assert self._model is not None, "a model is refused in favour of another"
        return self._with_model(self._model, knowledge, places)

    def assistant_for(self, knowledge: Knowledge, places: Places) -> Assistant:
        """Return an assistant that knows ``knowledge``, which need not be what the database holds."""
        return self._with_model(self._model or self.released.current(), knowledge, places)

    def _with_model(self, model: ModelFiles, knowledge: Knowledge, places: Places) -> Assistant:
        if self._loaded is None or self._loaded[0] != model:
            self._loaded = model, load_ranker(model.ranker).ranker, load_dispatcher(model.dispatcher)
        _, ranker, dispatcher = self._loaded
        return Assistant(
            knowledge,
            places,
            ranker,
            default_jurisdiction=self.settings.jurisdiction,
            today=today,
            checks=read_eligibility(self.settings.eligibility_dir),
            dispatcher=dispatcher,
            earlier=self._assistant,
        )

    def suggester(self) -> Suggester:
        """Return what suggests answers to operators from the newest knowledge. Takes long where that has changed.

        Raises HotlineError without a model.
        """
        return Suggester(self.assistant(), self.understanding())

    def understanding(self) -> Callable[[str], Understanding]:
        """Return what tells the intents of a text, as Rasa does, by the model that the assistant has.

        Raises HotlineError without a model.
        """
        self.assistant()
        assert self._loaded is not None, "the assistant was made from it"
        model, ranker, _ = self._loaded
        if self._understanding is None or self._understanding[0] != model:
            self._understanding = model, load_understanding(model.rasa, Wording(ranker.wording))
        return self._understanding[1]

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

    It follows the knowledge's version and the released model: what an administrator changes counts at the next question.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._dispatcher: Dispatcher | None = None
        self._wording: Wording | None = None
        self._model: ModelFiles | None = None  # of these two
        self._lock = threading.Lock()
        self._known: tuple[Knowledge, Places] | None = None
        self._thresholds: tuple[ModelFiles, Thresholds] | None = None

    def knowledge(self) -> Knowledge:
        """Return the newest knowledge."""
        return self._current()[0]

    def places(self) -> Places:
        """Return the newest places."""
        return self._current()[1]

    def assistant(self) -> Assistant | None:
        """Return the assistant, ``None`` while its indexes are being built, which this begins."""
        return self._application.prepared()

    def thresholds(self) -> Thresholds:
        """Return from which confidence the released model answers. Raises HotlineError without a model."""
        model = self._application.released.current()
        if self._thresholds is None or self._thresholds[0] != model:
            self._thresholds = model, load_ranker(model.ranker).ranker.thresholds
        return self._thresholds[1]

    def masker(self) -> Callable[[str], str]:
        """Return what takes personal data out of a text; the numbers of public lines stay."""
        public = frozenset(line.number for line in self.knowledge().hotlines)
        return lambda text: mask(text, public)

    def suggest(self, text: str, place: str) -> list[Suggestion]:
        """Return the three likeliest departments of ``place`` for ``text``. Raises HotlineError without a model."""
        with self._lock:
            model = self._application.released.current()
            if self._dispatcher is None or self._wording is None or model != self._model:
                wording, dispatcher = load_ranker(model.ranker).ranker.wording, load_dispatcher(model.dispatcher)
                self._wording, self._dispatcher, self._model = Wording(wording), dispatcher, model
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
