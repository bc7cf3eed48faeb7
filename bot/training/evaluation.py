"""How good the answers are, on questions that training never saw (``make evaluate``)."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedKFold

from bot.editing.labels import INTENTS, QUESTION_KINDS, STYLES
from bot.example_files import complaint_examples, train_danger_classifier
from bot.hotline.answering import Assistant, Turn
from bot.hotline.danger_classifier import DangerClassifier
from bot.hotline.dialogue import Dialogue
from bot.hotline.directory import all_entries
from bot.hotline.eligibility import read_eligibility
from bot.hotline.jurisdictions import Jurisdiction, Places
from bot.hotline.ranking import Ranker, intent_of
from bot.hotline.replies import Reply
from bot.hotline.routing import Dispatcher
from bot.hotline.understanding import Understanding
from bot.knowledge_files import read_knowledge_files
from bot.model_files import model_files
from bot.settings import PROJECT_ROOT, Settings
from bot.text.classify import TextClassifier
from bot.text.normalise import normalise, strip_filler
from bot.text.wording import Wording
from bot.training.curves import calibration, risk_coverage
from bot.training.dispatcher import load_dispatcher
from bot.training.examples import read_nlu_examples
from bot.training.ranker import load_ranker
from bot.training.report import Group, Report, as_html

ABSTAINED = frozenset({"clarify", "unsupported", "handoff"})
CONSOLE = "console"  # style of the questions that administrators add
_NOWHERE = "没有收录的地方"  # of questions about another place or about none
LONGEST_REPLY = 700  # characters; longer is a dump of the document, not an answer
_OF_FACT = frozenset({"answer", "service", "validity", "hotline", "followup", "unsupported"})
_SEED = 20170717


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
    return [question_from(json.loads(line)) for line in path.read_text(encoding="utf8").splitlines() if line.strip()]


def question_from(row: Mapping[str, Any]) -> Question:
    """Return the question that stands in a JSON object."""
    return Question(
        id=row["id"],
        kind=row["kind"],
        jurisdiction=row["jurisdiction"],
        style=row["style"],
        turns=tuple(row["turns"]),
        must=tuple(tuple(group) for group in row["must"]),
        must_not=tuple(row["must_not"]),
    )


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
    danger: DangerClassifier
    wording: Wording

    def ask(self, turns: Sequence[str], place: str | None = None) -> Reply:
        """Return the reply to the last of ``turns``, on a channel of ``place``."""
        dialogue = Dialogue()
        for text in turns:
            ranking = self.classifier.predict(strip_filler(self.wording.plain(normalise(text)))).ranking[:10]
            understanding = Understanding(dict(ranking), alarm=self.danger.judge(text))
            turn = Turn(text, understanding, dialogue, place)
            asked_for_person = understanding.intent == "request_human"
            reply = self.assistant.hand_over(turn) if asked_for_person else self.assistant.answer(turn)
            dialogue = reply.dialogue
        return reply

    def judge(self, questions: Iterable[Question]) -> list[Judged]:
        """Ask every question and judge the replies."""
        judged = []
        for question in questions:
            # The shipped questions name their place; what is added in a console is asked on that place's channel.
            reply = self.ask(question.turns, question.jurisdiction if question.style == CONSOLE else None)
            text = "\n".join([reply.text, *(choice.title for choice in reply.choices)])
            judged.append(Judged(question, reply, fault_of(question, text)))
        return judged


def build_bench(root: Path, ranker: Ranker, dispatcher: Dispatcher | None = None) -> Bench:
    """Return a bench for the knowledge files and training examples under ``root``."""
    files = read_knowledge_files(root / "data" / "knowledge")
    knowledge = files.as_knowledge()
    pairs = training_pairs(root)
    classifier = TextClassifier().fit([text for text, _ in pairs], [intent for _, intent in pairs])
    assistant = Assistant(
        knowledge,
        Places(files.jurisdictions, files.elsewhere),
        ranker,
        default_jurisdiction="jingzhou",
        today=lambda: dt.datetime.now(dt.timezone.utc).date(),
        checks=read_eligibility(root / "data" / "eligibility"),
        dispatcher=dispatcher,
    )
    danger = train_danger_classifier(root / "data", read_nlu_examples(root / "data" / "nlu"), seed=_SEED)
    return Bench(assistant, classifier, danger, Wording(ranker.wording))


def training_pairs(root: Path) -> list[tuple[str, str]]:
    """Return every text that teaches intents, normalised, with its intent."""
    knowledge = read_knowledge_files(root / "data" / "knowledge").as_knowledge()
    pairs = [(q, intent_of(e)) for e in all_entries(knowledge) for q in e.questions]
    pairs += [*read_nlu_examples(root / "data" / "nlu"), *complaint_examples(root / "data" / "catalogue")]
    return [(strip_filler(normalise(text)), intent) for text, intent in pairs]


def summary(judged: Sequence[Judged], places: Mapping[str, Jurisdiction] = MappingProxyType({})) -> list[Group]:
    """Return all questions as one group, then each place, kind and style, under the names that people know them by."""
    found: dict[str, list[Judged]] = defaultdict(list)
    for item in judged:
        question = item.question
        place = places.get(question.jurisdiction)
        where = place.name if place else _NOWHERE if question.jurisdiction == "none" else question.jurisdiction
        kind, style = QUESTION_KINDS.get(question.kind, question.kind), STYLES.get(question.style, question.style)
        named = f"辖区 {where}", f"类型 {kind}", f"说法 {style}"
        for name in ("全部", *named):
            found[name].append(item)
    names = sorted(found, key=lambda name: (name != "全部", name))
    return [_group(name, found[name]) for name in names]


def _group(name: str, items: Sequence[Judged]) -> Group:
    count = len(items)
    answered = sum(item.reply.kind not in ABSTAINED for item in items)
    passed = sum(not item.fault for item in items)
    return Group(name, count, answered / count, passed / count, sum(item.wrong for item in items) / count)


def held_out_questions(root: Path) -> list[Question]:
    """Return the project's own questions, which training never sees."""
    return [q for path in sorted((root / "data" / "golden").glob("*.jsonl")) for q in read_questions(path)]


