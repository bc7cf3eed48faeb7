"""The HTTP API against schemathesis: whatever is sent, the answer is one that the OpenAPI document promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import System

_SCOPES = ("orders:read", "orders:file", "orders:move", "contacts:read", "routing:read", "reports:read")


@pytest.mark.slow
def test_schemathesis_finds_nothing(system: System, tmp_path: Path) -> None:
    scopes = [word for scope in _SCOPES for word in ("--scope", scope)]
    made = system.command("token", "create", "fuzz", "--jurisdiction", "jingzhou", *scopes)
    found = re.search(r"hl_[\w-]+", made.stdout)
    assert found, made.stderr
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{system.web}/api/v1/openapi.json"),
            *("--header", f"Authorization: Bearer {found[0]}", "--max-examples", "40", "--seed", "1", "--no-color"),
            # a header that HTTP itself cannot carry is refused by the server below us, in its own words
            *("--request-timeout", "30", "--generation-deterministic"),
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Traceback" not in system.logged()
