"""Asking the console for pages and sending it forms."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import FormData
from aiohttp.test_utils import TestClient


async def page(client: TestClient, path: str, status: int = 200, **headers: str) -> str:
    """Return the page at ``path``, which answers with ``status``."""
    response = await client.get(path, headers=headers)
    text = await response.text()
    assert response.status == status, text
    return text


async def post(client: TestClient, path: str, form: Any, status: int = 303) -> tuple[str, str]:
    """Send a form and return where it leads and what it says."""
    response = await client.post(path, data=form, allow_redirects=False)
    text = await response.text()
    if response.content_type == "application/json":
        text = json.loads(text)["error"]
    assert response.status == status, text
    return response.headers.get("Location", "") or response.headers.get("HX-Redirect", ""), text


def file_form(content: bytes, name: str, **fields: str) -> FormData:
    """Return a form with ``fields`` and a file."""
    form = FormData(quote_fields=False)  # as browsers send names
    for field, value in fields.items():
        form.add_field(field, value)
    form.add_field("file", content, filename=name, content_type="application/octet-stream")
    return form
