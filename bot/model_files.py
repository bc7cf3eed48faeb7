"""Where trained models lie: Rasa's archive with ranker and dispatcher beside it; and which of them is released."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tarfile
import zipfile
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.errors import HotlineError
from bot.settings import PROJECT_ROOT, Settings

# What a model depends on besides the data: changed code of these makes another model.
_CODE = (
    *("bot/nlu", "bot/text", "bot/hotline", "bot/knowledge_files.py", "bot/example_files.py"),
    *(f"bot/training/{name}.py" for name in ("model", "ranker", "dispatcher", "examples", "curves")),
)
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
    def all(self) -> tuple[Path, Path, Path]:
        return self.rasa, self.ranker, self.dispatcher

    @property
    def exist(self) -> bool:
        return all(file.is_file() for file in self.all)

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of each file by its name."""
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in self.all}

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


@dataclass(frozen=True)
class Pointer:
    """Which model is released: its archive in the models folder, its version, and the data and code it belongs to."""

    model: str
    version: int
    base: str


def read_pointer(path: Path) -> Pointer | None:
    """Return what the file says that `write_pointer` wrote, ``None`` where it says nothing."""
    try:
        return Pointer(**json.loads(path.read_text(encoding="utf8")))
    except (OSError, ValueError, TypeError):
        return None


def write_pointer(path: Path, pointer: Pointer) -> None:
    """Let every process take the model of ``pointer``. Readers see the old content or the new, nothing between.

    Raises `HotlineError` where the file cannot be written.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(asdict(pointer)) + "\n", encoding="utf8")
        os.replace(draft, path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise HotlineError(
            f"发布文件 {path} 写不了（{error.strerror}），请检查 HOTLINE_RELEASE_FILE 和权限。"
        ) from error


def released_model(settings: Settings) -> ModelFiles:
    """Return the model to serve: the one named in the settings, else the released one, else that for today's data and code.

    Raises `HotlineError` naming the remedy where it is not there.
    """
    if settings.model:
        files = ModelFiles(settings.model)
    else:
        pointer = read_pointer(settings.release_file)
        files = (
            ModelFiles(settings.models_dir / pointer.model)
            if pointer
            else model_files(PROJECT_ROOT, settings.models_dir)
        )
        if not files.exist:
            files = model_files(PROJECT_ROOT, settings.models_dir)
    if not files.exist:
        raise HotlineError(f"没有模型 {files.rasa.name}。请运行 make train，或直接 make run。")
    return files


class ReleasedModel:
    """Follows which model is released. Asking costs one look at the file that says so."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seen: tuple[int, ...] | None = None
        self._files: ModelFiles | None = None

    def current(self) -> ModelFiles:
        """Return the model to serve now. Raises `HotlineError` where there is none."""
        seen = _signature(self._settings.release_file)
        if self._files is None or seen != self._seen:
            self._files, self._seen = released_model(self._settings), seen
        return self._files


def _signature(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


_PARTS = ("metadata.json", "intents.joblib", "danger.joblib")  # of Rasa's archive


def require_whole(files: ModelFiles) -> None:
    """Raise `HotlineError` naming the file that is missing, cut off or something else than it should be."""
    for file in files.all:
        if not file.is_file():
            raise HotlineError(f"模型文件 {file.name} 不在了，这一版不能用。")
    try:
        with tarfile.open(files.rasa) as archive:
            names = set()
            for member in archive:
                names.add(Path(member.name).name)
                if content := archive.extractfile(member):
                    while content.read(2**20):
                        pass
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise HotlineError(f"模型文件 {files.rasa.name} 不完整或不是模型，打不开：这一版不能用。") from error
    if missing := [name for name in _PARTS if name not in names]:
        raise HotlineError(f"模型文件 {files.rasa.name} 里缺少 {'、'.join(missing)}，不是本程序的模型。")
    try:
        with zipfile.ZipFile(files.dispatcher) as stored:
            broken = stored.testzip()
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error):
        broken = files.dispatcher.name
    if broken:
        raise HotlineError(f"模型文件 {files.dispatcher.name} 不完整或不是派单模型：这一版不能用。")
