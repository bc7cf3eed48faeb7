"""``python -m bot.web``: serve the web process on its own address."""

from __future__ import annotations

import logging

from aiohttp import web

from bot.settings import Settings
from bot.web.app import create_app


def main() -> None:
    """Serve until stopped."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # prints what it cannot read, and a trace with it
    settings = Settings.from_environment()
    web.run_app(
        create_app(settings), host=settings.web_host, port=settings.web_port, access_log=None, print=lambda *_: None,
        shutdown_timeout=3,
    )  # fmt: skip


if __name__ == "__main__":
    main()
