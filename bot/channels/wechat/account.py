"""One official account as the settings describe it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.errors import HotlineError
from bot.settings import Settings


@dataclass(frozen=True)
class Account:
    """What the platform and we agreed on. ``encrypts``: messages must come encrypted; ``pushes``: it may send by itself."""

    mode: str
    token: str
    appid: str
    secret: str
    aes_key: str
    pushes: bool
    jurisdiction: str
    api: str

    def __repr__(self) -> str:
        return f"Account({self.appid}, {self.mode})"


def read_account(settings: Settings) -> Account | None:
    """Return the account of the settings, ``None`` where there is none. Raises HotlineError naming what is missing."""
    if settings.wechat_mode == "off":
        return None
    needed = {
        "HOTLINE_WECHAT_TOKEN": re.fullmatch(r"[A-Za-z0-9]{3,32}", settings.wechat_token),
        "HOTLINE_WECHAT_APPID": settings.wechat_appid,
        "HOTLINE_WECHAT_SECRET": settings.wechat_secret or not settings.wechat_push,
        "HOTLINE_WECHAT_AES_KEY": settings.wechat_mode == "plain"
        or re.fullmatch(r"[A-Za-z0-9]{43}", settings.wechat_aes_key),
    }
    if wrong := [name for name, right in needed.items() if not right]:
        raise HotlineError(
            f"公众号的设置不完整或不正确：{'、'.join(wrong)}。请照公众平台“设置与开发”里的“基本配置”填写，"
            "或设 HOTLINE_WECHAT_MODE=off 暂不接公众号。"
        )
    return Account(
        settings.wechat_mode, settings.wechat_token, settings.wechat_appid, settings.wechat_secret,
        settings.wechat_aes_key, settings.wechat_push, settings.wechat_jurisdiction or settings.jurisdiction,
        settings.wechat_api,
    )  # fmt: skip
