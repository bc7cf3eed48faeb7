"""A small model that loads, and a database beside it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.hotline.ranking import DOUBTS, FEATURES, Ranker, Weights
from bot.hotline.routing import FEATURES as MATTERS
from bot.hotline.routing import Dispatcher, MatterTexts
from bot.model_files import ModelFiles
from bot.settings import Settings
from bot.storage import Database, migrate
from bot.training.curves import calibration, risk_coverage
from bot.training.dispatcher import gather_evidence, save_dispatcher
from bot.training.ranker import TrainedRanker, save_ranker

PARTS = ("metadata.json", "components/intents/intents.joblib", "components/danger/danger.joblib")


def weights(size: int) -> Weights:
    return Weights((1.0,) * size, (0.0,) * size, (1.0,) * size)


def write_model(path: Path, parts: tuple[str, ...] = PARTS, content: bytes = b"x" * 200_000) -> ModelFiles:
    """Write files that look like a model to everything but Rasa."""
    files = ModelFiles(path)
    with tarfile.open(files.rasa, "w:gz") as archive:
        for name in parts:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    curve, bins = risk_coverage([0.2, 0.9], [False, True]), calibration([0.2, 0.9], [False, True])
    save_ranker(TrainedRanker(Ranker(weights(len(FEATURES)), weights(len(DOUBTS))), curve, bins), files.ranker, {})
    texts = MatterTexts({"占道": ("摆摊",), "其他": ("别的",)}, [("路边摆摊", "占道"), ("别的事", "其他")])
    save_dispatcher(Dispatcher(gather_evidence(texts), weights(len(MATTERS))), files.dispatcher)
    return files


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose files all lie in a folder of the test."""
    (tmp_path / "models").mkdir()
    return Settings(
        database_url=f"sqlite:///{tmp_path}/learning.sqlite3", models_dir=tmp_path / "models",
        release_file=tmp_path / "released.json", secret_file=tmp_path / "secret.key",
    )  # fmt: skip


@pytest.fixture
def database(settings: Settings) -> Database:
    """A migrated database that holds nothing."""
    database = Database(settings.database_url)
    migrate(database)
    return database


@pytest.fixture
def model(settings: Settings) -> Callable[[str], ModelFiles]:
    """Writes a model of that name."""
    return lambda name: write_model(settings.models_dir / f"{name}.tar.gz")
