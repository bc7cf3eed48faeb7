"""Sending what other systems are to be told (outbox): signed, in time, again and again until they have it.

Signature and headers are those of Standard Webhooks (github.com/standard-webhooks/standard-webhooks, spec 1.0): the
receiver checks ``webhook-signature`` over id, timestamp and body, and takes an id that it knows for a repetition.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Mapping

import requests

from bot.storage import Database, Delivery, claim_delivery, due_deliveries, note_delivery

logger = logging.getLogger("bot.worker")

# When it is tried again after each failure, as the specification proposes; after the last it is given up.
RETRIES = tuple(dt.timedelta(**step) for step in (
    {"seconds": 5}, {"minutes": 5}, {"minutes": 30}, {"hours": 2}, {"hours": 5}, {"hours": 10}, {"hours": 14},
    {"hours": 20}, {"hours": 24},
))  # fmt: skip
_LEASE = dt.timedelta(minutes=5)  # within which nobody else sends the same
_PATIENCE = 10.0  # seconds for the other side to answer
_GONE = 410  # the receiver wants nothing more
Send = Callable[[str, bytes, Mapping[str, str]], int]


def send_due(database: Database, now: Callable[[], dt.datetime], send: Send | None = None) -> int:
    """Send everything that is due and return how much arrived.

    What is being sent is taken for some minutes first: a second worker leaves it alone, and after a crash it is sent
    again. So everything arrives at least once.
    """
    sent = 0
    with database.read() as connection:
        waiting = due_deliveries(connection, now())
    for delivery in waiting:
        with database.begin() as connection:
            if not claim_delivery(connection, delivery, now() + _LEASE):
                continue
        error = _error(delivery, now(), send or _post)
        with database.begin() as connection:
            again = None if not error or _is_over(error, delivery) else now() + RETRIES[delivery.attempts]
            note_delivery(connection, delivery.id, now(), error=error, next_at=again)
        sent += not error
        if error:
            logger.warning("webhook %s, attempt %d: %s", delivery.id, delivery.attempts + 1, error)
    return sent


def signed_headers(delivery: Delivery, body: bytes, now: dt.datetime) -> dict[str, str]:
    """Return the headers that prove that ``body`` comes from us, as of ``now``."""
    timestamp = str(int(now.timestamp()))
    key = base64.b64decode(delivery.secret.removeprefix("whsec_"))
    signature = hmac.new(key, f"{delivery.id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": delivery.id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }


def _error(delivery: Delivery, now: dt.datetime, send: Send) -> str:
    """Send ``delivery`` and return why it did not arrive, empty where it did."""
    body = json.dumps(delivery.payload, ensure_ascii=False, separators=(",", ":")).encode()
    try:
        status = send(delivery.url, body, signed_headers(delivery, body, now))
    except requests.RequestException as error:
        return type(error).__name__
    return "" if 200 <= status < 300 else f"HTTP {status}"


def _is_over(error: str, delivery: Delivery) -> bool:
    return error == f"HTTP {_GONE}" or delivery.attempts >= len(RETRIES)


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    answer = requests.post(url, data=body, headers=dict(headers), timeout=_PATIENCE, allow_redirects=False, stream=True)
    answer.close()
    return answer.status_code
