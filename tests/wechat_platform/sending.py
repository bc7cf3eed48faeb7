"""Reads the body of a customer-service message.

Rules: https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.wechat_platform.errors import ApiError
from tests.wechat_platform.media import MediaStore

TEXT_BYTES = 2048
_ARTICLES = 1


def read_custom(body: dict[str, Any], media: MediaStore) -> tuple[str, str]:
    """The kind of a message and what the follower sees; raises ApiError with the code of the first fault."""
    kind = str(body.get("msgtype"))
    readers: dict[str, Callable[[dict[str, Any]], str]] = {
        "text": _text,
        "image": lambda part: _media(part, media, "图片"),
        "voice": lambda part: _media(part, media, "语音"),
        "news": _news,
        "msgmenu": _menu,
    }
    if kind not in readers:
        raise ApiError(40008)
    part = body.get(kind)
    if not isinstance(part, dict):
        raise ApiError(40035)
    return kind, readers[kind](part)


def _text(part: dict[str, Any]) -> str:
    content = part.get("content")
    if not isinstance(content, str) or not content.strip():
        raise ApiError(44004)
    return _measured(content)


def _media(part: dict[str, Any], media: MediaStore, label: str) -> str:
    media_id = part.get("media_id")
    return f"[{label}] {media.get(media_id if isinstance(media_id, str) else '').media_id}"


def _news(part: dict[str, Any]) -> str:
    articles = part.get("articles")
    if not isinstance(articles, list) or not articles:
        raise ApiError(44004)
    if len(articles) > _ARTICLES:
        raise ApiError(45008)
    article = articles[0]
    if not isinstance(article, dict) or not article.get("title"):
        raise ApiError(40035)
    return _measured(f"[图文] {article['title']} {article.get('url', '')}".rstrip())


def _menu(part: dict[str, Any]) -> str:
    items = part.get("list")
    if not isinstance(items, list) or not items:
        raise ApiError(44004)
    lines = [str(part.get("head_content", ""))]
    for item in items:
        if not isinstance(item, dict) or not item.get("content") or item.get("id") in (None, ""):
            raise ApiError(40035)
        lines.append(f"[{item['id']}] {item['content']}")
    lines.append(str(part.get("tail_content", "")))
    return _measured("\n".join(line for line in lines if line))


def _measured(text: str) -> str:
    if len(text.encode()) > TEXT_BYTES:
        raise ApiError(45002)
    return text
