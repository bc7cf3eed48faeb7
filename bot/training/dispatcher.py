"""Training of the dispatcher (bot.hotline.routing): each text is judged by evidence that never saw it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli
from scipy.optimize import minimize

from bot.errors import HotlineError, KnowledgeInvalid
from bot.example_files import read_lines
from bot.hotline.knowledge import RoutingRule
from bot.hotline.ranking import Weights
from bot.hotline.routing import FEATURES, Dispatcher, MatterEvidence, MatterTexts
from bot.text.arrays import Array
from bot.text.classify import TextClassifier
from bot.text.normalise import normalise

_FOLDS = 3  # within training, for the evidence that the weights are learnt from
_SEED = 20170717


def read_matter_texts(
    folder: Path, rules: Iterable[RoutingRule], objections: Iterable[tuple[str, str]] = ()
) -> MatterTexts:
    """Return the words and texts in the catalogue at ``folder``, in the routing ``rules``, and in ``objections``.

    ``objections`` are texts that were sent to the wrong department at first, with the category under which they were
    handled in the end; those of unknown categories are left out.

    Raises `KnowledgeInvalid` naming the file where it cannot be read or names a category that has no words.
    """
    path = folder / "words.toml"
    try:
        table = tomli.loads(path.read_text(encoding="utf8"))
        words = {category: _unique(map(normalise, row["words"].split())) for category, row in table.items()}
        examples = [
            (normalise(line), category)
            for category, row in table.items()
            for line in row.get("examples", "").splitlines()
            if line.strip()
        ]
    except (OSError, tomli.TOMLDecodeError, KeyError, AttributeError) as error:
        raise KnowledgeInvalid(f"{path.name} 不是有效的词表：{type(error).__name__} {error}") from error
    for rule in rules:
        if rule.category not in words:
            raise KnowledgeInvalid(f"{path.name} 没有类别“{rule.category}”的词，派单规则 {rule.id} 用到它")
        words[rule.category] = _unique([*words[rule.category], *map(normalise, rule.keywords)])
        examples += [(normalise(text), rule.category) for text in rule.examples]
    examples += _complaints(folder / "complaints.jsonl", words)
    examples += [(normalise(text), category) for text, category in objections if category in words]
    return MatterTexts({c: tuple(w) for c, w in words.items()}, _unique(examples))


def _complaints(path: Path, words: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the labelled texts in the file, one JSON object a line with ``text`` and ``category``."""
    found = []
    for where, row in read_lines(path):
        if row.get("category") not in words:
            raise KnowledgeInvalid(f"{where}：类别“{row.get('category')}”不在词表里。")
        found.append((normalise(row["text"]), row["category"]))
    return found


def train_dispatcher(texts: MatterTexts) -> Dispatcher:
    """Return a dispatcher learnt from ``texts``.

    Its weights are those under which the right matter of each example is the likeliest, by evidence from the others: a
    conditional logit by maximum likelihood with an L2 penalty. So its probabilities are calibrated on texts not seen.
    """
    features, right = [], []
    for fold in range(_FOLDS):
        inside, held = split(texts, fold, _FOLDS)
        evidence = gather_evidence(inside)
        features += [evidence.features(text) for text, _ in held]
        right += [evidence.categories.index(category) for _, category in held]
    return Dispatcher(gather_evidence(texts), _fit(np.stack(features), np.asarray(right)))


def gather_evidence(texts: MatterTexts) -> MatterEvidence:
    """Return the evidence that ``texts`` give."""
    known = texts.all_texts
    classifier = TextClassifier(margins=True).fit([text for text, _ in known], [category for _, category in known])
    return MatterEvidence(texts, classifier)


def split(texts: MatterTexts, fold: int, folds: int) -> tuple[MatterTexts, list[tuple[str, str]]]:
    """Return ``texts`` without the examples of ``fold``, and those; which is which depends on the seed alone."""
    order = np.random.default_rng(_SEED).permutation(len(texts.examples))
    held = {int(i) for i in order[fold::folds]}
    inside = tuple(e for i, e in enumerate(texts.examples) if i not in held)
    return MatterTexts(texts.words, inside), [e for i, e in enumerate(texts.examples) if i in held]


