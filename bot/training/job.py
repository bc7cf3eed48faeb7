"""One training from staged project to figures, as a process of its own: ``python -m bot.training.job FOLDER``.

The folder holds ``job.json`` (see `Job`) and the project under ``project``. Progress goes to standard output, one JSON
object a line; the model comes to lie in ``models``, the figures in ``figures.json``. When standard input ends, whoever
started this is gone, and everything here ends at once, Rasa included.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.errors import HotlineError
from bot.model_files import ModelFiles

_TRAINED = 0.7  # share of the work that training is


@dataclass(frozen=True)
class Job:
    """What is to be done. Without ``train`` the model in ``new`` is only measured; ``old`` serves now."""

    train: bool
    new: str | None = None
    old: str | None = None
    known: dict[str, Any] | None = None  # stored figures of the model that serves
    golden: Sequence[dict[str, Any]] = ()  # questions that were added in the console
    objections: Sequence[Sequence[str]] = ()
    rules: str = ""


def write_job(folder: Path, job: Job) -> None:
    """Keep ``job`` in ``folder`` for `main`."""
    (folder / "job.json").write_text(json.dumps(asdict(job), ensure_ascii=False), encoding="utf8")


def main() -> None:
    """Do the job in the folder that the command line names."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(10)  # citizens first
    folder = Path(sys.argv[1])
    job = Job(**json.loads((folder / "job.json").read_text(encoding="utf8")))
    try:
        _run(folder, job)
    except HotlineError as error:
        _tell(problem=str(error))
        sys.exit(1)


def _run(folder: Path, job: Job) -> None:
    from bot.training.comparison import compare
    from bot.training.evaluation import held_out_questions, question_from
    from bot.training.gate import read_rules
    from bot.training.model import train

    root = folder / "project"
    rules = read_rules(Path(job.rules))
    if job.train:
        steps = iter((0.1, 0.45, _TRAINED))
        objections = [(text, category) for text, category in job.objections]
        new = train(root, folder / "models", lambda text: _tell(step=text, share=next(steps, _TRAINED)), objections)
    else:
        new = ModelFiles(Path(str(job.new)))
    _tell(state="evaluating", step="训练完成，开始评测……", share=_TRAINED, model=str(new.rasa))
    questions = [*held_out_questions(root), *map(question_from, job.golden)]
    old = ModelFiles(Path(job.old)) if job.old else None
    figures = compare(
        new, old, root, questions, rules, job.known or {},
        lambda text, share: _tell(step=text, share=_TRAINED + (1 - _TRAINED) * share),
    )  # fmt: skip
    (folder / "figures.json").write_text(json.dumps(figures, ensure_ascii=False), encoding="utf8")


def _tell(**news: Any) -> None:
    print(json.dumps(news, ensure_ascii=False), flush=True)


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1024):  # not sys.stdin, whose lock would be held when Python ends
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)  # the starter made this process the leader of a group


if __name__ == "__main__":
    main()
