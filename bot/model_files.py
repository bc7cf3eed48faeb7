"""Where trained models lie: Rasa's archive with ranker and dispatcher beside it, named by what they were trained on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from bot.errors import HotlineError
from bot.settings import PROJECT_ROOT, Settings

# What a model depends on besides the data: changed code of these makes another model.
_CODE = ("bot/nlu", "bot/text", "bot/hotline", "bot/training", "bot/knowledge_files.py", "bot/example_files.py")
_DATA = (
    "config.yml",
    "domain.yml",
    "data/nlu",
    "data/rules",
    "data/dictionaries",
    "data/knowledge",
    "data/catalogue",
    "data/emergencies",
    "data/synonyms.txt",
)
_LOCK = "requirements/requirements.lock"


@dataclass(frozen=True)
class ModelFiles:
    """Where a model lies. All its files exist, or it is not there."""

    rasa: Path

    @property
    def ranker(self) -> Path:
        return self._beside("ranker.json")

    @property
    def dispatcher(self) -> Path:
        return self._beside("dispatcher.npz")

    @property
    def exist(self) -> bool:
        return all(file.is_file() for file in (self.rasa, self.ranker, self.dispatcher))

    def _beside(self, end: str) -> Path:
        return self.rasa.with_name(f"{self.rasa.name.removesuffix('.tar.gz')}.{end}")


def model_files(root: Path, models: Path) -> ModelFiles:
    """Return where the model for today's data and code under ``root`` lies, whether it is there or not."""
    return ModelFiles(models / f"hotline-{training_digest(root)[:12]}.tar.gz")


def training_digest(root: Path) -> str:
    """Return a digest of everything that a model is made from."""
    digest = hashlib.sha256()
    for part in (*_DATA, *_CODE, _LOCK):
        path = root / part
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file() and p.suffix != ".pyc")
        for file in files:
            digest.update(str(file.relative_to(root)).encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def released_model(settings: Settings) -> ModelFiles:
    """Return the model to serve: the one named in the settings, else the one for today's data and code.

    Raises `HotlineError` naming the remedy where it is not there.
    """
    files = ModelFiles(settings.model) if settings.model else model_files(PROJECT_ROOT, settings.models_dir)
    if not files.exist:
        raise HotlineError(f"没有模型 {files.rasa.name}。请运行 make train，或直接 make run。")
    return files
