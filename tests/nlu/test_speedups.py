"""The patches to Rasa do what Rasa does. These tests fail when Rasa changes underneath them."""

import hashlib
import inspect
from collections.abc import Callable

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import EndpointConfig

from bot.nlu import speedups

ORIGINAL = RemoteAction._validate_action_result
# Digests of the sources that are replaced, in Rasa 3.6.21. When one fails, read the new source, see whether the patch
# still does the same, and only then write the new digest.
SOURCES = {ORIGINAL: "f8cdb4be68123961", EndpointConfig.session: "e55aa13d9d4fb4bc"}


@pytest.mark.parametrize("function", SOURCES, ids=lambda f: f.__qualname__)
def test_the_replaced_functions_are_the_ones_the_patches_were_written_for(function: Callable[..., object]) -> None:
    source = inspect.getsource(function)
    assert hashlib.sha256(source.encode()).hexdigest().startswith(SOURCES[function])


async def test_one_connection_serves_all_calls_and_a_closed_one_is_replaced() -> None:
    endpoint = EndpointConfig("http://127.0.0.1:9")
    async with speedups._kept_session(endpoint) as first:
        pass
    async with speedups._kept_session(endpoint) as second:
        assert second is first
    await first.close()
    async with speedups._kept_session(endpoint) as third:
        assert third is not first
        assert not third.closed
    await third.close()


@pytest.mark.parametrize(
    "result",
    [
        {"events": [], "responses": []},
        {"events": [{"event": "slot", "name": "dialogue", "value": {"a": [1]}, "timestamp": None}], "responses": []},
        {"events": [], "responses": [{"text": "好", "custom": {"kind": "answer"}}]},
        {"events": [{"event": "restart", "timestamp": None}], "responses": []},
        {},
    ],
)
def test_what_rasa_accepts_is_accepted(result: dict[str, object]) -> None:
    action = RemoteAction("action_x", None)
    assert ORIGINAL(action, result)
    assert speedups._validate_action_result(action, result)


@pytest.mark.parametrize(
    "result",
    [
        {"events": "no"},
        {"events": [{"event": 5}]},
        {"events": [{"event": "slot", "name": 5, "value": {}, "timestamp": None}]},
        {"events": [{"event": "slot", "timestamp": None}]},
        {"responses": ["text"]},
        [],
    ],
)
def test_what_rasa_refuses_is_refused(result: object) -> None:
    action = RemoteAction("action_x", None)
    with pytest.raises(ValidationError):
        ORIGINAL(action, result)  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        speedups._validate_action_result(action, result)  # type: ignore[arg-type]
