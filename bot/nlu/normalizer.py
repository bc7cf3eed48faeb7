"""Graph component: one spelling for every message before anything else looks at it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.hotline.knowledge import Knowledge
from bot.hotline.lexicon import learn_wording
from bot.knowledge_files import read_knowledge_files
from bot.text.normalise import normalise, strip_filler
from bot.text.segment import dictionary_words
from bot.text.wording import Wording, WordingData

NORMALISED = "normalised_text"
_FILE = "wording.json"


def normalised_text(message: Message) -> str:
    """Return the text that `TextNormalizer` left on ``message``, normalising it where the component is absent."""
    text = message.get(NORMALISED)
    return text if isinstance(text, str) else strip_filler(normalise(message.get(TEXT) or ""))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class TextNormalizer(GraphComponent):
    """Writes a plain text beside the original (see `bot.text`).

    Plain: NFKC, Simplified, Standard Chinese, no emoji, no opening politeness; pinyin, English and misspelt words in the
    characters of the knowledge.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "knowledge_path": "data/knowledge",  # folder of the knowledge files, whose words are known
            "dictionary_path": "data/dictionaries",  # every *.txt in it, one word a line
        }

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._wording = Wording()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TextNormalizer:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TextNormalizer:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            content = json.loads((folder / _FILE).read_text(encoding="utf8"))
        component._wording = Wording(WordingData.from_json(content))
        return component

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return a digest of the words, so that new ones retrain this component."""
        return hashlib.sha256(repr(_sources(cls.get_default_config() | config)).encode()).hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the words of the knowledge and keep them in the model, which then needs no other file."""
        data = learn_wording(*_sources(self._config))
        with self._storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps(data.as_json(), ensure_ascii=False), encoding="utf8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the plain text on each of ``messages`` and return them."""
        for message in messages:
            if text := message.get(TEXT):
                message.set(NORMALISED, strip_filler(self._wording.plain(normalise(text))))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Normalise the training examples in the same way."""
        self.process(training_data.training_examples)
        return training_data


def _sources(config: dict[str, Any]) -> tuple[Knowledge, list[str]]:
    """Return the knowledge and the terms of the field that the words are learnt from."""
    knowledge = read_knowledge_files(Path(config["knowledge_path"])).as_knowledge()
    return knowledge, dictionary_words(Path(config["dictionary_path"]))
