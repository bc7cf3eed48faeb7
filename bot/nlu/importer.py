"""Training data importer: the examples in ``data/nlu`` and, besides, every question of the knowledge files.

A question is written once, with the entry it belongs to; its intent follows from the entry's aspect. ``rasa train``
on the command line sees them through ``importers`` in ``config.yml``.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.hotline.directory import all_entries
from bot.hotline.ranking import intent_of
from bot.knowledge_files import read_knowledge_files


class KnowledgeImporter(RasaFileImporter):
    """Rasa's own file importer plus the questions of ``knowledge_path``."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        knowledge_path: str = "data/knowledge",
        **kwargs: Any,
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        self._knowledge_path = Path(knowledge_path)
        self._merged: dict[str | None, TrainingData] = {}

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Return the NLU training data, the knowledge's questions included."""
        if language not in self._merged:  # Rasa asks five times, and merging twenty thousand messages takes seconds
            written = super().get_nlu_data(language)
            self._merged[language] = written.merge(TrainingData(list(knowledge_examples(self._knowledge_path))))
        return self._merged[language]


@lru_cache(maxsize=2)
def knowledge_examples(folder: Path) -> tuple[Message, ...]:
    """Return one training message for each question in the knowledge files under ``folder``."""
    knowledge = read_knowledge_files(folder).as_knowledge()
    return tuple(
        Message.build(text=question, intent=intent_of(entry))
        for entry in all_entries(knowledge)
        for question in entry.questions
    )
