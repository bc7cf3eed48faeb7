"""The menu below the conversation.

Rules: https://developers.weixin.qq.com/doc/offiaccount/Custom_Menus/Creating_Custom-Defined_Menu.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.wechat_platform.errors import ApiError

BUTTONS = 3
SUB_BUTTONS = 5
_KEY_BYTES = 128
_URL_BYTES = 1024
_SCANS = frozenset({"scancode_push", "scancode_waitmsg"})
_PICTURES = frozenset({"pic_sysphoto", "pic_photo_or_album", "pic_weixin"})
_KEYED = frozenset({"click", "location_select"}) | _SCANS | _PICTURES
_NEEDS = {
    "view": ("url",),
    "miniprogram": ("url", "appid", "pagepath"),
    "media_id": ("media_id",),
    "view_limited": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
}


@dataclass(frozen=True)
class _Codes:
    """The codes for one level of the menu, and the bytes its names may have."""

    kind: int
    name: int
    key: int
    url: int
    name_bytes: int


_TOP = _Codes(kind=40017, name=40018, key=40019, url=40020, name_bytes=16)
_SUB = _Codes(kind=40024, name=40025, key=40026, url=40027, name_bytes=60)


def checked_menu(menu: Any) -> dict[str, Any]:
    """The menu as it is kept and given back; raises ApiError with the code of the first fault."""
    buttons = menu.get("button") if isinstance(menu, dict) else None
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= BUTTONS:
        raise ApiError(40016)
    return {"button": [_top(button) for button in buttons]}


def _top(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise ApiError(40017)
    under = button.get("sub_button")
    if not under:
        return {**_button(button, _TOP), "sub_button": []}
    if not isinstance(under, list) or len(under) > SUB_BUTTONS:
        raise ApiError(40023)
    _measure(button.get("name"), _TOP.name_bytes, _TOP.name)
    return {"name": button["name"], "sub_button": [_sub(one) for one in under]}


def _sub(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise ApiError(40024)
    if button.get("sub_button"):
        raise ApiError(40022)
    return {**_button(button, _SUB), "sub_button": []}


def _button(button: dict[str, Any], codes: _Codes) -> dict[str, Any]:
    kind = button.get("type")
    if kind not in _KEYED and kind not in _NEEDS:
        raise ApiError(codes.kind)
    _measure(button.get("name"), codes.name_bytes, codes.name)
    if kind in _KEYED:
        _measure(button.get("key"), _KEY_BYTES, codes.key)
    for name in _NEEDS.get(str(kind), ()):
        _measure(button.get(name), _URL_BYTES, codes.url if name == "url" else 40035)
    return {name: value for name, value in button.items() if name != "sub_button"}


def _measure(value: Any, limit: int, code: int) -> None:
    if not isinstance(value, str) or not 1 <= len(value.encode()) <= limit:
        raise ApiError(code)
