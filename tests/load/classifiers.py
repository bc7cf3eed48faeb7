"""Cross-validates intent classifiers on the training data; the table stands in docs/adr/0002-intent-classifier.md.

    .venv/bin/python -m tests.load.classifiers [--folds 3] [--examples 3000] [--only ours,svm,logistic,diet]

Rasa's own components run through Rasa's own graph, ours as the component wraps it. Takes many minutes with DIET.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import yaml
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from bot.text.classify import TextClassifier
from bot.text.normalise import normalise, strip_filler
from bot.text.similarity import character_grams
from tests.load.bench import examples_with_intents, say

Predict = Callable[[str], str]
_COUNTS = [
    {"name": "JiebaTokenizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
]


def ours(texts: Sequence[str], labels: Sequence[str]) -> Predict:
    model = TextClassifier().fit(texts, labels)
    return lambda text: model.predict(text).label


def svm(texts: Sequence[str], labels: Sequence[str]) -> Predict:
    model = make_pipeline(TfidfVectorizer(analyzer=character_grams, sublinear_tf=True, min_df=2), LinearSVC(C=0.5))
    model.fit(list(texts), list(labels))
    return lambda text: str(model.predict([text])[0])


def rasa_pipeline(classifier: dict[str, object]) -> Callable[[Sequence[str], Sequence[str]], Predict]:
    """Return a trainer that runs ``classifier`` behind Rasa's usual features for Chinese."""

    def train(texts: Sequence[str], labels: Sequence[str]) -> Predict:
        from rasa.core.agent import Agent
        from rasa.model_training import train_nlu

        folder = Path(tempfile.mkdtemp(prefix="classifiers-"))
        examples: dict[str, list[str]] = {}
        for text, label in zip(texts, labels):
            examples.setdefault(label, []).append(text.replace("[", "(").replace("]", ")"))
        nlu = [{"intent": k, "examples": "".join(f"- {t}\n" for t in v)} for k, v in examples.items()]
        config = {"recipe": "default.v1", "language": "zh", "assistant_id": "x", "pipeline": [*_COUNTS, classifier]}
        (folder / "nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": nlu}, allow_unicode=True), "utf8")
        (folder / "config.yml").write_text(yaml.safe_dump(config), "utf8")
        model = train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder))
        agent = Agent.load(model)
        loop = asyncio.new_event_loop()
        return lambda text: str(loop.run_until_complete(agent.parse_message(text))["intent"]["name"])

    return train


TRAINERS: dict[str, tuple[str, Callable[[Sequence[str], Sequence[str]], Predict]]] = {
    "ours": ("logistic regression, characters and sounds (ours)", ours),
    "svm": ("linear SVM, characters", svm),
    "logistic": ("LogisticRegressionClassifier", rasa_pipeline({"name": "LogisticRegressionClassifier"})),
    "diet": ("DIETClassifier, 100 epochs", rasa_pipeline({"name": "DIETClassifier", "epochs": 100, "random_seed": 1})),
}


def main() -> None:
    os.environ |= {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "RASA_MAX_CACHE_SIZE": "0"}
    os.environ["LOG_LEVEL"] = "ERROR"
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--examples", type=int, help="a random sample of this many")
    parser.add_argument("--only", default=",".join(TRAINERS))
    arguments = parser.parse_args()
    pairs = sorted({(strip_filler(normalise(text)), intent) for text, intent in examples_with_intents()})
    if arguments.examples:  # DIET needs an hour for ten thousand
        pairs = random.Random(1).sample(pairs, min(arguments.examples, len(pairs)))
    texts, labels = [t for t, _ in pairs], [i for _, i in pairs]
    say(f"{len(pairs)} examples, {len(set(labels))} intents, {arguments.folds} folds")
    say(f"{'':52}{'accuracy':>10}{'training, s':>13}{'ms/message':>12}")
    for name in arguments.only.split(","):
        title, train = TRAINERS[name]
        accuracy, seconds, milliseconds = validate(train, texts, labels, arguments.folds)
        say(f"{title:52}{accuracy:10.1%}{seconds:13.1f}{milliseconds:12.2f}")


def validate(
    train: Callable[[Sequence[str], Sequence[str]], Predict], texts: list[str], labels: list[str], folds: int
) -> tuple[float, float, float]:
    """Return mean accuracy, mean seconds of training, and median milliseconds of a prediction after warming up."""
    right, seconds, milliseconds = [], [], []
    for inside, outside in StratifiedKFold(folds, shuffle=True, random_state=1).split(texts, labels):
        started = time.perf_counter()
        predict = train([texts[i] for i in inside], [labels[i] for i in inside])
        seconds.append(time.perf_counter() - started)
        for i in outside[:20]:
            predict(texts[i])
        for i in outside:
            started = time.perf_counter()
            right.append(predict(texts[i]) == labels[i])
            milliseconds.append((time.perf_counter() - started) * 1000)
    return float(np.mean(right)), statistics.mean(seconds), statistics.median(milliseconds)


if __name__ == "__main__":
    main()
