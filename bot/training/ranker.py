"""Training of the ranker (bot.hotline.ranking): each similar question is answered by an index that never saw it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from bot.errors import HotlineError
from bot.hotline.directory import all_entries
from bot.hotline.knowledge import Knowledge, KnowledgeEntry
from bot.hotline.lexicon import learn_wording, lexicons_of
from bot.hotline.ranking import (
    DOUBTS,
    FEATURES,
    SCORES,
    EntryIndex,
    Ranker,
    Thresholds,
    Weights,
    intent_of,
    sigmoid,
)
from bot.hotline.understanding import COMPLAINT_INTENT, Understanding
from bot.text.arrays import Array
from bot.text.classify import TextClassifier
from bot.text.normalise import normalise, strip_filler
from bot.text.wording import WordingData
from bot.training.curves import Calibration, RiskCoverage, calibration, risk_coverage

_HARDEST = 30  # entries besides the right one that a question is compared with


@dataclass(frozen=True)
class RankerSettings:
    """How the ranker is trained. ``queries`` bounds the time, ``seed`` makes it repeatable.

    ``risk`` is the share of answers that may be wrong on the held-out questions. Those are harder than citizens'
    questions, since the index lacks a third of its own: there it is about half of that.
    """

    folds: int = 3
    queries: int = 1200
    unanswered: int = 800
    foreign: float = 0.15  # questions of other places, which a place does not answer, as a share of its own
    near: float = 0.6  # questions close to a known one, as a share of those that are not
    regularisation: float = 1.0
    risk: float = 0.07
    seed: int = 20170717


def train_ranker(
    knowledge: Knowledge,
    examples: Sequence[tuple[str, str]],
    synonyms: Mapping[str, str],
    settings: RankerSettings = RankerSettings(),
    terms: Sequence[str] = (),
) -> TrainedRanker:
    """Return a ranker learnt from the similar questions of ``knowledge``.

    ``examples`` are further labelled texts; they teach when nothing answers. The questions are split into folds; the
    questions of one fold are ranked by an index and an intent classifier built from the others. ``terms`` are words of
    the field that are read in pinyin and misspelt although the knowledge may not hold them.
    """
    entries = all_entries(knowledge)
    generator = np.random.default_rng(settings.seed)
    asked: list[_Asked] = []
    lexicons = lexicons_of(knowledge, synonyms)
    for fold in range(settings.folds):
        kept, held = _split(entries, fold, settings, generator)
        outside, outside_held = _split_examples(examples, fold, settings, generator)
        classifier = _fit_classifier(kept, outside)
        for number, (place, lexicon) in enumerate(lexicons.items()):
            index = EntryIndex([e for e in kept if e.jurisdiction == place], lexicon)
            own = [(text, target) for text, target in held if target.startswith(f"{place}.")]
            foreign = [(text, "") for text, target in held if not target.startswith(f"{place}.")]
            foreign = _sample(foreign, int(settings.foreign * len(own)), generator)
            unanswered = [(text, "") for text, _ in outside_held[number :: len(lexicons)]]
            asked.extend(_asked(index, [*own, *foreign, *unanswered], classifier))
    fit = _fit_choice(asked, settings)
    doubts, right = [], []
    for one in asked:
        scores = fit.scores(one.features)
        doubts.append(one.index.doubts(one.features, scores, one.understanding))
        right.append(one.answers[int(np.argmax(scores))])
    trust = _fit_trust(np.stack(doubts), np.asarray(right), settings)
    confidences = sigmoid(trust.scores(np.stack(doubts))).tolist()
    curve = risk_coverage(confidences, right)
    thresholds = Thresholds(answer=curve.lowest_threshold(settings.risk))
    ranker = Ranker(fit, trust, dict(synonyms), learn_wording(knowledge, terms), thresholds)
    return TrainedRanker(ranker, curve, calibration(confidences, right))


@dataclass(frozen=True)
class TrainedRanker:
    """A ranker with how far its confidence could be trusted on the questions that were held out in training."""

    ranker: Ranker
    risk_coverage: RiskCoverage
    calibration: Calibration


@dataclass(frozen=True)
class _Asked:
    """A question with the evidence for every entry, and which entries are right for it."""

    index: EntryIndex
    understanding: Understanding
    features: Array
    own: int | None  # the entry that the question was written for, if any
    answers: Array  # per entry: it rests on the same provisions, so its answer will do


def _split(
    entries: Sequence[KnowledgeEntry], fold: int, settings: RankerSettings, generator: np.random.Generator
) -> tuple[list[KnowledgeEntry], list[tuple[str, str]]]:
    """Return the entries without the questions of ``fold``, and those questions with the id of their entry."""
    kept: list[KnowledgeEntry] = []
    held: list[tuple[str, str]] = []
    for entry in entries:
        out = [q for i, q in enumerate(entry.similar) if i % settings.folds == fold]
        kept.append(replace(entry, similar=tuple(q for q in entry.similar if q not in out)))
        held.extend((q, entry.id) for q in out)
    asked = _sample(held, settings.queries // settings.folds, generator)
    known = [(question, entry.id) for entry in kept for question in entry.questions]
    near = _sample(known, int(settings.near * len(asked)), generator)
    return kept, [*asked, *((_shortened(question, generator), entry) for question, entry in near)]


def _shortened(question: str, generator: np.random.Generator) -> str:
    """Return ``question`` without two of its characters: nearly what the index knows."""
    start = int(generator.integers(0, max(len(question) - 2, 1)))
    return question[:start] + question[start + 2 :]


def _split_examples(
    examples: Sequence[tuple[str, str]], fold: int, settings: RankerSettings, generator: np.random.Generator
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the examples outside ``fold``, and a sample of those in it that nothing answers: routes answer complaints."""
    inside = [e for i, e in enumerate(examples) if i % settings.folds != fold]
    held = [e for i, e in enumerate(examples) if i % settings.folds == fold and e[1] != COMPLAINT_INTENT]
    return inside, _sample(held, settings.unanswered // settings.folds, generator)


def _sample(pairs: Sequence[tuple[str, str]], wanted: int, generator: np.random.Generator) -> list[tuple[str, str]]:
    if len(pairs) <= wanted:
        return list(pairs)
    return [pairs[i] for i in sorted(generator.choice(len(pairs), wanted, replace=False))]


def _fit_classifier(entries: Sequence[KnowledgeEntry], examples: Sequence[tuple[str, str]]) -> TextClassifier:
    pairs = [(q, intent_of(e)) for e in entries for q in e.questions] + list(examples)
    texts = [strip_filler(normalise(text)) for text, _ in pairs]
    return TextClassifier().fit(texts, [intent for _, intent in pairs])


def _asked(index: EntryIndex, queries: Sequence[tuple[str, str]], classifier: TextClassifier) -> Iterator[_Asked]:
    """Yield each of ``queries`` (text, id of the right entry or nothing) with its evidence."""
    positions = {entry.id: i for i, entry in enumerate(index.entries)}
    for text, target in queries:
        understanding = Understanding(dict(classifier.predict(strip_filler(normalise(text))).ranking))
        features = index.features(index.lexicon.canonical(text), understanding).astype(np.float32)
        own = positions.get(target)
        rests = index.entries[own].citations if own is not None else None
        answers = np.asarray([e.citations == rests for e in index.entries])
        yield _Asked(index, understanding, features, own, answers)


def _fit_choice(asked: Sequence[_Asked], settings: RankerSettings) -> Weights:
    """Return the weights under which the right entry of each question is the likeliest among the hardest ones.

    Maximum likelihood of a conditional logit with an L2 penalty.
    """
    groups, chosen = [], []
    for one in asked:
        if one.own is not None:
            hardest = np.argsort(-one.features[:, : len(SCORES)].sum(axis=1))[:_HARDEST]
            rows = np.unique(np.append(hardest, one.own))
            chosen.append(int(np.searchsorted(rows, one.own)))
            groups.append(one.features[rows])
    starts = np.cumsum([0, *(len(group) for group in groups)])
    values, means, scales = _standardised(np.concatenate(groups).astype(np.float64))
    group_of = np.repeat(np.arange(len(groups)), np.diff(starts))
    right = starts[:-1] + np.asarray(chosen)

    def loss(weights: Array) -> tuple[float, Array]:
        scores: Array = values @ weights
        scores = scores - np.maximum.reduceat(scores, starts[:-1])[group_of]
        sums = np.add.reduceat(np.exp(scores), starts[:-1])
        shares = np.exp(scores) / sums[group_of]
        penalty = settings.regularisation * weights
        likelihood = scores[right].sum() - np.log(sums).sum()
        return penalty @ weights / 2 - likelihood, values.T @ shares - values[right].sum(axis=0) + penalty

    found = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B")
    return Weights(tuple(map(float, found.x)), means, scales)


def _fit_trust(doubts: Array, right: Array, settings: RankerSettings) -> Weights:
    """Return the weights under which the probability that the best entry answers is calibrated (Platt 1999)."""
    values, means, scales = _standardised(doubts)
    model = LogisticRegression(C=1 / settings.regularisation, random_state=settings.seed).fit(values, right)
    return Weights(tuple(map(float, model.coef_[0])), means, scales, float(model.intercept_[0]))


def _standardised(values: Array) -> tuple[Array, tuple[float, ...], tuple[float, ...]]:
    means, scales = values.mean(axis=0), values.std(axis=0)
    scales[scales == 0] = 1.0
    return (values - means) / scales, tuple(map(float, means)), tuple(map(float, scales))


def read_synonyms(path: Path) -> dict[str, str]:
    """Return word → the word that stands for its group, from a file with one group a line; ``#`` starts a comment.

    A word in two groups belongs to the first one; a word that stands for a group stands for itself.
    """
    synonyms: dict[str, str] = {}
    heads: set[str] = set()
    for line in path.read_text(encoding="utf8").splitlines():
        first, *others = line.split("#")[0].split() or [""]
        heads.add(first)
        for word in others:
            if word not in heads:
                synonyms.setdefault(word, first)
    return synonyms


def save_ranker(trained: TrainedRanker, path: Path, about: Mapping[str, object]) -> None:
    """Write the ranker as JSON with its curves and what it was trained on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    curves = {"risk_coverage": asdict(trained.risk_coverage), "calibration": asdict(trained.calibration)}
    content = {"features": FEATURES, "doubts": DOUBTS, **asdict(trained.ranker), **curves, "about": dict(about)}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf8")


def load_ranker(path: Path) -> TrainedRanker:
    """Return what `save_ranker` wrote.

    Raises `HotlineError` naming the remedy where there are none or they belong to other features.
    """
    try:
        content = json.loads(path.read_text(encoding="utf8"))
    except (OSError, ValueError) as error:
        raise HotlineError(f"没有可用的排序模型 {path.name}，请运行 make train。") from error
    stale = HotlineError(f"排序模型 {path.name} 与当前程序不符，请运行 make train。")
    if (tuple(content.get("features", ())), tuple(content.get("doubts", ()))) != (FEATURES, DOUBTS):
        raise stale
    try:
        return _trained_from(content)
    except (KeyError, TypeError) as error:
        raise stale from error


def _trained_from(content: Mapping[str, Any]) -> TrainedRanker:
    weights = _weights(content["fit"]), _weights(content["trust"])
    wording = WordingData.from_json(content["wording"])
    taught = {entry: tuple(texts) for entry, texts in content.get("taught", {}).items()}
    ranker = Ranker(*weights, content["synonyms"], wording, Thresholds(**content["thresholds"]), taught)
    curve = RiskCoverage(**{name: tuple(values) for name, values in content["risk_coverage"].items()})
    bins = Calibration(**{name: tuple(values) for name, values in content["calibration"].items()})
    return TrainedRanker(ranker, curve, bins)


def _weights(content: Mapping[str, Any]) -> Weights:
    return Weights(tuple(content["weights"]), tuple(content["means"]), tuple(content["scales"]), content["bias"])
