"""The account's menu from a file (自定义菜单). A press asks the question in ``ask`` or opens ``url``.

Limits: https://developers.weixin.qq.com/doc/offiaccount/Custom_Menus/Creating_Custom-Defined_Menu.html
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli

from bot.errors import HotlineError

_MOST, _MOST_BELOW = 3, 5
_NAME, _NAME_BELOW, _KEY, _URL = 16, 60, 128, 1024  # bytes


def read_menu(path: Path, site: str) -> dict[str, Any]:
    """Return the menu in ``path`` as the platform wants it; ``{site}`` in an address becomes ``site``.

    Raises HotlineError naming the button that breaks a rule of the platform.
    """
    try:
        buttons = tomli.loads(path.read_text(encoding="utf-8"))["button"]
    except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError, KeyError) as error:
        raise HotlineError(f"菜单文件 {path} 读不出来：{error}。应有一到三个 [[button]]。") from error
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= _MOST:
        raise HotlineError(f"菜单应有一到{_MOST}个一级按钮。")
    return {"button": [_button(button, site, top=True) for button in buttons]}


def _button(button: Any, site: str, *, top: bool) -> dict[str, Any]:
    name = button.get("name") if isinstance(button, Mapping) else None
    if not isinstance(name, str) or not name.strip():
        raise HotlineError("菜单里有按钮没有 name。")
    _require_short(name, name, _NAME if top else _NAME_BELOW, "名称")
    below, ask, url = button.get("button"), button.get("ask"), button.get("url")
    if sum(value is not None for value in (below, ask, url)) != 1:
        raise HotlineError(f"菜单按钮“{name}”应有 ask、url、子按钮三者之一。")
    if below is not None:
        if not top or not isinstance(below, list) or not 1 <= len(below) <= _MOST_BELOW:
            raise HotlineError(f"菜单按钮“{name}”的子按钮应有一到{_MOST_BELOW}个，且只能有两级。")
        return {"name": name, "sub_button": [_button(child, site, top=False) for child in below]}
    if ask is not None:
        _require_short(name, str(ask), _KEY, "问题")
        return {"type": "click", "name": name, "key": str(ask)}
    address = str(url).replace("{site}", site)
    _require_short(name, address, _URL, "地址")
    if not address.startswith(("https://", "http://")):
        raise HotlineError(f"菜单按钮“{name}”的地址应以 https:// 开头。")
    return {"type": "view", "name": name, "url": address}


def _require_short(name: str, text: str, longest: int, what: str) -> None:
    if not 0 < len(text.encode()) <= longest:
        raise HotlineError(f"菜单按钮“{name}”的{what}应为 1 到 {longest} 个字节（一个汉字 3 个字节）。")
