"""The citizen's page: ask in a browser, read the answer with its source."""

from bot.web.widget.routes import add_routes

__all__ = ["add_routes"]
