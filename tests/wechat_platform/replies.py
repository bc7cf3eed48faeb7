"""Reads the answer to a push as strictly as the platform does.

Rules: https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html and
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Message_encryption_and_decryption_instructions.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

from tests.wechat_platform.account import Account, Mode
from tests.wechat_platform.crypto import CipherError, same, signature
from tests.wechat_platform.messages import Message

TEXT_BYTES = 2048
_HEAD = frozenset({"ToUserName", "FromUserName", "CreateTime", "MsgType"})
_ARTICLES = 8
_ONE_ARTICLE_KINDS = frozenset({"text", "image", "voice", "video", "shortvideo", "location"})


class ReplyError(ValueError):
    """An answer that the follower never sees; the reason is worded for the person at the prompt."""


@dataclass(frozen=True)
class Reply:
    """An accepted answer: ``text`` is what the follower sees."""

    kind: str
    text: str
    encrypted: bool
    xml: str


def read_reply(body: bytes, message: Message, account: Account) -> Reply | None:
    """The reply in an answer, None for an empty one or ``success``; raises ReplyError for anything else."""
    if body in (b"", b"success"):
        return None
    root = _parsed(body)
    encrypted = root.find("Encrypt") is not None
    if encrypted:
        body = _opened(root, account)
        root = _parsed(body)
    elif account.mode is Mode.SAFE:
        raise ReplyError("安全模式下回复必须加密，收到的是明文")
    kind, text = _checked(root, message)
    return Reply(kind, text, encrypted, body.decode())


def _parsed(body: bytes) -> ElementTree.Element:
    try:
        text = body.decode()
    except UnicodeDecodeError as fault:
        raise ReplyError("回复不是 UTF-8 编码") from fault
    if "<!DOCTYPE" in text.split("<![CDATA[", 1)[0]:
        raise ReplyError("回复的 XML 不得含有 DOCTYPE")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as fault:
        raise ReplyError(f"回复不是格式正确的 XML（{fault}），正文含有 ]]> 时须拆分 CDATA") from fault
    if root.tag != "xml":
        raise ReplyError(f"回复的根元素是 {root.tag}，应为 xml")
    return root


def _opened(root: ElementTree.Element, account: Account) -> bytes:
    if account.mode is Mode.PLAIN:
        raise ReplyError("明文模式下收到了加密的回复，请核对两边的加解密方式")
    _only(root, {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"})
    parts = [_text(root, name) for name in ("TimeStamp", "Nonce", "Encrypt")]
    if not parts[0].isdigit():
        raise ReplyError("TimeStamp 不是数字")
    if not same(signature(account.token, *parts), _text(root, "MsgSignature")):
        raise ReplyError("MsgSignature 不对，请核对服务端配置的 Token")
    try:
        return account.cipher.decrypt(parts[2])
    except CipherError as fault:
        raise ReplyError(str(fault)) from fault


def _checked(root: ElementTree.Element, message: Message) -> tuple[str, str]:
    if _text(root, "ToUserName") != message.openid:
        raise ReplyError("ToUserName 不是发消息的用户的 OpenID，收发双方须对调")
    if _text(root, "FromUserName") != message.original_id:
        raise ReplyError("FromUserName 不是公众号的原始 ID，收发双方须对调")
    created = _text(root, "CreateTime")
    if not (created.isascii() and created.isdigit()):
        raise ReplyError("CreateTime 不是数字")
    kind = _text(root, "MsgType")
    if kind == "news":
        return kind, _news(root, message)
    if kind not in _READERS:
        raise ReplyError(f"不支持的 MsgType：{kind}")
    return kind, _READERS[kind](root)


def _text_reply(root: ElementTree.Element) -> str:
    _only(root, _HEAD | {"Content"})
    content = _text(root, "Content")
    size = len(content.encode())
    if size > TEXT_BYTES:
        raise ReplyError(f"Content 有 {size} 字节，超过 {TEXT_BYTES} 字节，请分条或截短")
    return content


def _media_reply(element: str, required: tuple[str, ...], label: str) -> Callable[[ElementTree.Element], str]:
    def read(root: ElementTree.Element) -> str:
        _only(root, _HEAD | {element})
        inner = _child(root, element)
        _only(inner, {"MediaId", "Title", "Description", "MusicUrl", "HQMusicUrl", "ThumbMediaId"})
        return " ".join([f"[{label}]", *(_text(inner, name) for name in required)])

    return read


def _handed_over(root: ElementTree.Element) -> str:
    _only(root, _HEAD | {"TransInfo"})
    return ""


_READERS: dict[str, Callable[[ElementTree.Element], str]] = {
    "text": _text_reply,
    "image": _media_reply("Image", ("MediaId",), "图片"),
    "voice": _media_reply("Voice", ("MediaId",), "语音"),
    "video": _media_reply("Video", ("MediaId",), "视频"),
    "music": _media_reply("Music", ("ThumbMediaId",), "音乐"),
    "transfer_customer_service": _handed_over,
}


def _news(root: ElementTree.Element, message: Message) -> str:
    """Article replies: one article to a message of a follower, up to eight elsewhere."""
    _only(root, _HEAD | {"ArticleCount", "Articles"})
    items = list(_child(root, "Articles"))
    limit = 1 if message.kind in _ONE_ARTICLE_KINDS else _ARTICLES
    if _text(root, "ArticleCount") != str(len(items)):
        raise ReplyError("ArticleCount 与图文条数不一致")
    if not 1 <= len(items) <= limit:
        raise ReplyError(f"图文有 {len(items)} 条，此处只能有 1 到 {limit} 条")
    for item in items:
        if item.tag != "item":
            raise ReplyError(f"Articles 中只能有 item，出现了 {item.tag}")
        _only(item, {"Title", "Description", "PicUrl", "Url"})
    return "\n".join(f"[图文] {_text(item, 'Title')} {_text(item, 'Url')}" for item in items)


def _only(parent: ElementTree.Element, names: frozenset[str] | set[str]) -> None:
    """Refuse unknown and repeated elements: text that broke out of its CDATA section brings them."""
    seen: set[str] = set()
    for child in parent:
        if child.tag not in names:
            raise ReplyError(f"多出元素 {child.tag}，正文可能冲出了 CDATA")
        if child.tag in seen:
            raise ReplyError(f"元素 {child.tag} 重复，正文可能冲出了 CDATA")
        seen.add(child.tag)
    if (parent.text or "").strip() or any((child.tail or "").strip() for child in parent):
        raise ReplyError(f"元素 {parent.tag} 中有游离的文字，正文可能冲出了 CDATA")


def _child(parent: ElementTree.Element, name: str) -> ElementTree.Element:
    child = parent.find(name)
    if child is None:
        raise ReplyError(f"缺少 {name}")
    return child


def _text(parent: ElementTree.Element, name: str) -> str:
    child = _child(parent, name)
    if len(child) or not (child.text or "").strip():
        raise ReplyError(f"{name} 为空或含有子元素；不回复时应返回空串或 success")
    return child.text or ""
