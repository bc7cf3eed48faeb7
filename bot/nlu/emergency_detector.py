"""Graph component: present danger, found without the classifier, becomes the intent whatever else was understood."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.hotline.emergencies import detect_emergency
from bot.text.normalise import normalise

EMERGENCY_INTENT = "report_emergency"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class EmergencyDetector(GraphComponent):
    """Sets ``report_emergency`` with certainty where `bot.hotline.emergencies` finds present danger in the text."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EmergencyDetector:
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Put the emergency first on those of ``messages`` that report danger and return them all."""
        for message in messages:
            if detect_emergency(normalise(message.get(TEXT) or "")):
                danger = {INTENT_NAME_KEY: EMERGENCY_INTENT, PREDICTED_CONFIDENCE_KEY: 1.0}
                others = [i for i in message.get("intent_ranking", []) if i[INTENT_NAME_KEY] != EMERGENCY_INTENT]
                message.set(INTENT, danger, add_to_output=True)
                message.set("intent_ranking", [danger, *others], add_to_output=True)
        return messages
