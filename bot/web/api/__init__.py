"""The HTTP API with which a city's own work-order platform works with ours; ``openapi.yaml`` is the contract."""

from bot.web.api.routes import add_routes

__all__ = ["add_routes"]
