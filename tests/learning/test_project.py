"""The staged project says what the database says, and labels survive the way out and in."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from bot.errors import KnowledgeInvalid
from bot.hotline.knowledge import Citation
from bot.hotline.learning import Label, LabelKind
from bot.knowledge_files import KnowledgeFiles, read_knowledge_files
from bot.learning.labelled import as_yaml, from_yaml
from bot.learning.project import Taught, stage, write_knowledge
from bot.learning.teaching import check_project, intents_of
from bot.model_files import training_digest
from bot.settings import PROJECT_ROOT
from bot.training.examples import read_nlu_examples, read_taught

LABELS = (
    Label(
        "小本子几天到手", "jingzhou", LabelKind.ENTRY, "ask_time_limit", entry="jingzhou.residence_permit.time_limit"
    ),
    Label("火星怎么去", "jingzhou", LabelKind.UNSUPPORTED, "ask_unsupported"),
    Label("灶台着火啦快来", "jingzhou", LabelKind.EMERGENCY, "report_emergency", numbers=("119",)),
    Label("消防演习几点", "jingzhou", LabelKind.HARMLESS, "ask_about_emergency"),
    Label("巷子口全是摊", "tianmen", LabelKind.CATEGORY, "report_problem", category="城市管理/占道经营"),
    Label("哈啰哈啰", "jingzhou", LabelKind.INTENT, "say_greeting"),
)


@pytest.fixture(scope="module")
def shipped() -> KnowledgeFiles:
    return read_knowledge_files(PROJECT_ROOT / "data" / "knowledge")


def same(left: KnowledgeFiles, right: KnowledgeFiles) -> None:
    for field in fields(KnowledgeFiles):
        assert sorted(map(repr, getattr(left, field.name))) == sorted(map(repr, getattr(right, field.name))), field.name


def test_the_whole_knowledge_is_the_same_again_after_writing_and_reading(
    shipped: KnowledgeFiles, tmp_path: Path
) -> None:
    write_knowledge(tmp_path / "knowledge", shipped)
    same(read_knowledge_files(tmp_path / "knowledge"), shipped)


def test_what_the_console_allows_and_files_do_not_is_written_so_that_it_can_be_read(
    shipped: KnowledgeFiles, tmp_path: Path
) -> None:
    entry = replace(
        shipped.entries[0], id=f"{shipped.entries[0].jurisdiction}.new_topic.one", topic="new_topic", question='问"什么"\n\x7f？',
        citations=(Citation("jingzhou.residence_permit", ("第九条",)), Citation("jingzhou.hotline_integration", ("三",))),
    )  # fmt: skip
    write_knowledge(tmp_path / "knowledge", replace(shipped, entries=(*shipped.entries, entry)))
    (read,) = [e for e in read_knowledge_files(tmp_path / "knowledge").entries if e.id == entry.id]
    assert (read.question, read.similar, read.answer) == (entry.question, entry.similar, entry.answer)


def test_labels_reach_everything_that_learns(tmp_path: Path) -> None:
    stage(tmp_path / "project", Taught(labels=LABELS))
    data = tmp_path / "project" / "data"
    assert {(one.text, one.intent) for one in LABELS} <= set(read_nlu_examples(data / "nlu"))
    assert read_taught(data / "nlu") == {"jingzhou.residence_permit.time_limit": ("小本子几天到手",)}
    dangers = [json.loads(line) for line in (data / "emergencies" / "examples.jsonl").read_text("utf8").splitlines()]
    assert dangers[-2:] == [{"text": "灶台着火啦快来", "danger": ["119"]}, {"text": "消防演习几点", "danger": []}]
    complaints = (data / "catalogue" / "complaints.jsonl").read_text("utf8").splitlines()
    assert json.loads(complaints[-1]) == {"text": "巷子口全是摊", "category": "城市管理/占道经营"}
    check_project(tmp_path / "project")
    assert training_digest(tmp_path / "project") != training_digest(PROJECT_ROOT)


def test_without_anything_of_its_own_the_project_is_the_shipped_one(tmp_path: Path) -> None:
    stage(tmp_path / "project", Taught())
    assert Taught().is_plain
    assert training_digest(tmp_path / "project") == training_digest(PROJECT_ROOT)


def test_labels_are_ordinary_rasa_data_and_the_same_after_the_way_out_and_in() -> None:
    from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader

    content = as_yaml(LABELS)
    read = RasaYAMLReader().reads(content)
    assert {(e.get("text"), e.get("intent")) for e in read.intent_examples} == {
        (one.text, one.intent) for one in LABELS
    }
    assert read.entity_examples == []
    assert sorted(from_yaml(content, "jingzhou", intents_of()), key=repr) == sorted(LABELS, key=repr)


def test_what_looks_like_markup_stays_text() -> None:
    from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader

    odd = replace(LABELS[1], text="看[这个](place)和\n  - 那个{}")
    read = RasaYAMLReader().reads(as_yaml([odd]))
    assert [e.get("text") for e in read.intent_examples] == ["看［这个］(place)和 - 那个｛｝"]
    assert read.entity_examples == []


def test_plain_rasa_examples_are_taken_as_labels_of_their_intent() -> None:
    content = "nlu:\n- intent: ask_unsupported\n  examples: |\n    - 火星怎么去\n- intent: say_thanks\n  examples: |\n    - 多谢\n"
    found = list(from_yaml(content, "tianmen", intents_of()))
    assert [(one.kind, one.intent, one.jurisdiction) for one in found] == [
        (LabelKind.UNSUPPORTED, "ask_unsupported", "tianmen"), (LabelKind.INTENT, "say_thanks", "tianmen"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    ["", "nlu: 7", "a: [", "nlu:\n- intent: no_such\n  examples: |\n    - x\n", "nlu:\n- intent: say_thanks\n", "7"],
)
def test_anything_else_is_refused(content: str) -> None:
    with pytest.raises(KnowledgeInvalid):
        list(from_yaml(content, "jingzhou", intents_of()))
