"""The intent classifier inside a trained Rasa model, for those who need no Rasa around it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib

from bot.errors import HotlineError
from bot.hotline.understanding import Understanding
from bot.text.classify import TextClassifier
from bot.text.normalise import normalise, strip_filler
from bot.text.wording import Wording

_MEMBER = "intents.joblib"  # as bot.nlu.intent_classifier keeps it: classifier and threshold
_RANKING_LENGTH = 10


def load_understanding(model: Path, wording: Wording) -> Callable[[str], Understanding]:
    """Return what tells the intents of a text, as Rasa with ``model`` does. Raises HotlineError naming the file."""
    classifier: TextClassifier = stored_part(model, _MEMBER)[0]

    def understand(text: str) -> Understanding:
        plain = strip_filler(wording.plain(normalise(text)))
        return Understanding(dict(classifier.predict(plain).ranking[:_RANKING_LENGTH]), model.name)

    return understand


def stored_part(model: Path, name: str) -> Any:
    """Return what a component kept as ``name`` in Rasa's archive. Raises HotlineError naming the file."""
    try:
        with tarfile.open(model) as archive:
            member = next(member for member in archive.getnames() if member.rpartition("/")[2] == name)
            content = archive.extractfile(member)
            assert content is not None, "getnames lists files"
            return joblib.load(io.BytesIO(content.read()))
    except (OSError, tarfile.TarError, StopIteration, ValueError, KeyError, EOFError) as error:
        raise HotlineError(f"模型 {model.name} 里没有 {name}，请重新训练：make train。") from error
