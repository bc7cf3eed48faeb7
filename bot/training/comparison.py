"""A new model beside the one that serves: the same questions on the same knowledge, answered by both."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.example_files import read_danger_examples, read_lines
from bot.hotline.answering import Assistant
from bot.hotline.eligibility import read_eligibility
from bot.hotline.emergencies import detect_emergency
from bot.hotline.jurisdictions import Places
from bot.knowledge_files import read_knowledge_files
from bot.model_files import ModelFiles, require_whole
from bot.settings import PROJECT_ROOT
from bot.text.normalise import normalise
from bot.text.wording import Wording
from bot.training.curves import calibration, risk_coverage
from bot.training.dispatcher import load_dispatcher
from bot.training.evaluation import (
    Bench,
    Judged,
    Question,
    confusions,
    cross_validated,
    if_always_answered,
    summary,
)
from bot.training.gate import Rule, as_rows, judge, refusal
from bot.training.intents import stored_part
from bot.training.ranker import TrainedRanker, load_ranker

_SHOWN = 200  # changed answers and failures that are kept
_LONGEST = 600  # characters of an answer that are kept
_COMPLAINTS = 3  # every third complaint is asked: enough to notice, and a third of the time
Say = Callable[[str, float], object]


@dataclass(frozen=True)
class Candidate:
    """A model ready to be asked."""

    bench: Bench
    trained: TrainedRanker


def load_candidate(files: ModelFiles, root: Path, default_jurisdiction: str = "jingzhou") -> Candidate:
    """Return the model in ``files`` as it would serve, on the knowledge in the project at ``root``.

    Its classifiers are taken from Rasa's archive. Raises `HotlineError` where a file is broken.
    """
    require_whole(files)
    knowledge = read_knowledge_files(root / "data" / "knowledge")
    trained = load_ranker(files.ranker)
    assistant = Assistant(
        knowledge.as_knowledge(),
        Places(knowledge.jurisdictions, knowledge.elsewhere),
        trained.ranker,
        default_jurisdiction=default_jurisdiction,
        today=lambda: dt.datetime.now(dt.timezone.utc).date(),
        checks=read_eligibility(root / "data" / "eligibility"),
        dispatcher=load_dispatcher(files.dispatcher),
    )
    classifier, _ = stored_part(files.rasa, "intents.joblib")
    danger = stored_part(files.rasa, "danger.joblib")
    return Candidate(Bench(assistant, classifier, danger, Wording(trained.ranker.wording)), trained)


def compare(
    new: ModelFiles,
    old: ModelFiles | None,
    root: Path,
    questions: Sequence[Question],
    rules: Sequence[Rule],
    known: Mapping[str, Any],
    say: Say,
) -> dict[str, Any]:
    """Return the figures of ``new`` beside those of ``old``, ready to be stored as JSON.

    ``known`` are the stored figures of ``old``: what comes from cross-validating its own training data.
    """
    say("载入新模型……", 0.0)
    after = load_candidate(new, root)
    say(f"新模型回答 {len(questions)} 道黄金题……", 0.1)
    judged = after.bench.judge(questions)
    figures: dict[str, Any] = {"measures": _measures(after, judged), "groups": _groups(after, judged)}
    say("测量把握与对错……", 0.3)
    curves = [_curves("新模型", after, questions)]
    before: dict[str, float | None] = {}
    if old is not None:
        say("正在使用的模型回答同样的题……", 0.45)
        serving = load_candidate(old, root)
        others = serving.bench.judge(questions)
        before = dict(_measures(serving, others))
        figures |= {"groups_before": _groups(serving, others), "changed": _changed(others, judged)}
        curves.append(_curves("正在使用的模型", serving, questions))
    say("交叉验证意图识别……", 0.7)
    labels, said = cross_validated(root)
    figures["measures"]["intent_accuracy"] = sum(a == b for a, b in zip(labels, said)) / len(labels)
    before["intent_accuracy"] = (known.get("measures") or {}).get("intent_accuracy")
    figures |= {
        "before": before if old else {},
        "intents": _by_intent(labels, said),
        "intents_before": known.get("intents") or {},
        "confusions": confusions(labels, said),
        "failures": [_failure(item) for item in judged if item.fault][:_SHOWN],
        "curves": curves,
        "threshold": after.trained.ranker.thresholds.answer,
    }
    figures["gate"] = as_rows(judge(rules, before if old else {}, figures["measures"]))
    figures["refusal"] = refusal(figures["gate"])
    say("评测完成。", 1.0)
    return figures


def _measures(candidate: Candidate, judged: Sequence[Judged]) -> dict[str, float]:
    everything = summary(judged)[0]
    recall, false = _dangers(candidate.bench, judged)
    return {
        "passed": everything.passed,
        "wrong": everything.wrong,
        "answered": everything.answered,
        "emergency_recall": recall,
        "emergency_false": false,
        "routing_first": _routing(candidate.bench),
        "calibration_error": candidate.trained.calibration.error,
    }


def _dangers(bench: Bench, judged: Iterable[Judged]) -> tuple[float, float]:
    """Return the share of dangers that are found and of harmless messages that raise an alarm.

    Of the shipped examples and the golden questions about danger. The model has learnt the examples: a fall shows that
    something that was taught since speaks against them.
    """
    found, dangers, alarms, harmless = 0, 0, 0, 0
    for example in read_danger_examples(PROJECT_ROOT / "data" / "emergencies" / "examples.jsonl"):
        alarm = bool(detect_emergency(normalise(example.text), bench.danger.judge(example.text)))
        dangers += bool(example.numbers)
        harmless += not example.numbers
        found += alarm and bool(example.numbers)
        alarms += alarm and not example.numbers
    for item in judged:
        if item.question.kind == "emergency":
            dangers += 1
            found += item.reply.kind == "emergency"
        else:
            harmless += 1
            alarms += item.reply.kind == "emergency"
    return found / max(dangers, 1), alarms / max(harmless, 1)


def _routing(bench: Bench) -> float:
    """Return the share of the shipped complaints whose category comes first."""
    rows = [row for _, row in read_lines(PROJECT_ROOT / "data" / "catalogue" / "complaints.jsonl")][::_COMPLAINTS]
    dispatcher = bench.assistant.dispatcher
    if dispatcher is None or not rows:
        return 1.0
    right = 0
    for row in rows:
        matters = dispatcher.matters(normalise(row["text"]))
        right += bool(matters) and matters[0].category == row["category"]
    return right / len(rows)


def _groups(candidate: Candidate, judged: Sequence[Judged]) -> list[dict[str, Any]]:
    return [asdict(group) for group in summary(judged, candidate.bench.assistant.places.by_id)]


def _curves(name: str, candidate: Candidate, questions: Sequence[Question]) -> dict[str, Any]:
    confidences, right = if_always_answered(candidate.bench, questions)
    curve, bins = risk_coverage(confidences, right), calibration(confidences, right)
    return {"name": name, "risk": asdict(curve), "calibration": asdict(bins) | {"error": bins.error}}


def _changed(before: Sequence[Judged], after: Sequence[Judged]) -> list[dict[str, Any]]:
    """Return every question whose answer is another now: first those that were right, then those that became right."""
    rows = [
        {
            "id": new.question.id, "kind": new.question.kind, "turns": new.question.turns, "effect": _effect(old, new),
            "before": _side(old), "after": _side(new),
        }
        for old, new in zip(before, after)
        if (old.reply.kind, old.reply.text) != (new.reply.kind, new.reply.text)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: ("worse", "better", "same").index(str(row["effect"])))[:_SHOWN]


def _effect(old: Judged, new: Judged) -> str:
    rank = [0 if not item.fault else 2 if item.wrong else 1 for item in (old, new)]
    return "worse" if rank[1] > rank[0] else "better" if rank[1] < rank[0] else "same"


def _side(item: Judged) -> dict[str, Any]:
    reply = item.reply
    return {
        "kind": reply.kind, "text": reply.text[:_LONGEST], "fault": item.fault, "confidence": reply.confidence,
        "wrong": item.wrong,
    }  # fmt: skip


def _failure(item: Judged) -> dict[str, Any]:
    return {"id": item.question.id, "turns": item.question.turns, **_side(item)}


def _by_intent(labels: Sequence[str], said: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return for each intent how many examples it has, and its precision and recall."""
    right: dict[str, int] = defaultdict(int)
    wanted: dict[str, int] = defaultdict(int)
    named: dict[str, int] = defaultdict(int)
    for label, other in zip(labels, said):
        wanted[label] += 1
        named[other] += 1
        right[label] += label == other
    return {
        intent: {
            "examples": wanted[intent],
            "precision": right[intent] / named[intent] if named[intent] else 0.0,
            "recall": right[intent] / wanted[intent],
        }
        for intent in sorted(wanted)
    }
