"""Reading what the platform posts and writing the passive reply (被动回复): signatures, encryption, XML.

Rules: https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html,
.../Receiving_event_pushes.html, .../Passive_user_reply_message.html, .../Message_encryption_and_decryption.html
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.replies import TextReply
from wechatpy.utils import check_signature

from bot.channels.wechat.account import Account
from bot.channels.wechat.wording import printable
from bot.errors import HotlineError

_WINDOW = 300  # seconds that a request may be old, or ahead of our clock


class WechatRefused(HotlineError):
    """A request that the platform did not send, or that cannot be read; nothing of it is told to whoever sent it."""


class What(Enum):
    """What a follower did, as far as we act on it."""

    TEXT = "text"
    VOICE = "voice"
    IMAGE = "image"
    LOCATION = "location"
    LINK = "link"
    UNREADABLE = "unreadable"  # a video and the like
    CLICK = "click"
    SUBSCRIBE = "subscribe"
    SCAN = "scan"
    UNSUBSCRIBE = "unsubscribe"
    OTHER = "other"  # what needs no answer


@dataclass(frozen=True)
class Incoming:
    """One push. ``id`` is the same when it is sent again; ``text`` is what was said, typed, named or pressed."""

    what: What
    openid: str
    id: str
    text: str = ""
    message: Any = field(default=None, repr=False)  # wechatpy's, to reply to


def echo(account: Account, query: Mapping[str, str], now: float) -> str:
    """Return what the platform wants back when the address is entered there. Raises WechatRefused."""
    _require_signature(account, query, now)
    return query.get("echostr", "")


def read_push(account: Account, query: Mapping[str, str], body: bytes, now: float) -> Incoming:
    """Return what the platform says in ``body`` at ``now``, in seconds since 1970.

    An account that encrypts takes nothing else; of a push in both forms only the encrypted one is believed.
    Raises WechatRefused.
    """
    _require_signature(account, query, now)
    encrypted = query.get("encrypt_type") == "aes"
    if encrypted != (account.mode != "plain"):
        raise WechatRefused("encrypted" if encrypted else "not encrypted")
    try:
        xml = body.decode("utf-8")
        if encrypted:
            xml = _crypto(account).decrypt_message(
                xml, query.get("msg_signature", ""), query.get("timestamp", ""), query.get("nonce", "")
            )
        content = xmltodict.parse(xml, disable_entities=True)["xml"]
        message = parse_message(xml)
        return _incoming(message, content)
    except (InvalidSignatureException, InvalidAppIdException) as error:
        raise WechatRefused(type(error).__name__) from error
    except (ExpatError, ValueError, KeyError, TypeError, AttributeError, RecursionError, AssertionError) as error:
        raise WechatRefused(f"unreadable: {type(error).__name__}") from error


def passive_reply(account: Account, incoming: Incoming, text: str, now: float) -> str:
    """Return the XML that says ``text`` to the follower over their own request."""
    xml: str = TextReply(message=incoming.message, content=printable(text), time=int(now)).render()
    if account.mode == "plain":
        return xml
    sealed: str = _crypto(account).encrypt_message(xml, secrets.token_hex(8), str(int(now)))
    return sealed


def _require_signature(account: Account, query: Mapping[str, str], now: float) -> None:
    timestamp = query.get("timestamp", "")
    try:
        check_signature(account.token, query.get("signature", ""), timestamp, query.get("nonce", ""))
    except InvalidSignatureException as error:
        raise WechatRefused("signature") from error
    if not timestamp.isdigit() or abs(now - int(timestamp)) > _WINDOW:
        raise WechatRefused("too old or too new")


def _crypto(account: Account) -> WeChatCrypto:
    return WeChatCrypto(account.token, account.aes_key, account.appid)


def _incoming(message: Any, content: Mapping[str, Any]) -> Incoming:
    """Return what ``message`` means; ``content`` are the fields it was made from."""
    what, text = _MEANING.get(str(content["MsgType"]).lower(), _unreadable)(content)
    return Incoming(what, str(content["FromUserName"]), _id_of(content), text.strip(), message)


def _id_of(content: Mapping[str, Any]) -> str:
    """Return what is the same when a push is sent again. Two events of one second differ in kind or key."""
    if number := content.get("MsgId"):
        return f"wx-{number}-{content.get('CreateTime')}"
    what = f"{content.get('Event')} {content.get('EventKey')} {content.get('Ticket')}"
    return f"wx-{content.get('CreateTime')}-{hashlib.sha256(what.encode()).hexdigest()[:12]}"


def _event(content: Mapping[str, Any]) -> tuple[What, str]:
    kind, key = str(content.get("Event") or "").lower(), str(content.get("EventKey") or "")
    if kind == "subscribe":
        return What.SUBSCRIBE, key.removeprefix("qrscene_")
    found = {"scan": What.SCAN, "click": What.CLICK, "unsubscribe": What.UNSUBSCRIBE}
    return found.get(kind, What.OTHER), key


def _text(content: Mapping[str, Any]) -> tuple[What, str]:
    return What.TEXT, str(content.get("Content") or "")


def _voice(content: Mapping[str, Any]) -> tuple[What, str]:
    return What.VOICE, str(content.get("Recognition") or "")


def _image(content: Mapping[str, Any]) -> tuple[What, str]:
    return What.IMAGE, str(content.get("PicUrl") or "")


def _location(content: Mapping[str, Any]) -> tuple[What, str]:
    return What.LOCATION, str(content.get("Label") or "")


def _link(content: Mapping[str, Any]) -> tuple[What, str]:
    return What.LINK, str(content.get("Title") or content.get("Description") or "")


def _unreadable(content: Mapping[str, Any]) -> tuple[What, str]:
    return What.UNREADABLE, ""


_MEANING = {
    "text": _text, "voice": _voice, "image": _image, "location": _location, "link": _link, "event": _event,
}  # fmt: skip
