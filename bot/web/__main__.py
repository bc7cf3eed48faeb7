"""``python -m bot.web``: serve the web process on its own address."""

from __future__ import annotations

import logging

from aiohttp import web

from bot.settings import Settings
from bot.web.app import create_app


def main() -> None:
    """Serve until stopped."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    settings = Settings.from_environment()
    web.run_app(
        create_app(settings), host=settings.web_host, port=settings.web_port, access_log=None, print=lambda *_: None
    )


if __name__ == "__main__":
    main()
