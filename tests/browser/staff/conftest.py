"""Pages for staff suggest answers by a trained model, which a clean clone has only once everything was started."""

from __future__ import annotations

import pytest

from tests.conftest import System


@pytest.fixture(scope="session", autouse=True)
def trained(system: System) -> None:
    """See to it that there is a model for today's data."""
    assert system
