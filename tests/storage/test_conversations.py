"""Conversations on both databases: each message once and in order, answered by one process, told news, forgotten in time."""

from __future__ import annotations

import datetime as dt
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bot.hotline.conversations import Author, Conversation
from bot.hotline.deadlines import ZONE, TimeLimit
from bot.hotline.work_orders import Actor, Move, RequestKind, Role, WorkOrder
from bot.knowledge_files import KnowledgeFiles
from bot.settings import Settings
from bot.storage import (
    Caller,
    Database,
    Saying,
    due_conversations,
    file_order,
    find_conversation,
    finish,
    forget_conversation,
    give_feedback,
    lease,
    messages_after,
    move_order,
    next_waiting,
    receive_message,
    save_knowledge,
    say,
)
from bot.storage.tables import conversations as t
from bot.worker.photos import delete_old_photos
from bot.worker.rounds import make_round

T0 = dt.datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
TALK = Conversation("web-1", "web", "digest-1", "jingzhou", T0, T0)
FOLLOWER = replace(TALK, id="wechat-2", channel="wechat", citizen="digest-2", address="openid")
SECONDS = dt.timedelta(seconds=1)


@pytest.fixture
def filled(database: Database, files: KnowledgeFiles) -> Database:
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="start")
    return database


def receive(database: Database, text: str, id: str, talk: Conversation = TALK, at: dt.datetime = T0) -> int | None:
    with database.begin() as connection:
        message = receive_message(connection, talk, text, at, id=id)
    return message.seq if message else None


def said(database: Database, talk: Conversation = TALK) -> list[str]:
    with database.read() as connection:
        return [message.text for message in messages_after(connection, talk.id)]


def answer(database: Database, text: str, talk: Conversation = TALK) -> bool:
    with database.begin() as connection:
        waiting = next_waiting(connection, talk.id)
        assert waiting is not None
        return finish(connection, waiting, [Saying(Author.BOT, text)], lambda c: c, T0, "process")


def test_a_message_sent_again_is_stored_once(filled: Database) -> None:
    assert [receive(filled, "甲", "m1"), receive(filled, "甲", "m1"), receive(filled, "乙", "m2")] == [1, None, 2]
    assert said(filled) == ["甲", "乙"]


def test_messages_of_many_at_once_get_numbers_without_gap_or_double(filled: Database) -> None:
    def send(number: int) -> int | None:
        return receive(filled, str(number % 40), f"m{number % 40}")  # each of them twice

    with ThreadPoolExecutor(8) as pool:
        numbers = [number for number in pool.map(send, range(80)) if number]
    assert sorted(numbers) == list(range(1, 41))
    assert sorted(said(filled), key=int) == [str(n) for n in range(40)]


def test_a_message_is_answered_once_however_many_processes_try(filled: Database) -> None:
    receive(filled, "甲", "m1")
    with filled.read() as connection:
        waiting = next_waiting(connection, TALK.id)
    assert waiting is not None

    def reply(number: int) -> None:
        with filled.begin() as connection:
            finish(connection, waiting, [Saying(Author.BOT, f"答{number}")], lambda c: c, T0, "process")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(reply, range(6)))
    assert len(said(filled)) == 2


def test_one_process_at_a_time_answers_and_the_next_takes_over_when_it_ends(filled: Database) -> None:
    receive(filled, "甲", "m1")
    with filled.begin() as connection:
        assert due_conversations(connection, T0) == [TALK.id]
        assert lease(connection, TALK.id, "one", T0, T0 + 6 * SECONDS)
        assert not lease(connection, TALK.id, "two", T0 + 5 * SECONDS, T0 + 11 * SECONDS)
        assert due_conversations(connection, T0 + 5 * SECONDS) == []
        assert due_conversations(connection, T0 + 7 * SECONDS) == [TALK.id]
        assert lease(connection, TALK.id, "two", T0 + 7 * SECONDS, T0 + 13 * SECONDS)