def _fit(features: Array, right: Array) -> Weights:
    """Return the weights for ``features``, shape (texts, matters, features), where ``right`` names each text's matter."""
    flat = features.reshape(-1, features.shape[2])
    means, scales = flat.mean(axis=0), flat.std(axis=0)
    scales[scales == 0] = 1.0
    values = (features - means) / scales
    rows = np.arange(len(right))

    def loss(weights: Array) -> tuple[float, Array]:
        scores = values @ weights
        scores = scores - scores.max(axis=1, keepdims=True)
        likely = np.exp(scores)
        sums = likely.sum(axis=1, keepdims=True)
        gradient = np.einsum("tmf,tm->f", values, likely / sums) - values[rows, right].sum(axis=0) + weights
        return float(weights @ weights / 2 - scores[rows, right].sum() + np.log(sums).sum()), gradient

    found = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B").x
    return Weights(tuple(map(float, found)), tuple(map(float, means)), tuple(map(float, scales)))


@dataclass(frozen=True)
class RoutingScore:
    """How a dispatcher did on texts that it never saw.

    ``judged`` holds for each text the confidence of the best department and whether it and the best three were right.
    """

    judged: tuple[tuple[float, bool, bool], ...]
    failures: tuple[tuple[str, str, str], ...]  # text, the right category, the department that was thought best

    @property
    def first(self) -> float:
        return sum(right for _, right, _ in self.judged) / len(self.judged)

    @property
    def third(self) -> float:
        return sum(among for _, _, among in self.judged) / len(self.judged)

    def above(self, confidence: float) -> tuple[float, float]:
        """Return the share of texts judged with at least ``confidence``, and the share of those that were right."""
        sure = [right for c, right, _ in self.judged if c >= confidence]
        return len(sure) / len(self.judged), (sum(sure) / len(sure) if sure else 1.0)


def measure_routing(
    texts: MatterTexts, department_of: Mapping[str, str], progress: Callable[[str], None], folds: int = 5
) -> RoutingScore:
    """Return how well departments are found, each fifth of the examples judged by what the other four teach.

    ``department_of`` is a place's catalogue; a category outside it counts as a department of its own.
    """
    scores = []
    for fold in range(folds):
        inside, held = split(texts, fold, folds)
        scores.append(judge_routing(train_dispatcher(inside), held, department_of))
        progress(f"派单：第 {fold + 1}/{folds} 份测完")
    return RoutingScore(
        tuple(judged for score in scores for judged in score.judged),
        tuple(failure for score in scores for failure in score.failures),
    )


def judge_routing(
    dispatcher: Dispatcher, examples: Iterable[tuple[str, str]], department_of: Mapping[str, str]
) -> RoutingScore:
    """Return how well ``dispatcher`` finds the departments of ``examples``, normalised texts with their categories."""
    judged, failures = [], []
    for text, category in examples:
        likely: dict[str, float] = defaultdict(float)
        for matter in dispatcher.matters(text):
            likely[department_of.get(matter.category, matter.category)] += matter.probability
        ranking = sorted(likely, key=lambda name: -likely[name])
        wanted = department_of.get(category, category)
        judged.append((likely[ranking[0]], ranking[0] == wanted, wanted in ranking[:3]))
        if ranking[0] != wanted:
            failures.append((text, category, ranking[0]))
    return RoutingScore(tuple(judged), tuple(failures))


def save_dispatcher(dispatcher: Dispatcher, path: Path) -> None:
    """Write ``dispatcher`` as one compressed NumPy file."""
    evidence = dispatcher.evidence
    about = {"features": FEATURES, "weights": asdict(dispatcher.weights), "texts": asdict(evidence.texts)}
    with path.open("wb") as out:
        np.savez_compressed(
            out, about=np.asarray(json.dumps(about, ensure_ascii=False)), **evidence.classifier.arrays()
        )


def load_dispatcher(path: Path) -> Dispatcher:
    """Return what `save_dispatcher` wrote.

    Raises `HotlineError` naming the remedy where there is nothing or it belongs to other features.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            classifier = TextClassifier.from_arrays({name: stored[name] for name in stored.files if name != "about"})
        if tuple(about["features"]) != FEATURES:
            raise KeyError("features")
        texts = MatterTexts(
            about["texts"]["words"], [(text, category) for text, category in about["texts"]["examples"]]
        )
        stored_weights: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in about["weights"].items()
        }
        weights = Weights(**stored_weights)
        return Dispatcher(MatterEvidence(texts, classifier), weights)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HotlineError(f"派单模型 {path.name} 不存在或与当前程序不符，请运行 make train。") from error


def _unique(values: Iterable[object]) -> Sequence:  # type: ignore[type-arg]
    return tuple(dict.fromkeys(values))
