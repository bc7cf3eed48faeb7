"""Graph component: entities from the names in the knowledge files (事项, 部门, 热线, 地名, 文件), no annotation needed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    EXTRACTOR,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.knowledge_files import KnowledgeFiles, read_knowledge_files
from bot.nlu.normalizer import normalised_text
from bot.text.names import NameMatcher

_FILE = "names.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class NameExtractor(GraphComponent):
    """Finds the names that the knowledge files list, also misspelt by sound or in pinyin.

    An entity's value is the id that the policy database uses. Offsets count in the normalised text.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"knowledge_path": "data/knowledge"}  # folder of the knowledge files

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._matchers: dict[str, NameMatcher] = {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> NameExtractor:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> NameExtractor:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._use(json.loads((folder / _FILE).read_text(encoding="utf8")))
        return component

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return a digest of the names, so that a new one retrains this component."""
        path = config.get("knowledge_path", cls.get_default_config()["knowledge_path"])
        names = names_by_entity(read_knowledge_files(Path(path)))
        return hashlib.sha256(json.dumps(names, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        """Read the names from the knowledge files and keep them in the model, which then needs no other file."""
        names = names_by_entity(read_knowledge_files(Path(self._config["knowledge_path"])))
        self._use(names)
        with self._storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps(names, ensure_ascii=False), encoding="utf8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the names found to the entities of each of ``messages`` and return them."""
        for message in messages:
            if message.get(TEXT):
                text = normalised_text(message)
                found = [
                    {
                        ENTITY_ATTRIBUTE_TYPE: kind,
                        ENTITY_ATTRIBUTE_VALUE: match.key,
                        ENTITY_ATTRIBUTE_START: match.start,
                        ENTITY_ATTRIBUTE_END: match.end,
                        EXTRACTOR: type(self).__name__,
                    }
                    for kind, matcher in self._matchers.items()
                    for match in matcher.find(text)
                ]
                message.set(ENTITIES, [*message.get(ENTITIES, []), *found], add_to_output=True)
        return messages

    def _use(self, names: dict[str, dict[str, str]]) -> None:
        self._matchers = {kind: NameMatcher(surfaces) for kind, surfaces in names.items() if surfaces}


def names_by_entity(files: KnowledgeFiles) -> dict[str, dict[str, str]]:
    """Return entity type → surface → id for everything with a name in the knowledge files."""
    knowledge = files.as_knowledge()
    return {
        "service_item": {name: i.id for i in knowledge.items.values() for name in (i.name, *i.aliases)},
        "department": {name: d.id for d in knowledge.departments.values() for name in (d.name, *d.aliases)},
        "hotline": {line.number: line.number for line in knowledge.hotlines},
        "jurisdiction": {
            name: j.id for j in files.jurisdictions if j.covered for name in (j.name, *j.aliases, *j.places)
        },
        "policy_document": {name: d.id for d in knowledge.documents.values() for name in (d.title, d.number) if name},
    }
