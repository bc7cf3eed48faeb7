"""What desk and console share: who is logged in, what they may do, the page around everything."""

from bot.web.staff.routes import add_routes

__all__ = ["add_routes"]
