"""Graph component: one spelling for every message before anything else looks at it."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.text.normalise import normalise, strip_filler

NORMALISED = "normalised_text"


def normalised_text(message: Message) -> str:
    """Return the text that `TextNormalizer` left on ``message``, normalising it where the component is absent."""
    text = message.get(NORMALISED)
    return text if isinstance(text, str) else strip_filler(normalise(message.get(TEXT) or ""))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class TextNormalizer(GraphComponent):
    """Writes NFKC, Simplified, emoji-free text without opening politeness beside the original (see `bot.text`)."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TextNormalizer:
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the normalised text on each of ``messages`` and return them."""
        for message in messages:
            if text := message.get(TEXT):
                message.set(NORMALISED, strip_filler(normalise(text)))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Normalise the training examples in the same way."""
        self.process(training_data.training_examples)
        return training_data
