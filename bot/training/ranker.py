"""Training of the ranker (bot.hotline.ranking): each similar question is answered by an index that never saw it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from bot.errors import HotlineError
from bot.hotline.directory import all_entries
from bot.hotline.knowledge import Knowledge, KnowledgeEntry
from bot.hotline.ranking import FEATURES, SCORES, EntryIndex, Ranker, intent_of
from bot.hotline.understanding import Understanding
from bot.text.arrays import Array
from bot.text.classify import TextClassifier
from bot.text.normalise import normalise, strip_filler

_HARDEST = 8  # entries besides the right one that a question is compared with


@dataclass(frozen=True)
class RankerSettings:
    """How the ranker is trained. ``queries`` bounds the time, ``seed`` makes it repeatable."""

    folds: int = 4
    queries: int = 3000
    regularisation: float = 1.0
    seed: int = 20170717


def train_ranker(
    knowledge: Knowledge,
    examples: Sequence[tuple[str, str]],
    synonyms: Mapping[str, str],
    settings: RankerSettings = RankerSettings(),
) -> Ranker:
    """Return a ranker learnt from the similar questions of ``knowledge``.

    ``examples`` are further labelled texts; those of intents without an entry teach when nothing answers. The
    questions are split into folds; the questions of one fold are ranked by an index and an intent classifier built
    from the others.
    """
    entries = all_entries(knowledge)
    generator = np.random.default_rng(settings.seed)
    rows, labels = [], []
    places = sorted({e.jurisdiction for e in entries})
    for fold in range(settings.folds):
        kept, held = _split(entries, fold, settings, generator)
        outside, outside_held = _split_examples(examples, fold, settings.folds)
        classifier = _fit_classifier(kept, outside)
        for place in places:
            index = EntryIndex([e for e in kept if e.jurisdiction == place], item_names(knowledge), synonyms)
            own = [(text, target) for text, target in held if target.startswith(f"{place}.")]
            none = [(text, "") for text, _ in outside_held]
            features, right = _evidence(index, [*own, *none], classifier)
            rows.append(features)
            labels.append(right)
    return replace(_fit(np.concatenate(rows), np.concatenate(labels), settings), synonyms=dict(synonyms))


def item_names(knowledge: Knowledge) -> dict[str, tuple[str, ...]]:
    """Return item id → its names, the canonical one first."""
    return {item.id: (item.name, *item.aliases) for item in knowledge.items.values()}


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
    wanted = settings.queries // settings.folds
    if len(held) > wanted:
        held = [held[i] for i in sorted(generator.choice(len(held), wanted, replace=False))]
    return kept, held


def _split_examples(
    examples: Sequence[tuple[str, str]], fold: int, folds: int
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    inside = [e for i, e in enumerate(examples) if i % folds != fold]
    outside = [e for i, e in enumerate(examples) if i % folds == fold]
    return inside, outside


def _fit_classifier(entries: Sequence[KnowledgeEntry], examples: Sequence[tuple[str, str]]) -> TextClassifier:
    pairs = [(q, intent_of(e)) for e in entries for q in e.questions] + list(examples)
    texts = [strip_filler(normalise(text)) for text, _ in pairs]
    return TextClassifier().fit(texts, [intent for _, intent in pairs])


def _evidence(index: EntryIndex, queries: Sequence[tuple[str, str]], classifier: TextClassifier) -> tuple[Array, Array]:
    """Return features and rightness of the right entry and the hardest wrong ones of each query."""
    texts = [index.canonical(text) for text, _ in queries]
    scores = classifier.probabilities([strip_filler(normalise(text)) for text, _ in queries])
    positions = {entry.id: i for i, entry in enumerate(index.entries)}
    rows: list[Array] = []
    right: list[bool] = []
    for text, (_, target), probabilities in zip(texts, queries, scores):
        features = index.features(text, Understanding(dict(zip(classifier.labels, map(float, probabilities)))))
        hardest = np.argsort(-features[:, : len(SCORES)].sum(axis=1))[:_HARDEST]
        chosen = dict.fromkeys([positions[target]] if target in positions else [])
        chosen |= dict.fromkeys(int(i) for i in hardest)
        rows.append(features[list(chosen)])
        right.extend(index.entries[i].id == target for i in chosen)
    if not rows:
        return np.zeros((0, len(FEATURES))), np.zeros(0, dtype=bool)
    return np.concatenate(rows), np.asarray(right, dtype=bool)


def _fit(features: Array, right: Array, settings: RankerSettings) -> Ranker:
    means, scales = features.mean(axis=0), features.std(axis=0)
    scales[scales == 0] = 1.0
    model = LogisticRegression(C=settings.regularisation, max_iter=500, random_state=settings.seed)
    model.fit((features - means) / scales, right)
    return Ranker(
        tuple(map(float, model.coef_[0])),
        float(model.intercept_[0]),
        tuple(map(float, means)),
        tuple(map(float, scales)),
    )


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


def save_ranker(ranker: Ranker, path: Path, about: Mapping[str, object]) -> None:
    """Write ``ranker`` as JSON with what they were trained on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"features": FEATURES, **asdict(ranker), "about": dict(about)}
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf8")


def load_ranker(path: Path) -> Ranker:
    """Return the weights that `save_ranker` wrote.

    Raises `HotlineError` naming the remedy where there are none or they belong to other features.
    """
    try:
        content = json.loads(path.read_text(encoding="utf8"))
    except (OSError, ValueError) as error:
        raise HotlineError(f"没有可用的排序模型 {path.name}，请运行 make train。") from error
    if tuple(content.get("features", ())) != FEATURES:
        raise HotlineError(f"排序模型 {path.name} 与当前程序不符，请运行 make train。")
    return Ranker(
        tuple(content["weights"]),
        content["bias"],
        tuple(content["means"]),
        tuple(content["scales"]),
        content["synonyms"],
    )
