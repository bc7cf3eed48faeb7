"""Graph component: words of Chinese text, cut by jieba with the project's own dictionary."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.text.segment import Segmenter, dictionary_words


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class ChineseTokenizer(Tokenizer):
    """Cuts with a tokenizer of its own, since jieba's default one is shared by the whole process.

    The stock JiebaTokenizer does not see that its dictionary changed, so a model would not be retrained; here the
    words themselves are part of the fingerprint.
    """

    @staticmethod
    def supported_languages() -> list[str]:
        return ["zh"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
            "dictionary_path": "data/dictionaries",  # every *.txt in it, one word a line
        }

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._segmenter = Segmenter(dictionary_words(Path(config["dictionary_path"])))

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ChineseTokenizer:
        return cls(config)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return a digest of the dictionary, so that a changed word retrains the model."""
        folder = Path(config.get("dictionary_path", cls.get_default_config()["dictionary_path"]))
        return hashlib.sha256("\n".join(dictionary_words(folder)).encode()).hexdigest()

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Return the words of ``attribute`` with their offsets in the original text."""
        text = message.get(attribute) or ""
        return self._apply_token_pattern([Token(word, start, end) for word, start, end in self._segmenter.spans(text)])
