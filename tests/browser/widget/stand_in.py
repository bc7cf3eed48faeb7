"""A stand-in for the server behind the widget: speaks protocol v1 and plays a few scripted parts.

Its documents and answers are made up. To try the widget by hand: ``python -m tests.browser.widget.stand_in`` and open
the printed address.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

WIDGET = Path(__file__).parents[3] / "frontend" / "dist" / "widget.js"
STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:"
PLACES = {"jingzhou": "荆州市", "tianmen": "天门市"}
SUGGESTED = ["居住证怎么办理？", "督查事项要多久办结？", "医保报销要什么材料？", "公租房怎么申请？", "路灯坏了找谁？"]
FILES_LIMIT = 5 * 1024 * 1024

RESIDENCE = {
    "document_number": "荆政规〔2017〕2号", "title": "荆州市居住证制度实施细则", "provision": "第九条",
    "issued_on": "2017-07-25", "effective_from": "2017-08-01", "effective_until": "2022-08-01", "status": "expired",
    "quote": "公安机关应当自受理之日起15日内制作发放居住证；在偏远地区、交通不便的地区，制作发放时限可以延长，但不得超过30日。",
}  # fmt: skip
SUPERVISION = {
    "document_number": "荆政办发〔2023〕11号", "title": "荆州市政务督查工作办法", "provision": "第十二条",
    "issued_on": "2023-05-08", "effective_from": "2023-06-01", "effective_until": None, "status": "in_force",
    "quote": "督查事项一般应当在15个工作日内办结；情况复杂的，经批准可以延长10个工作日。",
}  # fmt: skip
EMERGENCY = (
    "请立即拨打119，先离开危险的地方，不要坐电梯，闻到燃气味时不要开关电器、不要点火。\n"
    "12345不处理紧急险情，请先打上面的电话；脱离危险后有需要再联系我。"
)
HOSTILE = (
    '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script><b>粗体</b>\n'
    "javascript:alert(1) [x](javascript:alert(1))"
)
RTL = "مرحبا بكم في الخط الساخن 12345 \u202eevil\u202c שלום"
LONG = "很长的回答" * 400


@dataclass
class Conversation:
    """One citizen's conversation and everyone connected to it."""

    token: str
    place: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=lambda: _state())
    listeners: list[Callable[[dict[str, Any]], None]] = field(default_factory=list)
    mailbox: list[dict[str, Any]] = field(default_factory=list)  # for the long poll: all but messages
    filing: str = ""  # the part of the work order that is asked
    draft: dict[str, str] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    seq: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, frame: dict[str, Any]) -> None:
        if frame["type"] != "message":
            self.mailbox.append(frame)
        for listener in list(self.listeners):
            listener(frame)
        self.changed.set()


def _state(holder: str = "bot", position: int | None = None, operator: str | None = None, closed: bool = False) -> Any:
    return {"holder": holder, "position": position, "operator": operator, "closed": closed}


def answer(text: str, citation: dict[str, Any] | None = None, kind: str = "answer", *buttons: str) -> dict[str, Any]:
    """Return what the bot says, as the real one words it."""
    citations = [citation] if citation else []
    if citation:
        text += f"\n依据：《{citation['title']}》（{citation['document_number']}）{citation['provision']}。"
        if citation["status"] == "expired":
            text += "注意：该文件有效期已于2022年8月1日届满，以上内容供参考，请以现行规定为准。"
    custom = {"kind": kind, "citations": citations, "confidence": 0.93, "entry": "x", "ledger": "0" * 32}
    return {"text": text, "custom": custom, "buttons": [{"title": b, "payload": b} for b in buttons]}


