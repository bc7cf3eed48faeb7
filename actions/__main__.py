"""The action server on its own address: ``python -m actions``."""

from __future__ import annotations

import logging

from rasa_sdk.endpoint import create_app

from bot.bootstrap import application
from bot.settings import Settings


def main() -> None:
    """Serve the actions. The knowledge is loaded before the port opens, so that a healthy server can answer."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    settings = Settings.from_environment()
    application().assistant()
    application().follow()
    app = create_app("actions", cors_origins=[])
    app.run(settings.actions_host, settings.actions_port, workers=1, access_log=False, debug=False)


if __name__ == "__main__":
    main()
