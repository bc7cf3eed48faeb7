"""What a stock turn wastes and is spared here (ARCHITECTURE.md, traps): the one place where Rasa is patched.

``tests/nlu/test_speedups.py`` compares the patched functions with Rasa's own source and fails when that changes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction

_applied = False


def apply_speedups() -> None:
    """Install the patches once in this process."""
    global _applied
    if not _applied:
        RemoteAction._validate_action_result = _validate_action_result  # type: ignore[method-assign]
        _applied = True


@lru_cache(maxsize=1)
def _validator() -> Validator:
    """Return the compiled validator of action results. Rasa checks and compiles the schema at every action call."""
    schema = RemoteAction.action_response_format_spec()
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def _validate_action_result(self: RemoteAction, result: dict[str, Any]) -> bool:
    """Do what `RemoteAction._validate_action_result` does, with the schema checked once instead of every time."""
    _validator().validate(result)
    return True
