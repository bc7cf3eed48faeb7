"""Training every part of a model and putting them in place together."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from bot.errors import HotlineError
from bot.example_files import complaint_examples
from bot.hotline.knowledge import Knowledge
from bot.knowledge_files import read_knowledge_files
from bot.model_files import ModelFiles, model_files
from bot.text.segment import dictionary_words
from bot.training.dispatcher import read_matter_texts, save_dispatcher, train_dispatcher
from bot.training.examples import read_nlu_examples, read_taught
from bot.training.ranker import read_synonyms, save_ranker, train_ranker

Progress = Callable[[str], None]


def train(root: Path, models: Path, progress: Progress, objections: Sequence[tuple[str, str]] = ()) -> ModelFiles:
    """Train every part and put them in place together; what was there before serves until then.

    ``objections`` are matters that departments had sent back, with the category under which they were handled.

    Raises `HotlineError` with the last lines of Rasa's log where training fails.
    """
    files = model_files(root, models)
    try:
        models.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HotlineError(
            f"模型目录 {models} 不能使用（{error.strerror}），请检查 HOTLINE_MODELS_DIR 和目录权限。"
        ) from error
    beside = ProcessPoolExecutor(1, mp_context=get_context("spawn"))  # what it does costs about as much as the ranker
    with tempfile.TemporaryDirectory(dir=models, prefix=".training-") as folder, beside as pool:
        staged = ModelFiles(Path(folder) / files.rasa.name)
        others = pool.submit(_train_beside, root, staged, objections)
        progress("训练意图识别、派单和答案排序……")
        _train_ranker(root, read_knowledge_files(root / "data" / "knowledge").as_knowledge(), staged.ranker)
        progress("答案排序已训练，等待意图识别和派单……")
        try:
            others.result()
        except BrokenProcessPool as error:
            raise HotlineError("训练被系统中止，可能是内存不足，原来的模型不受影响。请腾出内存后再试。") from error
        os.replace(staged.ranker, files.ranker)
        os.replace(staged.dispatcher, files.dispatcher)
        os.replace(staged.rasa, files.rasa)
    progress(f"模型已就绪：{files.rasa.name}")
    return files


def _train_beside(root: Path, staged: ModelFiles, objections: Sequence[tuple[str, str]]) -> None:
    """Train Rasa's part, then the dispatcher."""
    _train_rasa(root, staged.rasa)
    rules = read_knowledge_files(root / "data" / "knowledge").as_knowledge().routing_rules
    texts = read_matter_texts(root / "data" / "catalogue", rules, objections)
    save_dispatcher(train_dispatcher(texts), staged.dispatcher)


def _train_rasa(root: Path, path: Path) -> None:
    command = [  # the files are validated by the tests and by the knowledge reader; Rasa's validation doubles the time
        *(
            sys.executable,
            "-m",
            "rasa",
            "train",
            "--force",
            "--skip-validation",
            "--config",
            "config.yml",
            "--domain",
            "domain.yml",
        ),
        *("--data", "data/nlu", "data/rules", "--out", str(path.parent)),
        *("--fixed-model-name", path.name.removesuffix(".tar.gz")),
    ]
    environment = os.environ | {
        "RASA_TELEMETRY_ENABLED": "false",
        "RASA_MAX_CACHE_SIZE": "0",  # its cache does not see changed code
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONWARNINGS": "ignore",
        "PYTHONPATH": str(root),
        "HOTLINE_ACTIONS_URL": "http://127.0.0.1",
    }
    done = subprocess.run(
        command, cwd=root, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode or not path.is_file():
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise HotlineError(f"训练没有成功，原来的模型不受影响。Rasa 的最后几行：\n{tail}")


def _train_ranker(root: Path, knowledge: Knowledge, path: Path) -> None:
    """Train the ranker; texts that are labelled with an entry count as its questions, and go with the model."""
    examples, taught = list(read_nlu_examples(root / "data" / "nlu")), read_taught(root / "data" / "nlu")
    terms = dictionary_words(root / "data" / "dictionaries")
    entries = [replace(e, similar=(*e.similar, *taught.get(e.id, ()))) for e in knowledge.entries]
    learnt = replace(knowledge, entries=tuple(entries))
    own = {text for texts in taught.values() for text in texts}
    others = [(text, intent) for text, intent in examples if text not in own]
    others += complaint_examples(root / "data" / "catalogue")
    trained = train_ranker(learnt, others, read_synonyms(root / "data" / "synonyms.txt"), terms=terms)
    trained = replace(trained, ranker=replace(trained.ranker, taught=taught))
    save_ranker(trained, path, {"entries": len(knowledge.entries), "examples": len(examples)})
