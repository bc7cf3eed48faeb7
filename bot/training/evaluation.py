"""How good the answers are, on questions that training never saw (``make evaluate``)."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.hotline.answering import Assistant, Thresholds, Turn
from bot.hotline.dialogue import Dialogue
from bot.hotline.directory import all_entries
from bot.hotline.jurisdictions import Places
from bot.hotline.ranking import Ranker, intent_of
from bot.hotline.replies import Reply
from bot.hotline.understanding import Understanding
from bot.knowledge_files import read_knowledge_files
from bot.model_files import model_files
from bot.settings import PROJECT_ROOT, Settings
from bot.text.classify import TextClassifier
from bot.text.normalise import normalise, strip_filler
from bot.text.wording import Wording
from bot.training.examples import read_nlu_examples
from bot.training.ranker import load_ranker

ABSTAINED = frozenset({"clarify", "unsupported", "handoff"})
LONGEST_REPLY = 700  # characters; longer is a dump of the document, not an answer


@dataclass(frozen=True)
class Question:
    """A question with what a right reply must and must not hold (the format of the acceptance questions)."""

    id: str
    kind: str
    jurisdiction: str
    style: str
    turns: tuple[str, ...]
    must: tuple[tuple[str, ...], ...]
    must_not: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """A question with the reply to its last turn; ``fault`` is empty where the reply passes."""

    question: Question
    reply: Reply
    fault: str

    @property
    def wrong(self) -> bool:
        """Whether the reply failed without abstaining: the worst outcome."""
        return bool(self.fault) and self.reply.kind not in ABSTAINED


def read_questions(path: Path) -> list[Question]:
    """Return the questions in a JSON Lines file."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf8").splitlines() if line.strip()]
    return [
        Question(
            id=row["id"],
            kind=row["kind"],
            jurisdiction=row["jurisdiction"],
            style=row["style"],
            turns=tuple(row["turns"]),
            must=tuple(tuple(group) for group in row["must"]),
            must_not=tuple(row["must_not"]),
        )
        for row in rows
    ]


def fault_of(question: Question, text: str) -> str:
    """Return why ``text`` does not pass ``question``, empty where it does."""
    reply = _squeezed(text)
    for group in question.must:
        if not any(_squeezed(wanted) in reply for wanted in group):
            return f"缺少：{'｜'.join(group[:4])}"
    for forbidden in question.must_not:
        if _squeezed(forbidden) in reply:
            return f"不该有：{forbidden}"
    return f"{len(reply)} 字，太长" if len(reply) > LONGEST_REPLY else ""


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", normalise(text))


@dataclass(frozen=True)
class Bench:
    """An assistant and the classifier in front of it, without Rasa around them."""

    assistant: Assistant
    classifier: TextClassifier
    wording: Wording

    def ask(self, turns: Sequence[str]) -> Reply:
        """Return the reply to the last of ``turns``."""
        dialogue = Dialogue()
        for text in turns:
            ranking = self.classifier.predict(strip_filler(self.wording.plain(normalise(text)))).ranking[:10]
            understanding = Understanding(dict(ranking))
            turn = Turn(text, understanding, dialogue)
            asked_for_person = understanding.intent == "request_human"
            reply = self.assistant.hand_over(turn) if asked_for_person else self.assistant.answer(turn)
            dialogue = reply.dialogue
        return reply

    def judge(self, questions: Iterable[Question]) -> list[Judged]:
        """Ask every question and judge the replies."""
        judged = []
        for question in questions:
            reply = self.ask(question.turns)
            text = "\n".join([reply.text, *(choice.title for choice in reply.choices)])
            judged.append(Judged(question, reply, fault_of(question, text)))
        return judged


def build_bench(root: Path, ranker: Ranker, thresholds: Thresholds | None = None) -> Bench:
    """Return a bench for the knowledge files and training examples under ``root``."""
    files = read_knowledge_files(root / "data" / "knowledge")
    knowledge = files.as_knowledge()
    pairs = [(q, intent_of(e)) for e in all_entries(knowledge) for q in e.questions]
    pairs += list(read_nlu_examples(root / "data" / "nlu"))
    classifier = TextClassifier().fit([strip_filler(normalise(t)) for t, _ in pairs], [i for _, i in pairs])
    assistant = Assistant(
        knowledge,
        Places(files.jurisdictions, files.elsewhere),
        ranker,
        thresholds or Thresholds(),
        default_jurisdiction="jingzhou",
        today=lambda: dt.datetime.now(dt.timezone.utc).date(),
    )
    return Bench(assistant, classifier, Wording(ranker.wording))


def summary(judged: Sequence[Judged]) -> list[tuple[str, int, float, float, float]]:
    """Return (group, asked, share answered, share passed, share wrong) for all, each kind and each style."""
    asked: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for item in judged:
        for group in ("全部", f"类型 {item.question.kind}", f"风格 {item.question.style}"):
            asked[group] += 1
            answered[group] += item.reply.kind not in ABSTAINED
            passed[group] += not item.fault
            wrong[group] += item.wrong
    groups = sorted(asked, key=lambda g: (g != "全部", g))
    return [(g, asked[g], answered[g] / asked[g], passed[g] / asked[g], wrong[g] / asked[g]) for g in groups]


def evaluate(settings: Settings, say: Callable[[str], object]) -> None:
    """Ask every held-out question, print the table and write the failures to ``var/evaluation``."""
    bench = build_bench(PROJECT_ROOT, load_ranker(model_files(PROJECT_ROOT, settings.models_dir).ranker))
    questions = [q for path in sorted((PROJECT_ROOT / "tests" / "nlu").glob("*.jsonl")) for q in read_questions(path)]
    judged = bench.judge(questions)
    say(f"{'':24}{'问':>6}{'作答':>8}{'通过':>8}{'答错':>8}")
    for group, count, answered, passed, wrong in summary(judged):
        say(f"{group:24}{count:6}{answered:8.1%}{passed:8.1%}{wrong:8.1%}")
    folder = PROJECT_ROOT / "var" / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "failures.jsonl").open("w", encoding="utf8") as out:
        for item in judged:
            if item.fault:
                row = {"id": item.question.id, "turns": item.question.turns, "fault": item.fault, "wrong": item.wrong}
                out.write(json.dumps(row | {"reply": item.reply.text}, ensure_ascii=False) + "\n")
    say(f"没有通过的问题写在 {folder / 'failures.jsonl'}")