def file(database: Database, files: KnowledgeFiles, citizen: str, **changes: object) -> WorkOrder:
    order = WorkOrder(
        "", "", "jingzhou", RequestKind.COMPLAINT, "城管", "占道", "占道", "", "", "web", T0, TimeLimit(1, 5)
    )
    with database.begin() as connection:
        filed = file_order(connection, replace(order, **changes), Caller("张三", None, citizen, "web", T0), "JZ")  # type: ignore[arg-type]
        department = files.departments[0].id
        return move_order(connection, filed.id, Move.DISPATCH, Actor("o", Role.OPERATOR), T0, department=department)


def test_who_filed_is_told_what_happens_to_the_work_order_and_nobody_else(
    filled: Database, files: KnowledgeFiles
) -> None:
    for talk in (TALK, FOLLOWER):
        receive(filled, "登记工单", "m1", talk)
        answer(filled, "好的", talk)
    order = file(filled, files, FOLLOWER.citizen)
    handler, staff = Actor("h", Role.HANDLER, files.departments[0].id), Actor("o", Role.OPERATOR)
    with filled.begin() as connection:
        move_order(connection, order.id, Move.URGE, Actor("c", Role.CITIZEN), T0)
        move_order(connection, order.id, Move.SIGN, handler, T0)
        move_order(connection, order.id, Move.ANSWER, handler, T0, answer="已清理。")
        move_order(connection, order.id, Move.REVIEW, staff, T0)
    assert said(filled) == ["登记工单", "好的"]
    sent, done = said(filled, FOLLOWER)[2:]
    assert sent.startswith(f"您的工单 {order.number}（占道）已派给{files.departments[0].name}办理，应于")
    assert done.startswith(f"您的工单 {order.number}（占道）的办理结果：\n已清理。\n")
    with filled.read() as connection:
        pushed = connection.execute(t.outbox.select().order_by(t.outbox.c.row_id)).all()
    assert [row.text for row in pushed] == ["好的", sent, done]


def test_news_for_who_deleted_the_conversation_are_told_to_nobody(filled: Database, files: KnowledgeFiles) -> None:
    receive(filled, "登记工单", "m1")
    with filled.begin() as connection:
        assert forget_conversation(connection, TALK.id)
        assert not forget_conversation(connection, TALK.id)
    file(filled, files, TALK.citizen)
    assert said(filled) == []


def test_a_conversation_is_deleted_with_everything_when_its_days_are_over(filled: Database) -> None:
    receive(filled, "甲", "m1", FOLLOWER)
    answer(filled, "答", FOLLOWER)
    with filled.begin() as connection:
        give_feedback(connection, FOLLOWER.id, 2, False, "看不懂", T0)
        say(connection, FOLLOWER.id, Saying(Author.SYSTEM, "还有"), T0)
    receive(filled, "乙", "m1", TALK, T0 + dt.timedelta(days=60))
    settings = replace(Settings(), conversation_days=90)
    assert make_round(filled, settings, T0 + dt.timedelta(days=89)).conversations == 0
    assert make_round(filled, settings, T0 + dt.timedelta(days=91)).conversations == 1
    with filled.read() as connection:
        assert find_conversation(connection, FOLLOWER.id) is None
        assert find_conversation(connection, TALK.id) is not None
        for table in (t.messages, t.feedback, t.outbox):
            assert not connection.execute(table.select().where(table.c.conversation == FOLLOWER.id)).all()


def test_photos_go_with_the_conversation_unless_a_work_order_names_them(
    filled: Database, files: KnowledgeFiles, tmp_path: Path
) -> None:
    settings = replace(Settings(), files_dir=tmp_path, conversation_days=90, contact_days=365)
    for name in ("named.jpg", "loose.jpg", "fresh.jpg", "other.txt"):
        (tmp_path / name).write_bytes(b"x")
        age = T0.timestamp() if name != "fresh.jpg" else (T0 + dt.timedelta(days=60)).timestamp()
        os.utime(tmp_path / name, (age, age))
    file(filled, files, TALK.citizen, attachments=("https://x.example/files/named.jpg",), closed=T0)
    assert delete_old_photos(filled, settings, T0 + dt.timedelta(days=89)) == 0
    assert delete_old_photos(filled, settings, T0 + dt.timedelta(days=91)) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["fresh.jpg", "named.jpg", "other.txt"]
    assert delete_old_photos(filled, settings, T0 + dt.timedelta(days=366)) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["other.txt"]
