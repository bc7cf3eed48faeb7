"""What the desk reads and keeps, on both databases."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from bot.hotline.conversations import Conversation, Holder, Reason, queue, take
from bot.hotline.outcomes import Outcome, SuggestionOutcome
from bot.hotline.staff import StaffMember
from bot.hotline.work_orders import Role
from bot.knowledge_files import KnowledgeFiles
from bot.storage import (
    ConversationFilter,
    Database,
    add_staff,
    anybody_on_duty,
    at_the_desk,
    change_conversation,
    is_taking,
    list_conversations,
    list_outcomes,
    mark_read,
    note_outcome,
    note_presence,
    open_conversations,
    receive_message,
    save_knowledge,
)

NOW = dt.datetime(2026, 11, 27, 2, 0, tzinfo=dt.timezone.utc)


@pytest.fixture
def desk(database: Database, files: KnowledgeFiles) -> Database:
    """A database with two places and two citizens who wait, one in each."""
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="start")
        for name, place in (("a", "jingzhou"), ("b", "tianmen")):
            new = Conversation(name, "web", name, place, NOW, NOW)
            for number in range(3):
                receive_message(connection, new, f"{name}{number}", NOW, id=f"{name}-{number}", answers=[])
            change_conversation(connection, name, lambda c: queue(c, Reason.ASKED, NOW), NOW)
    return database


def member(database: Database, login: str, place: str | None = None) -> StaffMember:
    with database.begin() as connection:
        return add_staff(connection, StaffMember("", login, login, Role.OPERATOR, place), "none", NOW)


def test_open_conversations_have_the_last_words_and_what_is_unread(desk: Database) -> None:
    with desk.begin() as connection:
        found = {one.conversation.id: one for one in open_conversations(connection)}
        assert {key: (one.words, one.unread) for key, one in found.items()} == {"a": ("a2", 3), "b": ("b2", 3)}
        change_conversation(connection, "a", lambda c: take(c, "op", "op"), NOW)
        assert mark_read(connection, "a", "op", 2)
        assert not mark_read(connection, "a", "op", 2)
        assert not mark_read(connection, "a", "another", 3)  # who does not hold it has not read it
        (own,) = open_conversations(connection, "jingzhou")
        assert (own.conversation.id, own.unread) == ("a", 1)


def test_conversations_are_listed_by_what_is_asked_the_last_active_first(desk: Database) -> None:
    with desk.begin() as connection:
        receive_message(
            connection, Conversation("c", "phone", "c", "jingzhou", NOW, NOW), "x", NOW + dt.timedelta(hours=1), id="c-0",
            answers=[],
        )  # fmt: skip

        def listed(**wanted: object) -> list[str]:
            found = list_conversations(connection, ConversationFilter(**wanted))  # type: ignore[arg-type]
            return [one.conversation.id for one in found]

        assert listed()[0] == "c"
        assert listed(channel="phone") == ["c"]
        assert sorted(listed(holder=Holder.QUEUE)) == ["a", "b"]
        assert listed(jurisdiction="tianmen") == ["b"]
        assert listed(closed=True) == []
        assert listed(since=NOW + dt.timedelta(minutes=1)) == ["c"]
        assert sorted(listed(before=NOW + dt.timedelta(minutes=1))) == ["a", "b"]


def test_an_operator_is_on_duty_for_their_place_alone_and_only_while_they_are_there(desk: Database) -> None:
    own, everywhere = member(desk, "own", "tianmen"), member(desk, "everywhere")
    with desk.begin() as connection:
        note_presence(connection, own.id, "own", True, NOW)
        assert anybody_on_duty(connection, NOW, "tianmen")
        assert not anybody_on_duty(connection, NOW, "jingzhou")
        note_presence(connection, everywhere.id, "everywhere", True, NOW)
        assert anybody_on_duty(connection, NOW, "jingzhou")
        assert not anybody_on_duty(connection, NOW + dt.timedelta(minutes=2), "jingzhou")
        note_presence(connection, everywhere.id, "everywhere", False, NOW)
        assert not anybody_on_duty(connection, NOW, "jingzhou")
        assert [(p.name, p.taking) for p in at_the_desk(connection, NOW)] == [("everywhere", False), ("own", True)]
        assert not is_taking(connection, everywhere.id, NOW - dt.timedelta(hours=1))
        assert is_taking(connection, everywhere.id, NOW + dt.timedelta(hours=1))  # a break of yesterday is over


def test_outcomes_come_back_as_they_were_kept_in_order(desk: Database) -> None:
    staff = member(desk, "op")
    kept = SuggestionOutcome(
        NOW, staff.id, "a", "jingzhou", "〔电话〕多久办好", "jingzhou.residence_permit.time_limit", 2, 1, 0.75,
        Outcome.EDITED, "15日内。", "大约15日。",
    )  # fmt: skip
    with desk.begin() as connection:
        for rank in (1, 2):
            note_outcome(connection, replace(kept, rank=rank))
        (first, one), (_, two) = list_outcomes(connection)
        assert (one, two) == (kept, replace(kept, rank=2))
        assert [outcome.rank for _, outcome in list_outcomes(connection, after=first)] == [2]
        assert list_outcomes(connection, jurisdiction="tianmen") == []
