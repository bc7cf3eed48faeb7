"""What an operator fills in on the platform's settings pages.

Rules: https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Access_Overview.html
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from enum import Enum

from tests.wechat_platform.crypto import CipherError, MessageCipher, decode_key

_TOKEN = re.compile(r"[A-Za-z0-9]{3,32}")


class Mode(Enum):
    """How messages travel: in the clear, in both forms, or encrypted only."""

    PLAIN = "plain"
    COMPATIBLE = "compatible"
    SAFE = "safe"


class AccountError(ValueError):
    """A setting that the platform's own page would refuse; the text names the remedy for whoever typed it."""


@dataclass
class Account:
    """One official account. ``custom_service`` is the right to send customer-service messages."""

    token: str = "hotline12345"
    appid: str = "wx0123456789abcdef"
    secret: str = "0123456789abcdef0123456789abcdef"
    aes_key: str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    original_id: str = "gh_0123456789ab"
    mode: Mode = Mode.PLAIN
    custom_service: bool = True
    allowed_ips: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if not _TOKEN.fullmatch(self.token):
            raise AccountError("Token 必须是 3 到 32 位英文或数字，请与服务端配置保持一致。")
        if self.mode is not Mode.PLAIN:
            try:
                decode_key(self.aes_key)
            except CipherError as fault:
                raise AccountError("EncodingAESKey 必须是 43 位英文或数字，请从公众平台原样复制。") from fault
            if not self.appid:
                raise AccountError("兼容模式和安全模式需要 AppID，请用 --appid 填写。")

    @property
    def cipher(self) -> MessageCipher:
        """The cipher of the modes that encrypt."""
        return MessageCipher(self.aes_key, self.appid)


def openid_of(name: str) -> str:
    """A well-formed openid, the same for the same name: 28 characters, the first an ``o``."""
    digest = hashlib.sha1(name.encode()).digest()
    return "o" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
