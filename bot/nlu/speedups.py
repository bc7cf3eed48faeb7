"""What a stock turn wastes and is spared here (docs/architecture.md): the one place where Rasa is patched.

``tests/nlu/test_speedups.py`` compares the patched functions with Rasa's own source and fails when that changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import lru_cache
from typing import Any

import aiohttp
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import EndpointConfig

_new_session = EndpointConfig.session
_applied = False


def apply_speedups() -> None:
    """Install the patches once in this process."""
    global _applied
    if not _applied:
        RemoteAction._validate_action_result = _validate_action_result  # type: ignore[method-assign]
        EndpointConfig.session = _kept_session  # type: ignore[method-assign, assignment]
        _applied = True


def _kept_session(self: EndpointConfig) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
    """Do what `EndpointConfig.session` does, keeping the session: Rasa opens a new connection at every action call."""

    @asynccontextmanager
    async def keep() -> AsyncIterator[aiohttp.ClientSession]:
        loop = asyncio.get_running_loop()
        session, owner = getattr(self, "_kept", (None, None))
        if session is None or session.closed or owner is not loop:
            session = _new_session(self)
            self._kept = (session, loop)  # type: ignore[attr-defined]
        yield session

    return keep()


@lru_cache(maxsize=1)
def _validator() -> Validator:
    """Return the compiled validator of action results. Rasa checks and compiles the schema at every action call."""
    schema = RemoteAction.action_response_format_spec()
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def _validate_action_result(self: RemoteAction, result: dict[str, Any]) -> bool:
    """Do what `RemoteAction._validate_action_result` does: set slots and replies are seen at a glance, the rest in full."""
    if not _is_plain(result):
        _validator().validate(result)
    return True


def _is_plain(result: object) -> bool:
    """Return whether ``result`` holds only set slots and replies in the form that the schema asks for."""
    if not isinstance(result, Mapping):
        return False
    events, responses = result.get("events", []), result.get("responses", [])
    return (
        isinstance(events, list)
        and isinstance(responses, list)
        and all(isinstance(response, dict) for response in responses)
        and all(isinstance(event, dict) and _is_set_slot(event) for event in events)
    )


def _is_set_slot(event: Mapping[str, Any]) -> bool:
    return (
        event.keys() == {"event", "timestamp", "name", "value"}
        and event["event"] == "slot"
        and event["timestamp"] is None
        and isinstance(event["name"], str)
        and isinstance(event["value"], dict)
    )
