"""The patches to Rasa do what Rasa does. These tests fail when Rasa changes underneath them."""

import hashlib
import inspect

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction

from bot.nlu import speedups

ORIGINAL = RemoteAction._validate_action_result
# Digest of the source that `_validate_action_result` replaces, in Rasa 3.6.21. When this fails, read the new source,
# see whether the patch still does the same, and only then write the new digest.
SOURCE = "f8cdb4be68123961"


def test_the_replaced_function_is_the_one_the_patch_was_written_for() -> None:
    source = inspect.getsource(ORIGINAL)
    assert "validate(result, self.action_response_format_spec())" in source
    assert hashlib.sha256(source.encode()).hexdigest().startswith(SOURCE)


@pytest.mark.parametrize(
    "result",
    [
        {"events": [], "responses": []},
        {"events": [{"event": "slot", "name": "dialogue", "value": {"a": [1]}, "timestamp": None}], "responses": []},
        {"events": [], "responses": [{"text": "好", "custom": {"kind": "answer"}}]},
        {},
    ],
)
def test_what_rasa_accepts_is_accepted(result: dict[str, object]) -> None:
    action = RemoteAction("action_x", None)
    assert ORIGINAL(action, result)
    assert speedups._validate_action_result(action, result)


@pytest.mark.parametrize("result", [{"events": "no"}, {"events": [{"event": 5}]}, {"responses": ["text"]}, []])
def test_what_rasa_refuses_is_refused(result: object) -> None:
    action = RemoteAction("action_x", None)
    with pytest.raises(ValidationError):
        ORIGINAL(action, result)  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        speedups._validate_action_result(action, result)  # type: ignore[arg-type]
