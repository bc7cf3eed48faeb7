"""The outbox is written with what happened and told at least once, signed; tokens are known by a digest alone."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
import requests

from bot.errors import MoveRefused
from bot.hotline.deadlines import ZONE, TimeLimit
from bot.hotline.work_orders import Actor, Move, RequestKind, Role, WorkOrder
from bot.knowledge_files import KnowledgeFiles
from bot.storage import (
    Caller,
    Database,
    Webhook,
    add_token,
    add_webhook,
    due_deliveries,
    file_order,
    find_token,
    list_tokens,
    list_webhooks,
    move_order,
    note_use,
    retire_webhook,
    revoke_token,
    save_knowledge,
)
from bot.worker.deliveries import RETRIES, send_due

T0 = dt.datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
STAFF = Actor("op1", Role.OPERATOR)


@pytest.fixture
def filled(database: Database, files: KnowledgeFiles) -> Database:
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="start")
    return database


@pytest.fixture
def hook(filled: Database) -> Webhook:
    with filled.begin() as connection:
        return add_webhook(connection, "jingzhou", None, "https://orders.example/hook", T0)


def filed(database: Database, **changes: Any) -> WorkOrder:
    values: dict[str, Any] = {
        "id": "", "number": "", "jurisdiction": "jingzhou", "kind": RequestKind.COMPLAINT, "category": "城管/占道",
        "title": "", "content": "占道", "place": "", "happened": "", "channel": "web", "received": T0, "limit": TimeLimit(1, 5),
    }  # fmt: skip
    with database.begin() as connection:
        return file_order(
            connection, WorkOrder(**{**values, **changes}), Caller("王五", "13812345678", "c", "web", T0), "JZ"
        )


class Receiver:
    """The other side: answers with the statuses given, then 200; keeps what it was sent."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.received: list[tuple[str, bytes, Mapping[str, str]]] = []

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.received.append((url, body, headers))
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 0:
            raise requests.ConnectionError("refused")
        return status


def test_filing_and_moving_are_told_without_the_caller(filled: Database, files: KnowledgeFiles, hook: Webhook) -> None:
    order = filed(filled)
    with filled.begin() as connection:
        department = files.departments[0].id
        move_order(connection, order.id, Move.DISPATCH, STAFF, T0, department=department, handover="只写占道")
    receiver = Receiver()
    assert send_due(filled, lambda: T0, receiver) == 2
    bodies = [json.loads(body) for _, body, _ in receiver.received]
    assert [b["type"] for b in bodies] == ["work_order.filed", "work_order.dispatch"]
    assert bodies[1]["data"]["work_order"]["content"] == "只写占道", "the department reads what was redacted"
    assert "13812345678" not in str(receiver.received)
    assert "王五" not in str(bodies)
    assert send_due(filled, lambda: T0, receiver) == 0


def test_the_signature_is_the_one_of_the_specification(filled: Database, hook: Webhook) -> None:
    filed(filled)
    receiver = Receiver()
    send_due(filled, lambda: T0, receiver)
    ((url, body, headers),) = receiver.received
    assert url == hook.url
    signed = f"{headers['webhook-id']}.{int(T0.timestamp())}.{body.decode()}".encode()
    key = base64.b64decode(hook.secret[len("whsec_") :])
    assert (
        headers["webhook-signature"]
        == "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    )


def test_what_does_not_arrive_is_sent_again_and_at_last_given_up(filled: Database, hook: Webhook) -> None:
    filed(filled)
    receiver = Receiver(500, 0, *[503] * 20)
    at = T0
    assert send_due(filled, lambda: at, receiver) == 0
    assert send_due(filled, lambda: at, receiver) == 0, "not before its time"
    assert len(receiver.received) == 1
    for step in RETRIES:
        at += step
        send_due(filled, lambda: at, receiver)  # noqa: B023
    assert len(receiver.received) == 1 + len(RETRIES)
    assert len({headers["webhook-id"] for _, _, headers in receiver.received}) == 1, "a repetition is known by its id"
    assert send_due(filled, lambda: at + dt.timedelta(days=30), receiver) == 0
    assert len(receiver.received) == 1 + len(RETRIES)


def test_a_receiver_that_is_gone_is_not_asked_again(filled: Database, hook: Webhook) -> None:
    filed(filled)
    receiver = Receiver(410)
    send_due(filled, lambda: T0, receiver)
    send_due(filled, lambda: T0 + dt.timedelta(days=1), receiver)
    assert len(receiver.received) == 1


def test_what_is_being_sent_is_left_alone_until_its_lease_is_over(filled: Database, hook: Webhook) -> None:
    filed(filled)

    def crash(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        receiver = Receiver()
        assert send_due(filled, lambda: T0, receiver) == 0, "a second worker at the same time"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send_due(filled, lambda: T0, crash)
    assert send_due(filled, lambda: T0 + dt.timedelta(minutes=6), Receiver()) == 1


def test_a_move_that_is_undone_tells_nothing(filled: Database, hook: Webhook) -> None:
    order = filed(filled)
    with pytest.raises(MoveRefused), filled.begin() as connection:
        move_order(connection, order.id, Move.URGE, STAFF, T0)
        move_order(connection, order.id, Move.SIGN, STAFF, T0)
    with filled.read() as connection:
        assert [d.event for d in due_deliveries(connection, T0)] == ["work_order.filed"]


def test_a_department_is_told_of_its_own_orders(filled: Database, files: KnowledgeFiles) -> None:
    department = files.departments[0].id
    with filled.begin() as connection:
        own = add_webhook(connection, "jingzhou", department, "https://department.example/", T0)
    order = filed(filled)
    with filled.begin() as connection:
        assert due_deliveries(connection, T0) == []
        move_order(connection, order.id, Move.DISPATCH, STAFF, T0, department=department)
        assert [d.url for d in due_deliveries(connection, T0)] == [own.url]
        assert retire_webhook(connection, own.id, T0)
        assert not retire_webhook(connection, own.id, T0)
        assert due_deliveries(connection, T0) == []
        assert list_webhooks(connection) == []


def test_a_token_is_known_until_it_expires_or_is_revoked(filled: Database) -> None:
    with filled.begin() as connection:
        token, secret = add_token(connection, "平台", ["orders:read"], "jingzhou", None, T0, T0 + dt.timedelta(days=1))
        assert find_token(connection, secret, T0) == token
        assert find_token(connection, secret + "x", T0) is None
        assert find_token(connection, secret, T0 + dt.timedelta(days=2)) is None
        note_use(connection, token, T0)
        assert [t.last_used_at for t in list_tokens(connection)] == [T0]
        assert revoke_token(connection, token.id, T0)
        assert not revoke_token(connection, token.id, T0)
        assert find_token(connection, secret, T0) is None
        assert list_tokens(connection) == []
