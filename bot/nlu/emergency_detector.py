"""Graph component: present danger becomes the intent, whatever else was understood."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import joblib
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.example_files import EMERGENCY_INTENT, train_danger_classifier
from bot.hotline.danger_classifier import DangerClassifier
from bot.hotline.emergencies import detect_emergency
from bot.text.normalise import normalise

ALARM = "alarm"  # of a parsed message: how likely it reports danger, and the probabilities of the numbers
_LEARNT_FROM = ("emergencies", "catalogue", "knowledge")  # folders of data/


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class EmergencyDetector(GraphComponent):
    """Sets ``report_emergency`` where signs in the text and a classifier together find present danger.

    What the classifier says goes along with the message as ``alarm``: the action decides by the same rule.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"data_path": "data", "seed": 20170717}

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._classifier: DangerClassifier | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EmergencyDetector:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> EmergencyDetector:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._classifier = joblib.load(folder / "danger.joblib")
        return component

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return a digest of the files that it learns from besides the training data."""
        data = Path(config.get("data_path", cls.get_default_config()["data_path"]))
        digest = hashlib.sha256()
        for name in _LEARNT_FROM:
            for file in sorted(path for path in (data / name).rglob("*") if path.is_file()):
                digest.update(file.read_bytes())
        return digest.hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the classifier and keep it in the model storage."""
        spoken = [(e.get(TEXT), e.get(INTENT)) for e in training_data.intent_examples if e.get(TEXT)]
        self._classifier = train_danger_classifier(Path(self._config["data_path"]), spoken, seed=self._config["seed"])
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._classifier, folder / "danger.joblib")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Put the emergency first on those of ``messages`` that report danger and return them all."""
        for message in messages:
            text = message.get(TEXT) or ""
            alarm = self._classifier.judge(text) if self._classifier and text else None
            if alarm:
                content = {"probability": alarm.probability, "numbers": dict(alarm.numbers)}
                message.set(ALARM, content, add_to_output=True)
            if detect_emergency(normalise(text), alarm):
                danger = {INTENT_NAME_KEY: EMERGENCY_INTENT, PREDICTED_CONFIDENCE_KEY: 1.0}
                others = [i for i in message.get("intent_ranking", []) if i[INTENT_NAME_KEY] != EMERGENCY_INTENT]
                message.set(INTENT, danger, add_to_output=True)
                message.set("intent_ranking", [danger, *others], add_to_output=True)
        return messages
