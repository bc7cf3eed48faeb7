"""Where trained models lie: Rasa's archive and the ranker beside it, named by what they were trained on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from bot.errors import HotlineError
from bot.settings import PROJECT_ROOT, Settings

# What a model depends on besides the data: changed code of these makes another model.
_CODE = ("bot/nlu", "bot/text", "bot/hotline", "bot/training", "bot/knowledge_files.py")
_DATA = (
    "config.yml",
    "domain.yml",
    "data/nlu",
    "data/rules",
    "data/dictionaries",
    "data/knowledge",
    "data/synonyms.txt",
)
_LOCK = "requirements/requirements.lock"


@dataclass(frozen=True)
class ModelFiles:
    """Where a model lies. Both files exist, or it is not there."""

    rasa: Path
    ranker: Path

    @property
    def exist(self) -> bool:
        return self.rasa.is_file() and self.ranker.is_file()


def model_files(root: Path, models: Path) -> ModelFiles:
    """Return where the model for today's data and code under ``root`` lies, whether it is there or not."""
    name = f"hotline-{training_digest(root)[:12]}"
    return ModelFiles(models / f"{name}.tar.gz", models / f"{name}.ranker.json")


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
    if settings.model:
        name = settings.model.name.removesuffix(".tar.gz")
        files = ModelFiles(settings.model, settings.model.with_name(f"{name}.ranker.json"))
    else:
        files = model_files(PROJECT_ROOT, settings.models_dir)
    if not files.exist:
        raise HotlineError(f"没有模型 {files.rasa.name}。请运行 make train，或直接 make run。")
    return files
