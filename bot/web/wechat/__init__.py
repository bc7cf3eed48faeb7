"""The official account's door: ``/wechat`` takes what followers say and, within five seconds, what they are told."""

from bot.web.wechat.routes import add_routes

__all__ = ["add_routes"]