class StandIn:
    """The server. Tests look into ``received`` and turn its knobs; nothing in it is kept."""

    def __init__(self, widget: Path = WIDGET) -> None:
        self.origin = ""
        self.widget = widget
        self.conversations: dict[str, Conversation] = {}
        self.received: list[dict[str, Any]] = []
        self.files: list[tuple[str, int]] = []
        self.deaf = False  # takes frames and does nothing with them
        self.mute = False  # does its work and says nothing of it
        self.sockets_work = True
        self.delay = 0.05  # seconds the bot thinks
        self.policy = STRICT
        self.widget_origin = ""  # where the host page takes the widget from, its own origin by default
        self._sockets: set[web.WebSocketResponse] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.app = web.Application(client_max_size=FILES_LIMIT + 4096)
        routes: dict[str, Any] = {
            "/": self._host, "/page": self._page, "/blank": self._blank, "/host.css": self._css, "/host.js": self._js,
            "/widget.js": self._script, "/favicon.ico": self._icon, "/chat/socket": self._socket, "/chat/frames": self._poll,
        }  # fmt: skip
        self.app.add_routes([web.get(path, handler) for path, handler in routes.items()])
        self.app.add_routes([web.post("/chat/frames", self._post), web.post("/chat/files", self._file)])

    def said(self, text: str) -> int:
        """Return how often ``text`` was taken in as a new message."""
        return sum(m["text"] == text for c in self.conversations.values() for m in c.messages if m["from"] == "citizen")

    def got(self, kind: str) -> list[dict[str, Any]]:
        """Return the frames of ``kind`` that came in."""
        return [frame for frame in self.received if frame["type"] == kind]

    @property
    def only(self) -> Conversation:
        return next(reversed(self.conversations.values()))

    async def drop(self) -> None:
        """Cut every socket."""
        for socket in list(self._sockets):
            await socket.close(code=1001)

    # --- pages --------------------------------------------------------------------------------------------------

    async def _icon(self, _: web.Request) -> web.Response:
        return web.Response(status=204)

    async def _blank(self, _: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>.</title>", content_type="text/html")

    async def _script(self, _: web.Request) -> web.Response:
        headers = {
            "Content-Encoding": "gzip",
            "Cache-Control": "no-cache",
            "Content-Type": "text/javascript; charset=utf-8",
        }
        return web.Response(body=gzip.compress(self.widget.read_bytes(), 9), headers=headers)

    async def _css(self, _: web.Request) -> web.Response:
        """Rules of a rude page: none of them may reach the widget."""
        css = (
            "html{font-size:10px} body{margin:0;font:italic 30px/3 serif;color:#080;text-transform:uppercase;letter-spacing:5px}"
            "div,button,p,textarea,section,hotline-chat{margin:9px;padding:9px;background:#eee;color:#080 !important;display:inline-block}"
            "body.page{font:16px/1.5 sans-serif;text-transform:none;letter-spacing:0}"
            ".page div,.page hotline-chat{margin:0;padding:0;display:block;background:none}"
        )
        return web.Response(text=css, content_type="text/css")

    async def _js(self, _: web.Request) -> web.Response:
        return web.Response(
            text="window.shortcuts=0;addEventListener('keydown',e=>{if(e.key==='s')window.shortcuts++});"
            "window.violations=[];document.addEventListener('securitypolicyviolation',"
            "e=>violations.push(e.violatedDirective+' '+e.blockedURI+' '+e.sample));",
            content_type="text/javascript",
        )

    def _html(self, request: web.Request, body: str, more: str = "", css_class: str = "") -> web.Response:
        """Return a page with ``body`` and the widget; the query tells its attributes, ``more`` has those that go first."""
        given = {"jurisdiction": "jingzhou", **request.query}
        attributes = "".join(f' data-{name}="{value}"' for name, value in given.items())
        html = (
            '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>荆州市人民政府</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/host.css">'
            f'<script src="/host.js"></script></head><body class="{css_class}"><main>{body}</main>'
            f'<script src="{self.widget_origin}/widget.js"{more}{attributes} async></script></body></html>'
        )
        return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": self.policy})

    async def _host(self, request: web.Request) -> web.Response:
        heading = '<h1>荆州市人民政府</h1><p>公告栏</p><button id="host">页面上的按钮</button>'
        return self._html(request, heading)

    async def _page(self, request: web.Request) -> web.Response:
        instead = '<div id="hotline-chat"><p>请拨打 <a href="tel:12345">12345</a></p></div>'
        return self._html(request, instead, ' data-mode="page"', "page")

    # --- transport ----------------------------------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if not self.sockets_work:
            raise web.HTTPBadGateway
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        conversation: Conversation | None = None

        def send(frame: dict[str, Any]) -> None:
            if not self.mute:
                self._later(socket.send_json(frame))

        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                frame = json.loads(message.data)
                if frame["type"] == "hello":
                    conversation = self._hello(frame)
                    await socket.send_json(self._welcome(conversation, frame["after"]))
                    conversation.listeners.append(send)
                elif conversation:
                    self._take(conversation, frame)
        finally:
            self._sockets.discard(socket)
            if conversation and send in conversation.listeners:
                conversation.listeners.remove(send)
        return socket

    def _bearer(self, request: web.Request) -> Conversation:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.conversations:
            raise web.HTTPUnauthorized
        return self.conversations[token]

    async def _post(self, request: web.Request) -> web.Response:
        frame = await request.json()
        if frame["type"] == "hello":
            conversation = self._hello(frame)
            conversation.mailbox.clear()
            return web.json_response({"frames": [self._welcome(conversation, frame["after"])]})
        self._take(self._bearer(request), frame)
        return web.json_response({"frames": []})

    async def _poll(self, request: web.Request) -> web.Response:
        conversation, after = self._bearer(request), int(request.query["after"])
        frames: list[dict[str, Any]] = []
        for _ in range(2):
            frames = [
                {"type": "message", **m} for m in conversation.messages if m["seq"] > after
            ] + conversation.mailbox
            if frames:
                break
            conversation.changed.clear()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(conversation.changed.wait(), 25)
        conversation.mailbox = []
        return web.json_response({"frames": frames})

    async def _file(self, request: web.Request) -> web.Response:
        self._bearer(request)
        form = await request.post()
        uploaded: Any = form["file"]
        self.files.append((uploaded.content_type, len(uploaded.file.read())))
        name = secrets.token_hex(8)
        return web.json_response({"url": f"/chat/files/{name}", "name": uploaded.filename})

    # --- conversation -------------------------------------------------------------------------------------------

    def _hello(self, frame: dict[str, Any]) -> Conversation:
        self.received.append(frame)
        token = frame["token"]
        if token not in self.conversations:
            token = secrets.token_hex(16)
            self.conversations[token] = Conversation(token, PLACES.get(frame["jurisdiction"], ""))
        return self.conversations[token]

    @staticmethod
    def _welcome(conversation: Conversation, after: int) -> dict[str, Any]:
        return {
            "type": "welcome", "token": conversation.token, "place": conversation.place, "suggested": SUGGESTED,
            "messages": [m for m in conversation.messages if m["seq"] > after], "state": conversation.state,
        }  # fmt: skip

    def _take(self, conversation: Conversation, frame: dict[str, Any]) -> None:
        self.received.append(frame)
        if self.deaf:
            return
        kind = frame["type"]
        if kind in ("say", "choose"):
            if frame["id"] in conversation.ids:
                return
            text = frame["text"] if kind == "say" else frame["title"]
            if text == "敏感词":
                conversation.tell({"type": "error", "text": "这句话不能发送。", "id": frame["id"]})
                return
            conversation.ids.add(frame["id"])
            self.post(conversation, "citizen", text, id=frame["id"])
            if conversation.state["holder"] == "bot":
                self._later(self._answer(conversation, text if kind == "say" else frame["payload"]))
        elif kind == "typing" and frame["text"]:
            questions = [q for q in (*SUGGESTED, "居住证丢了怎么补？", "居住证要多少钱？") if frame["text"][:2] in q]
            conversation.tell({"type": "suggest", "for": frame["text"], "questions": questions})
        elif kind == "handoff":
            self._later(self._handoff(conversation))
        elif kind == "forget":
            del self.conversations[conversation.token]
            conversation.tell({"type": "forgotten"})
        elif kind == "ping":
            conversation.tell({"type": "pong"})

    def post(self, conversation: Conversation, who: str, text: str, **more: Any) -> None:
        """Put a message into the conversation."""
        conversation.seq += 1
        message = {
            "seq": conversation.seq, "id": None, "from": who, "name": None, "text": text, "custom": None, "buttons": [],
            "at": dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds"), **more,
        }  # fmt: skip
        conversation.messages.append(message)
        conversation.tell({"type": "message", **message})

    def state(self, conversation: Conversation, *args: Any, **named: Any) -> None:
        """Say who holds the conversation."""
        conversation.state = _state(*args, **named)
        conversation.tell({"type": "state", **conversation.state})

    async def _handoff(self, conversation: Conversation) -> None:
        self.post(conversation, "system", "已为您转接人工。")
        self.state(conversation, "queue", 2)
        await asyncio.sleep(self.delay * 10)
        self.state(conversation, "queue", 1)
        await asyncio.sleep(self.delay * 10)
        self.state(conversation, "operator", None, "话务员08号")
        conversation.tell({"type": "typing", "from": "operator"})
        await asyncio.sleep(self.delay * 4)
        self.post(conversation, "operator", "您好，我是话务员08号，请问有什么可以帮您？", name="话务员08号")

    async def _answer(self, conversation: Conversation, text: str) -> None:
        conversation.tell({"type": "typing", "from": "bot"})
        await asyncio.sleep(self.delay)
        self.post(conversation, "bot", **self._reply(conversation, text))

    def _reply(self, conversation: Conversation, text: str) -> dict[str, Any]:
        if any(word in text for word in ("着火", "救命")):
            return answer(EMERGENCY, None, "emergency")
        if text == "登记工单":
            conversation.filing = "where"
            return answer("已记下（事情）。发生在哪里？请说到街道、小区或门牌。", None, "work_order")
        if conversation.filing:
            return self._file_order(conversation, text)
        for word, reply in {
            "恶意": answer(HOSTILE, {**SUPERVISION, "title": "<u>x</u>", "quote": HOSTILE}, "answer", "<i>钮</i>"),
            "很长": answer(LONG, SUPERVISION),
            "阿拉伯": answer(RTL),
            "多久": answer("一般15天内办好，偏远地区不超过30天。\n材料不齐的，会一次告诉您要补什么。", RESIDENCE),
            "居住证": answer("可以到居住地派出所申请居住证。\n要带身份证、照片和住址证明（租房合同等）。\n咨询电话：0716-8253110。", RESIDENCE),
            "督查": answer(
                "我不能肯定您问的是哪一个，最接近的有：\n1. 督查事项要多久办结？\n一般15个工作日内办结。\n2. 督查结果向谁报告？\n向市政府报告。"
                "\n都不是的话，请换个说法，或回复“转人工”。", SUPERVISION, "clarify", "督查事项要多久办结？", "督查结果向谁报告？"),
            "火星": answer("没有查到火星移民局的签证怎么办理。", None, "unsupported"),
            "井盖": answer("这件事由城市管理局处理。\n因为您提到“井盖”。", SUPERVISION, "route", "登记工单"),
        }.items():  # fmt: skip
            if word in text:
                return reply
        return answer("您好，我是12345热线的智能助手。请说说您想问什么。", None, "chitchat")

    def _file_order(self, conversation: Conversation, text: str) -> dict[str, Any]:
        if text == "确认提交":
            conversation.filing = ""
            return answer("已登记，工单编号JZ202611230001。\n一个工作日内转交承办单位。", None, "work_order")
        for part in ("地点", "时间"):
            if text.startswith(f"{part}是："):
                conversation.draft[part] = text[3:]
        if text.startswith("1") or "不留电话" in text:
            conversation.draft["电话"] = text
        if text.startswith("http"):
            conversation.draft["照片"] = text
        if "电话" not in conversation.draft:
            return answer("已记下。还有呢？", None, "work_order")
        lines = "\n".join(f"{name}：{value}" for name, value in conversation.draft.items())
        return answer(f"请核对：\n{lines}\n没问题请回复“确认提交”。", None, "work_order", "确认提交", "取消登记")

    def _later(self, what: Any) -> None:
        async def run() -> None:
            with suppress(ConnectionError, RuntimeError):
                await what

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


if __name__ == "__main__":
    stand_in = StandIn()
    stand_in.delay = 0.6
    print("http://127.0.0.1:8099/  http://127.0.0.1:8099/page")
    web.run_app(stand_in.app, host="127.0.0.1", port=8099, print=None)