def if_always_answered(bench: Bench, questions: Iterable[Question]) -> tuple[list[float], list[bool]]:
    """Return the confidence of the best entry for each question of fact, and whether giving it would have passed."""
    bold = replace(bench, assistant=bench.assistant.with_thresholds(answer=0.0))
    judged = bold.judge(q for q in questions if q.kind in _OF_FACT)
    sure = [(item.reply.confidence, not item.fault) for item in judged if item.reply.confidence is not None]
    return [confidence for confidence, _ in sure], [right for _, right in sure]


def cross_validated(root: Path, folds: int = 3, most: int = 6000) -> tuple[list[str], list[str]]:
    """Return the intents of (at most ``most``) training examples, and what a classifier that never saw them says."""
    pairs = training_pairs(root)
    if len(pairs) > most:
        chosen = np.random.default_rng(_SEED).choice(len(pairs), most, replace=False)
        pairs = [pairs[i] for i in sorted(chosen)]
    texts, labels = [text for text, _ in pairs], [intent for _, intent in pairs]
    said = [""] * len(labels)
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=_SEED).split(texts, labels):
        model = TextClassifier().fit([texts[i] for i in train], [labels[i] for i in train])
        for i in test:
            said[i] = model.predict(texts[i]).label
    return labels, said


def confusions(labels: Sequence[str], said: Sequence[str], most: int = 20) -> list[tuple[str, str, int]]:
    """Return the pairs (intent, taken for) that are confused most often, with how often."""
    wrong = Counter((label, other) for label, other in zip(labels, said) if label != other)
    return [(label, other, count) for (label, other), count in wrong.most_common(most)]


def evaluate(settings: Settings, say: Callable[[str], object], *, record: bool = False) -> None:
    """Ask every held-out question, print the table, and write the report and the failures to ``var/evaluation``.

    With ``record`` the shares are kept in ``tests/nlu/recorded.json``, below which the tests do not let them fall.
    """
    files = model_files(PROJECT_ROOT, settings.models_dir)
    trained = load_ranker(files.ranker)
    say("准备模型和题目……")
    bench = build_bench(PROJECT_ROOT, trained.ranker, load_dispatcher(files.dispatcher))
    questions = held_out_questions(PROJECT_ROOT)
    say(f"回答 {len(questions)} 道题……")
    judged = bench.judge(questions)
    groups = summary(judged, bench.assistant.places.by_id)
    say(f"{'':24}{'问':>6}{'作答':>8}{'通过':>8}{'答错':>8}")
    for g in groups:
        say(f"{g.name:24}{g.asked:6}{g.answered:8.1%}{g.passed:8.1%}{g.wrong:8.1%}")
    say("测量可信度并交叉验证意图识别……")
    confidences, right = if_always_answered(bench, questions)
    labels, said = cross_validated(PROJECT_ROOT)
    folder = PROJECT_ROOT / "var" / "evaluation"
    folder.mkdir(parents=True, exist_ok=True)
    report = Report(
        groups=groups,
        failures=[_failure(item) for item in judged if item.fault],
        confusions=[(INTENTS.get(a, a), INTENTS.get(b, b), n) for a, b, n in confusions(labels, said)],
        intent_accuracy=sum(a == b for a, b in zip(labels, said)) / len(labels),
        curves=[
            ("训练时留出的相似问", trained.risk_coverage, trained.calibration),
            ("从未用于训练的题目", risk_coverage(confidences, right), calibration(confidences, right)),
        ],
        threshold=trained.ranker.thresholds.answer,
        recorded=recorded_shares(PROJECT_ROOT),
    )
    (folder / "report.html").write_text(as_html(report), encoding="utf8")
    rows = (json.dumps(failure, ensure_ascii=False) + "\n" for failure in report.failures)
    (folder / "failures.jsonl").write_text("".join(rows), encoding="utf8")
    if record:
        shares = {"asked": groups[0].asked, "passed": round(groups[0].passed, 4), "wrong": round(groups[0].wrong, 4)}
        _recorded(PROJECT_ROOT).write_text(json.dumps(shares) + "\n", encoding="utf8")
        say(f"已把成绩记入 {_recorded(PROJECT_ROOT).relative_to(PROJECT_ROOT)}。")
    say(f"报告：{folder / 'report.html'}\n没有通过的问题：{folder / 'failures.jsonl'}")


def recorded_shares(root: Path) -> dict[str, float]:
    """Return the shares that were recorded last, nothing where none were."""
    path = _recorded(root)
    return json.loads(path.read_text(encoding="utf8")) if path.is_file() else {}


def _recorded(root: Path) -> Path:
    return root / "tests" / "nlu" / "recorded.json"


def _failure(item: Judged) -> dict[str, object]:
    return {
        "id": item.question.id,
        "turns": item.question.turns,
        "fault": item.fault,
        "wrong": item.wrong,
        "kind": item.reply.kind,
        "confidence": item.reply.confidence,
        "reply": item.reply.text,
    }
