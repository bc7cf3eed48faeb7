"""What the platform pushes to an account's address: every kind of message and event, as XML.

Rules: https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html,
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_event_pushes.html,
https://developers.weixin.qq.com/doc/offiaccount/Custom_Menus/Custom_Menu_Push_Events.html and
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Template_Message_Interface.html
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from tests.wechat_platform.account import Account
from tests.wechat_platform.clock import Clock
from tests.wechat_platform.followers import Interaction

Value = str | int | float
_FIRST_ID = 24_500_000_000_000_001  # 64 bits, above what a double holds exactly


@dataclass(frozen=True)
class Message:
    """One push. ``shown`` is what the follower sees of the act; ``opens`` the allowance it gives the account."""

    openid: str
    original_id: str
    create_time: int
    kind: str
    fields: tuple[tuple[str, Value], ...]
    shown: str
    opens: Interaction | None = None

    @property
    def event(self) -> str:
        """The event's name, or nothing for a message."""
        return str(dict(self.fields).get("Event", ""))

    @property
    def dedupe_key(self) -> str:
        """What the platform advises to recognise a retry by."""
        given = dict(self.fields)
        return str(given["MsgId"]) if "MsgId" in given else f"{self.openid}{self.create_time}"

    def xml(self, encrypted: str = "") -> str:
        """The push in the clear; with ``encrypted`` as the compatible mode sends it."""
        head: list[tuple[str, Value]] = [
            ("ToUserName", self.original_id),
            ("FromUserName", self.openid),
            ("CreateTime", self.create_time),
            ("MsgType", self.kind),
        ]
        tail: list[tuple[str, Value]] = [("Encrypt", encrypted)] if encrypted else []
        return to_xml([*head, *self.fields, *tail])

    def envelope(self, encrypted: str) -> str:
        """The push as the safe mode sends it."""
        return to_xml([("ToUserName", self.original_id), ("Encrypt", encrypted)])


def to_xml(fields: list[tuple[str, Value]]) -> str:
    """Flat XML under ``xml``: strings in CDATA, numbers bare."""
    return "<xml>" + "".join(f"<{name}>{_written(value)}</{name}>" for name, value in fields) + "</xml>"


def _written(value: Value) -> str:
    if isinstance(value, str):
        return "<![CDATA[" + value.replace("]]>", "]]]]><![CDATA[>") + "]]>"
    return str(value)


class Composer:
    """Makes pushes for one account with identifiers and times of its own."""

    def __init__(self, account: Account, clock: Clock) -> None:
        self._account = account
        self._clock = clock
        self._ids = count(_FIRST_ID)

    def text(self, openid: str, content: str, menu_id: str = "") -> Message:
        """A typed message; with ``menu_id`` a tap on an item of a menu message, which counts as a menu click."""
        fields: list[tuple[str, Value]] = [("Content", content)]
        if menu_id:
            fields.append(("bizmsgmenuid", menu_id))
        opens = Interaction.MENU if menu_id else Interaction.MESSAGE
        return self._message(openid, "text", fields, content, opens)

    def voice(self, openid: str, media_id: str, recognition: str | None = None, audio: str = "amr") -> Message:
        """A spoken message; ``recognition`` is present only where the account has speech recognition switched on."""
        fields: list[tuple[str, Value]] = [("MediaId", media_id), ("Format", audio)]
        if recognition is not None:
            fields.append(("Recognition", recognition))
        return self._message(openid, "voice", fields, f"[语音] {recognition or ''}".strip())

    def image(self, openid: str, media_id: str, url: str = "http://mmbiz.qpic.cn/picture/0") -> Message:
        """A picture."""
        return self._message(openid, "image", [("PicUrl", url), ("MediaId", media_id)], "[图片]")

    def video(self, openid: str, media_id: str, thumb_media_id: str, short: bool = False) -> Message:
        """A film, or a short one."""
        fields: list[tuple[str, Value]] = [("MediaId", media_id), ("ThumbMediaId", thumb_media_id)]
        return self._message(openid, "shortvideo" if short else "video", fields, "[视频]")

    def location(self, openid: str, latitude: float, longitude: float, label: str, scale: int = 16) -> Message:
        """A place that the follower chose on the map."""
        fields: list[tuple[str, Value]] = [
            ("Location_X", latitude),
            ("Location_Y", longitude),
            ("Scale", scale),
            ("Label", label),
        ]
        return self._message(openid, "location", fields, f"[位置] {label}")

    def link(self, openid: str, title: str, description: str, url: str) -> Message:
        """A shared page."""
        fields: list[tuple[str, Value]] = [("Title", title), ("Description", description), ("Url", url)]
        return self._message(openid, "link", fields, f"[链接] {title}")

    def subscribe(self, openid: str, scene: str = "", ticket: str = "TICKET") -> Message:
        """Following the account; with ``scene`` by scanning a code with a parameter."""
        fields: list[tuple[str, Value]] = []
        if scene:
            fields = [("EventKey", f"qrscene_{scene}"), ("Ticket", ticket)]
        return self._event(openid, "subscribe", fields, "[关注]", Interaction.SUBSCRIBE)

    def unsubscribe(self, openid: str) -> Message:
        """Leaving the account."""
        return self._event(openid, "unsubscribe", [], "[取消关注]")

    def scan(self, openid: str, scene: str, ticket: str = "TICKET") -> Message:
        """A follower's scan of a code with a parameter."""
        fields: list[tuple[str, Value]] = [("EventKey", scene), ("Ticket", ticket)]
        return self._event(openid, "SCAN", fields, f"[扫码] {scene}", Interaction.SCAN)

    def click(self, openid: str, key: str) -> Message:
        """A tap on a menu button that pushes an event."""
        return self._event(openid, "CLICK", [("EventKey", key)], f"[菜单] {key}", Interaction.MENU)

    def view(self, openid: str, url: str, menu_id: str = "101") -> Message:
        """A tap on a menu button that opens a page; it opens no allowance."""
        return self._event(openid, "VIEW", [("EventKey", url), ("MenuId", menu_id)], f"[打开网页] {url}")

    def report_location(self, openid: str, latitude: float, longitude: float, precision: float = 30.0) -> Message:
        """The place that the app reports by itself."""
        fields: list[tuple[str, Value]] = [
            ("Latitude", latitude),
            ("Longitude", longitude),
            ("Precision", precision),
        ]
        return self._event(openid, "LOCATION", fields, "")

    def template_finished(self, openid: str, message_id: int, status: str = "success") -> Message:
        """The end of a template message's delivery."""
        fields: list[tuple[str, Value]] = [("MsgID", message_id), ("Status", status)]
        return self._event(openid, "TEMPLATESENDJOBFINISH", fields, "")

    def _message(
        self,
        openid: str,
        kind: str,
        fields: list[tuple[str, Value]],
        shown: str,
        opens: Interaction = Interaction.MESSAGE,
    ) -> Message:
        return self._made(openid, kind, [*fields, ("MsgId", next(self._ids))], shown, opens)

    def _event(
        self, openid: str, name: str, fields: list[tuple[str, Value]], shown: str, opens: Interaction | None = None
    ) -> Message:
        return self._made(openid, "event", [("Event", name), *fields], shown, opens)

    def _made(
        self, openid: str, kind: str, fields: list[tuple[str, Value]], shown: str, opens: Interaction | None
    ) -> Message:
        made = int(self._clock.now())
        return Message(openid, self._account.original_id, made, kind, tuple(fields), shown, opens)
