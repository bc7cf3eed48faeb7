"""What there is to learn just now, and whether it can be learnt."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from bot.errors import HotlineError, KnowledgeInvalid
from bot.example_files import read_danger_examples
from bot.knowledge_files import KnowledgeFiles, read_knowledge_files
from bot.learning.project import Taught, stage
from bot.settings import PROJECT_ROOT
from bot.storage import (
    Database,
    changed_by_people,
    held_documents,
    list_golden,
    load_elsewhere,
    load_jurisdictions,
    load_knowledge,
    redispatched_orders,
    taught_labels,
)
from bot.training.examples import read_nlu_examples


def taught_now(connection: Any) -> Taught:
    """Return what the database adds to the shipped files."""
    knowledge = load_knowledge(connection)
    files = None
    if changed_by_people(connection):
        files = KnowledgeFiles(
            jurisdictions=load_jurisdictions(connection),
            elsewhere=load_elsewhere(connection),
            documents=tuple(held_documents(connection).values()),
            items=tuple(knowledge.items.values()),
            entries=tuple(knowledge.entries),
            departments=tuple(knowledge.departments.values()),
            hotlines=tuple(knowledge.hotlines),
            routing_rules=tuple(knowledge.routing_rules),
        )
    return Taught(files, taught_labels(connection), list_golden(connection), knowledge.version)


def objections_in(connection: Any) -> list[tuple[str, str]]:
    """Return what departments sent back, with the category under which it was handled in the end."""
    return [(order.content, order.category) for order in redispatched_orders(connection)]


def problems_in(database: Database) -> list[str]:
    """Return why training could not succeed now, one sentence each; nothing where it can."""
    with database.read() as connection:
        taught = taught_now(connection)
    with tempfile.TemporaryDirectory(prefix="hotline-check-") as folder:
        project = Path(folder) / "project"
        try:
            stage(project, taught)
            check_project(project)
        except HotlineError as error:
            return str(error).splitlines()
    return []


def check_project(root: Path) -> None:
    """Read everything that training reads. Raises KnowledgeInvalid with every problem that was found."""
    from bot.training.dispatcher import read_matter_texts  # with it comes what every start would wait for

    data, problems = root / "data", []
    rules = read_knowledge_files(data / "knowledge").routing_rules
    for read in (
        lambda: list(read_nlu_examples(data / "nlu")),
        lambda: read_matter_texts(data / "catalogue", rules),
        lambda: read_danger_examples(data / "emergencies" / "examples.jsonl"),
    ):
        try:
            read()
        except HotlineError as error:
            problems.append(str(error))
    if problems:
        raise KnowledgeInvalid("\n".join(problems))


def intents_of(root: Path = PROJECT_ROOT) -> frozenset[str]:
    """Return the intents that the domain names."""
    import yaml

    return frozenset(yaml.safe_load((root / "domain.yml").read_text(encoding="utf8"))["intents"])
