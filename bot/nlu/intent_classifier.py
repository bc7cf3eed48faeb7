"""Graph component: the intent of a message from a linear model, with a fallback whose threshold was learnt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.model_selection import StratifiedKFold

from bot.example_files import complaint_examples
from bot.hotline.directory import all_entries
from bot.hotline.ranking import intent_of
from bot.knowledge_files import read_knowledge_files
from bot.nlu.normalizer import normalised_text
from bot.text.arrays import Array
from bot.text.classify import TextClassifier
from bot.text.normalise import normalise, strip_filler

FALLBACK_INTENT = "nlu_fallback"
_RANKING_LENGTH = 10
_ENOUGH = 6000  # examples to learn the threshold from


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(GraphComponent):
    """Logistic regression on n-grams of characters and sounds; below a learnt threshold it says ``nlu_fallback``.

    The threshold is the lowest probability from which held-out folds of the training data are right in
    ``accepted_accuracy`` of cases. ``nlu_fallback`` carries the probability that the best intent is wrong, and the
    ranking keeps the real intents behind it, since the ranking of answers needs their probabilities.

    Besides the examples in ``data/nlu`` it learns every question of the knowledge files, so that a new entry teaches
    without being written twice, and complaints of the dispatch catalogue. They do not pass through Rasa's importers,
    which copy all training data at every step.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "regularisation": 10.0,  # C of the logistic regression
            "accepted_accuracy": 0.9,  # share of accepted messages whose intent must be right
            "folds": 3,  # of the cross-validation that finds the threshold; 0 accepts everything
            "seed": 20170717,
            "knowledge_path": "data/knowledge",  # folder of the knowledge files
            "catalogue_path": "data/catalogue",  # folder of the dispatch catalogue
        }

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._classifier: TextClassifier | None = None
        self._threshold = 0.0

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearIntentClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LinearIntentClassifier:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._classifier, component._threshold = joblib.load(folder / "intents.joblib")
        return component

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return a digest of the questions and complaints, so that new ones retrain this component."""
        examples = sorted(file_examples(cls.get_default_config() | config))
        return hashlib.sha256(json.dumps(examples, ensure_ascii=False).encode()).hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on the intent examples and keep model and threshold in the model storage."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        asked = list(file_examples(self._config))
        texts = [*(normalised_text(e) for e in examples), *(text for text, _ in asked)]
        labels = [*(e.get(INTENT) for e in examples), *(intent for _, intent in asked)]
        self._threshold = self._learn_threshold(texts, labels)
        self._classifier = self._new_classifier().fit(texts, labels)
        with self._storage.write_to(self._resource) as folder:
            joblib.dump((self._classifier, self._threshold), folder / "intents.joblib")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent and ranking on each of ``messages`` and return them."""
        for message in messages:
            if self._classifier is None or not message.get(TEXT):
                continue
            prediction = self._classifier.predict(normalised_text(message))
            ranking = [_intent(name, p) for name, p in prediction.ranking[:_RANKING_LENGTH]]
            if prediction.probability < self._threshold:
                ranking.insert(0, _intent(FALLBACK_INTENT, 1.0 - prediction.probability))
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _new_classifier(self) -> TextClassifier:
        return TextClassifier(regularisation=self._config["regularisation"], seed=self._config["seed"])

    def _learn_threshold(self, texts: list[str], labels: list[str]) -> float:
        folds = self._config["folds"]
        if len(texts) > _ENOUGH:  # the threshold is one number: more examples only take time
            chosen = np.random.default_rng(self._config["seed"]).choice(len(texts), _ENOUGH, replace=False)
            texts, labels = [texts[i] for i in chosen], [labels[i] for i in chosen]
        if folds < 2 or min(np.unique(labels, return_counts=True)[1], default=0) < folds:
            return 0.0
        probabilities: list[float] = []
        right: list[bool] = []
        splitter = StratifiedKFold(folds, shuffle=True, random_state=self._config["seed"])
        for train, test in splitter.split(texts, labels):
            model = self._new_classifier().fit([texts[i] for i in train], [labels[i] for i in train])
            scores = model.probabilities([texts[i] for i in test])
            best = scores.argmax(axis=1)
            probabilities.extend(scores.max(axis=1))
            right.extend(model.labels[b] == labels[i] for b, i in zip(best, test))
        return lowest_threshold(np.asarray(probabilities), np.asarray(right), self._config["accepted_accuracy"])


def file_examples(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every question of the knowledge files and complaints of the catalogue, normalised, with its intent."""
    for entry in all_entries(read_knowledge_files(Path(config["knowledge_path"])).as_knowledge()):
        for question in entry.questions:
            yield strip_filler(normalise(question)), intent_of(entry)
    for text, intent in complaint_examples(Path(config["catalogue_path"])):
        yield strip_filler(normalise(text)), intent


def lowest_threshold(probabilities: Array, right: Array, accuracy: float) -> float:
    """Return the lowest threshold from which the accepted share of cases is right in ``accuracy`` of them."""
    order = np.argsort(-probabilities)
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.nonzero(share >= accuracy)[0]
    return float(probabilities[order[enough[-1]]]) if len(enough) else 1.0


def _intent(name: str, probability: float) -> dict[str, Any]:
    return {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: float(probability)}
