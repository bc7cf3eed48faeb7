"""``python -m tests.load.suggestions FILE...``: whether the right answer is among the five suggested, and how fast.

Each file holds questions in the format of ``tests/nlu``. An answer is right when what would be inserted passes the
question by itself: it holds every required fact and nothing forbidden. Questions that nothing answers are left out.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from bot.hotline.answering import Assistant
from bot.hotline.jurisdictions import Places
from bot.hotline.replies import answer_text
from bot.hotline.searching import KnowledgeSearch
from bot.hotline.suggesting import Suggester
from bot.knowledge_files import read_knowledge_files
from bot.model_files import released_model
from bot.settings import PROJECT_ROOT, Settings
from bot.text.wording import Wording
from bot.training.evaluation import Question, fault_of, read_questions
from bot.training.intents import load_understanding
from bot.training.ranker import load_ranker

KNOWLEDGE = frozenset({"answer", "service", "hotline", "validity", "followup"})


@dataclass(frozen=True)
class Tried:
    """A question and which of its suggestions answer it, by rank from 1."""

    question: Question
    right: tuple[int, ...]
    seconds: float


def build_suggester(settings: Settings, default: str = "jingzhou") -> Suggester:
    """Return a suggester for the shipped knowledge and the released model. Takes a while."""
    files = read_knowledge_files(PROJECT_ROOT / "data" / "knowledge")
    model = released_model(settings)
    ranker = load_ranker(model.ranker).ranker
    places = Places(files.jurisdictions, files.elsewhere)
    assistant = Assistant(files.as_knowledge(), places, ranker, default_jurisdiction=default, today=_today)
    return Suggester(assistant, load_understanding(model.rasa, Wording(ranker.wording)))


def try_all(suggester: Suggester, questions: Sequence[Question], place: str = "") -> list[Tried]:
    """Return how the suggestions for the questions of knowledge fare, asked in ``place``, else in their own."""
    tried = []
    for question in (q for q in questions if q.kind in KNOWLEDGE):
        started = time.perf_counter()
        found = suggester.suggest(question.turns, place or question.jurisdiction)
        seconds = time.perf_counter() - started
        knowledge = suggester.assistant.knowledge
        texts = [answer_text([one.entry], knowledge, _today(), None) for one in found]
        right = tuple(rank for rank, text in enumerate(texts, 1) if not fault_of(question, text))
        tried.append(Tried(question, right, seconds))
    return tried


def share(tried: Sequence[Tried]) -> float:
    """Return in which share the right answer is among the suggested."""
    return sum(bool(one.right) for one in tried) / len(tried)


def _today() -> dt.date:
    return dt.datetime.now(dt.timezone.utc).date()


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--place", default="", help="Ask everything in this place; else each question in its own.")
def main(files: Sequence[Path], place: str) -> None:
    """Measure."""
    started = time.perf_counter()
    suggester = build_suggester(Settings.from_environment())
    print(f"suggester built in {time.perf_counter() - started:.0f} s")
    started = time.perf_counter()
    search = KnowledgeSearch(suggester.assistant.knowledge)
    print(f"search index built in {time.perf_counter() - started:.1f} s")
    searched = []
    for file in files:
        questions = read_questions(file)
        tried = try_all(suggester, questions, place)
        first = sum(one.right[:1] == (1,) for one in tried) / len(tried)
        times = np.percentile([one.seconds * 1000 for one in tried], [50, 95])
        print(
            f"{file.name}: {len(tried)} asked, right among five {share(tried):.1%}, right first {first:.1%}, "
            f"p50 {times[0]:.0f} ms, p95 {times[1]:.0f} ms; missed {[t.question.id for t in tried if not t.right]}"
        )
        for question in questions:
            typed = question.turns[-1]
            for end in range(2, len(typed) + 1, 3):  # as it is typed
                before = time.perf_counter()
                search.find(typed[:end], question.jurisdiction)
                searched.append((time.perf_counter() - before) * 1000)
    print(f"search: {len(searched)} times, p50 and p95 in ms: {np.percentile(searched, [50, 95]).round(1)}")


if __name__ == "__main__":
    main()
