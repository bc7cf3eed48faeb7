"""What an administrator saves is what the running action server answers at the next turn, without training or restart."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace

import pytest

from bot.bootstrap import Application
from bot.errors import KnowledgeInvalid
from bot.hotline.knowledge import Citation
from bot.settings import Settings
from bot.storage import Database, get_entry, get_record, publish_entry, retire_entry, save_record
from bot.web.admin.knowledge_trial import Trial
from tests.conftest import System

pytestmark = pytest.mark.slow
ENTRY = "jingzhou.residence_permit.time_limit"
WORDS = "（本句由管理员改写）"
_PATIENCE = 15.0  # seconds that a turn may take after a change, on a machine that does other things besides


def test_a_changed_entry_is_answered_at_the_next_turn(system: System) -> None:
    database = Database(system.environment["DATABASE_URL"])
    with database.read() as connection:
        before = get_entry(connection, ENTRY)
    question = before.question
    assert WORDS not in system.say(question, "change-1", jurisdiction="jingzhou").text
    try:
        with database.begin() as connection:
            publish_entry(connection, replace(before, answer=before.answer + WORDS), by="王主任", reason="试")
        started = time.monotonic()
        said = system.say(question, "change-2", jurisdiction="jingzhou")
        assert WORDS in said.text
        assert said.custom["entry"] == ENTRY
        assert time.monotonic() - started < _PATIENCE
        with database.begin() as connection:
            retire_entry(connection, ENTRY, by="王主任", reason="试")
        assert system.say(question, "change-3", jurisdiction="jingzhou").custom["entry"] != ENTRY
    finally:
        with database.begin() as connection:
            publish_entry(connection, before, by="王主任", reason="撤销")
    assert system.say(question, "change-4", jurisdiction="jingzhou").custom["entry"] == ENTRY
    database.dispose()


def test_a_question_is_tried_on_what_is_not_saved_yet(system: System) -> None:
    settings = Settings.from_environment(system.environment)
    with Database(settings.database_url).read() as connection:
        entry = get_entry(connection, ENTRY)
    trial = Trial(Application(settings))
    outcome = trial.ask(entry.question, "jingzhou", replace(entry, answer=entry.answer + WORDS))
    assert outcome.now.kind == "answer"
    assert WORDS not in outcome.now.text
    assert outcome.after is not None
    assert WORDS in outcome.after.text
    assert outcome.now.text == system.say(entry.question, "trial", jurisdiction="jingzhou").text
    new = replace(entry, id="new", question="月球车怎么上牌？", answer="月球车不上牌。", similar=("月球车牌照",))
    outcome = trial.ask("月球车怎么上牌", "jingzhou", new)
    assert outcome.now.kind != "answer"
    assert outcome.after is not None
    assert "月球车不上牌" in outcome.after.text
    assert trial.ask(entry.question, "jingzhou", None).after is None


def test_a_repeal_is_told_at_the_next_turn(system: System) -> None:
    database = Database(system.environment["DATABASE_URL"])
    with database.begin() as connection:
        entry = get_entry(connection, ENTRY)
        document = get_record(connection, "document", entry.citations[0].document).record
        repealed = replace(document, repealed_on=dt.date(2021, 1, 1), repealed_by="荆政规〔2020〕9号")
        save_record(connection, repealed, by="王主任", reason="已废止")
    try:
        said = system.say(entry.question, "repeal", jurisdiction="jingzhou")
        assert "由荆政规〔2020〕9号废止" in said.text
        assert said.custom["citations"][0]["status"] == "repealed"
    finally:
        with database.begin() as connection:
            save_record(connection, document, by="王主任", reason="撤销")
    database.dispose()


def test_a_wrong_figure_never_reaches_the_running_system(system: System) -> None:
    database = Database(system.environment["DATABASE_URL"])
    with database.read() as connection:
        before = get_entry(connection, ENTRY)
    nowhere = replace(before, citations=(Citation("no.such.document", ("第九条",)),))
    with pytest.raises(KnowledgeInvalid), database.begin() as connection:
        publish_entry(connection, nowhere, by="王主任", reason="错")
    assert before.answer[:10] in system.say(before.question, "wrong", jurisdiction="jingzhou").text
    database.dispose()
