"""Temporary media: kept for three days.

Rules: https://developers.weixin.qq.com/doc/offiaccount/Asset_Management/New_temporary_materials.html and
https://developers.weixin.qq.com/doc/offiaccount/Asset_Management/Get_temporary_materials.html
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from tests.wechat_platform.clock import Clock
from tests.wechat_platform.errors import ApiError

_LASTS = 3 * 24 * 3600
_LIMITS = {
    "image": (10 * 1024 * 1024, 40009),
    "voice": (2 * 1024 * 1024, 40010),
    "video": (10 * 1024 * 1024, 40011),
    "thumb": (64 * 1024, 40012),
}


@dataclass(frozen=True)
class Media:
    """One file."""

    media_id: str
    kind: str
    data: bytes
    content_type: str
    created: int


class MediaStore:
    """The files of one account and of its followers."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, Media] = {}

    def add(self, kind: str, data: bytes, content_type: str) -> Media:
        """Keep a file: 40004 for an unknown kind, 41005 for nothing, a code of its own for too much of each kind."""
        if kind not in _LIMITS:
            raise ApiError(40004)
        if not data:
            raise ApiError(41005)
        limit, code = _LIMITS[kind]
        if len(data) > limit:
            raise ApiError(code)
        media = Media(secrets.token_urlsafe(48), kind, data, content_type, int(self._clock.now()))
        self._kept[media.media_id] = media
        return media

    def get(self, media_id: str) -> Media:
        """A file, or 41006 without an identifier and 40007 for a wrong or outdated one."""
        if not media_id:
            raise ApiError(41006)
        media = self._kept.get(media_id)
        if media is None or media.created + _LASTS <= self._clock.now():
            raise ApiError(40007)
        return media
