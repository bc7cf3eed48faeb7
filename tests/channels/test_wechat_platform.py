"""The stand-in for the official-account platform: known answers, retries, quotas, tokens and what it refuses.

The vectors named "published" stand on
https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Message_encryption_and_decryption_instructions.html
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.wechat_platform import (
    NOTICE,
    Account,
    AccountError,
    CipherError,
    Clock,
    Composer,
    Interaction,
    Kind,
    Message,
    MessageCipher,
    Mode,
    Outcome,
    Platform,
    ReplyError,
    openid_of,
    read_reply,
    signature,
)

ROOT = Path(__file__).resolve().parents[2]
ANN = openid_of("安")
ACCOUNT = Account()
PUBLISHED_KEY = "A" * 43  # stands for 32 zero bytes
PUBLISHED_APPID = "wxba5fad812f8e6fb9"
PUBLISHED_PUSH = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsX"
    "UnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajA"
    "sjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
PUBLISHED_REPLY = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class TinyAccount:
    """A server at an account's address: gives the prepared answers in order, the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[dict[str, str], str]] = []
        app = web.Application()
        app.router.add_route("*", "/wechat", self._serve)
        self.server = TestServer(app)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((dict(request.query), await request.text()))
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        return await answer(request)

    async def __aenter__(self) -> TinyAccount:
        await self.server.start_server()
        return self

    async def __aexit__(self, *_exception: Any) -> None:
        await self.server.close()

    @property
    def url(self) -> str:
        return str(self.server.make_url("/wechat"))


def saying(body: str, status: int = 200) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=body, status=status)

    return answer


def after(seconds: float, then: Answer) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await then(request)

    return answer


async def hanging_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def echoing(request: web.Request) -> web.StreamResponse:
    return web.Response(text=request.query["echostr"])


def reply(content: str = "<![CDATA[您好]]>", **changes: str) -> str:
    """A text reply to Ann, put together by hand."""
    parts = {
        "ToUserName": f"<![CDATA[{ANN}]]>",
        "FromUserName": f"<![CDATA[{ACCOUNT.original_id}]]>",
        "CreateTime": "1700000000",
        "MsgType": "<![CDATA[text]]>",
        "Content": content,
    } | changes
    return "<xml>" + "".join(f"<{name}>{value}</{name}>" for name, value in parts.items() if value != "-") + "</xml>"


def seal(message: bytes, encoding_key: str, appid: str, *, order: str = "big", block: int = 32) -> str:
    """The documented encryption, step by step and apart from the module under test."""
    key = base64.b64decode(encoding_key + "=")
    plain = b"0123456789abcdef" + len(message).to_bytes(4, order) + message + appid.encode()  # type: ignore[arg-type]
    missing = block - len(plain) % block
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([missing] * missing)) + encryptor.finalize()).decode()


def sealed_reply(inner: str, account: Account, **changes: str) -> str:
    encrypted = seal(inner.encode(), account.aes_key, changes.pop("appid", account.appid))
    signed = signature(changes.pop("token", account.token), "1700000000", "77", encrypted)
    return (
        f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt><MsgSignature><![CDATA[{signed}]]></MsgSignature>"
        "<TimeStamp>1700000000</TimeStamp><Nonce><![CDATA[77]]></Nonce></xml>"
    )


def said(account: Account = ACCOUNT) -> Message:
    return Composer(account, Clock()).text(ANN, "居住证怎么办")


def test_published_signatures() -> None:
    assert signature("AAAAA", "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"
    assert signature("AAAAA", "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"
    pushed = signature("AAAAA", "1714112445", "415670741", PUBLISHED_PUSH)
    assert pushed == "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
    replied = signature("AAAAA", "1713424427", "415670741", PUBLISHED_REPLY)
    assert replied == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"


def test_published_ciphertexts() -> None:
    cipher = MessageCipher(PUBLISHED_KEY, PUBLISHED_APPID)
    pushed = json.loads(cipher.decrypt(PUBLISHED_PUSH))
    assert (pushed["CreateTime"], pushed["debug_str"]) == (1714112445, "hello world")
    assert cipher.encrypt(b'{"demo_resp":"good luck"}', prefix=b"707722b803182950") == PUBLISHED_REPLY


@pytest.mark.parametrize("length", [0, 1, 25, 26, 27, 100, 5000])
def test_ciphertexts_made_by_hand(length: int) -> None:
    cipher = MessageCipher(ACCOUNT.aes_key, ACCOUNT.appid)
    message = ("居" * length).encode()
    by_hand = seal(message, ACCOUNT.aes_key, ACCOUNT.appid)
    assert cipher.encrypt(message, prefix=b"0123456789abcdef") == by_hand
    assert cipher.decrypt(by_hand) == message
    assert cipher.encrypt(message) != cipher.encrypt(message)
    assert len(base64.b64decode(cipher.encrypt(message))) % 32 == 0


@pytest.mark.parametrize(
    ("encrypted", "reason"),
    [
        ("不是", "Base64"),
        ("", "倍数"),
        (seal(b"hello", ACCOUNT.aes_key, ACCOUNT.appid, block=16), "倍数"),
        (seal(b"hello", ACCOUNT.aes_key, "wxanother"), "AppID"),
        (seal(b"hello", ACCOUNT.aes_key, ACCOUNT.appid, order="little"), "网络字节序"),
        (seal(b"hello", "B" * 43, ACCOUNT.appid), "EncodingAESKey"),
    ],
    ids=["no base64", "empty", "padded to 16", "wrong appid", "little endian", "wrong key"],
)
def test_bad_ciphertexts(encrypted: str, reason: str) -> None:
    with pytest.raises(CipherError, match=reason):
        ACCOUNT.cipher.decrypt(encrypted)


@pytest.mark.parametrize("wrong", [{"token": "ab"}, {"token": "有"}, {"mode": Mode.SAFE, "aes_key": "short"}])
def test_bad_settings(wrong: dict[str, Any]) -> None:
    with pytest.raises(AccountError):
        Account(**wrong)


def test_every_kind_of_message() -> None:
    compose = Composer(ACCOUNT, Clock(start=1_700_000_000))
    kinds: dict[str, tuple[Message, dict[str, str]]] = {
        "text": (compose.text(ANN, "a]]>b&<c>"), {"MsgType": "text", "Content": "a]]>b&<c>"}),
        "menu item": (compose.text(ANN, "满意", "101"), {"bizmsgmenuid": "101"}),
        "voice": (compose.voice(ANN, "m"), {"MsgType": "voice", "MediaId": "m", "Format": "amr"}),
        "recognised": (compose.voice(ANN, "m", "居住证"), {"Recognition": "居住证"}),
        "image": (compose.image(ANN, "m"), {"MsgType": "image", "MediaId": "m"}),
        "video": (compose.video(ANN, "m", "t"), {"MsgType": "video", "ThumbMediaId": "t"}),
        "location": (compose.location(ANN, 30.35, 112.19, "荆州"), {"Location_X": "30.35", "Label": "荆州"}),
        "link": (compose.link(ANN, "t", "d", "u"), {"MsgType": "link", "Url": "u"}),
        "subscribe": (compose.subscribe(ANN), {"MsgType": "event", "Event": "subscribe"}),
        "by code": (compose.subscribe(ANN, "7"), {"Event": "subscribe", "EventKey": "qrscene_7", "Ticket": "TICKET"}),
        "unsubscribe": (compose.unsubscribe(ANN), {"Event": "unsubscribe"}),
        "scan": (compose.scan(ANN, "7"), {"Event": "SCAN", "EventKey": "7"}),
        "click": (compose.click(ANN, "K"), {"Event": "CLICK", "EventKey": "K"}),
        "view": (compose.view(ANN, "http://u"), {"Event": "VIEW", "EventKey": "http://u"}),
        "place": (compose.report_location(ANN, 30.3, 112.2), {"Event": "LOCATION", "Latitude": "30.3"}),
        "template": (compose.template_finished(ANN, 9), {"Event": "TEMPLATESENDJOBFINISH", "MsgID": "9"}),
    }
    identifiers = set()
    for name, (message, expected) in kinds.items():
        found = {child.tag: child.text for child in ElementTree.fromstring(message.xml())}
        common = {"ToUserName": ACCOUNT.original_id, "FromUserName": ANN, "CreateTime": "1700000000"}
        assert found.items() >= (expected | common).items(), name
        assert ("MsgId" in found) == (found["MsgType"] != "event"), name
        assert ("Recognition" in found) == (name == "recognised")
        identifiers.add(found.get("MsgId"))
    assert len(identifiers) == 9  # eight messages, and None for all events
    assert kinds["click"][0].dedupe_key == f"{ANN}1700000000"
    assert len(ANN) == 28
    assert ANN.startswith("o")


@pytest.mark.parametrize("body", [b"", b"success"])
def test_no_passive_reply(body: bytes) -> None:
    assert read_reply(body, said(), ACCOUNT) is None


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("<![CDATA[您好]]>", "您好"),
        ("您好 &lt;a&gt;", "您好 <a>"),
        ("<![CDATA[a]]]]><![CDATA[>b]]>", "a]]>b"),
        ("<![CDATA[<a href='https://x'>办理</a>]]>", "<a href='https://x'>办理</a>"),
        (f"<![CDATA[{'居' * 682}ab]]>", "居" * 682 + "ab"),
    ],
)
def test_good_replies(content: str, shown: str) -> None:
    accepted = read_reply(reply(content).encode(), said(), ACCOUNT)
    assert accepted is not None
    assert (accepted.kind, accepted.text, accepted.encrypted) == ("text", shown, False)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"errcode":0}', "XML"),
        ("success\n", "XML"),
        ("<html></html>", "html"),
        (reply("<![CDATA[a]]>b]]>"), "CDATA"),
        (reply("<![CDATA[a]]></Content><Content><![CDATA[b]]>"), "Content 重复"),
        (reply("<![CDATA[a]]></Content><Url><![CDATA[b]]></Url><Content><![CDATA[c]]>"), "Url|重复"),
        (reply("<![CDATA[a]]></Content>b<Content>"), "重复|游离"),
        (reply("<![CDATA[a\x07b]]>"), "XML"),
        (reply("a & b"), "XML"),
        ("<!DOCTYPE xml [<!ENTITY a 'b'>]>" + reply("&a;"), "DOCTYPE"),
        (reply("<![CDATA[]]>"), "Content"),
        (reply(f"<![CDATA[{'居' * 683}]]>"), "2049 字节"),
        (reply(ToUserName=ACCOUNT.original_id, FromUserName=ANN), "ToUserName"),
        (reply(FromUserName="gh_other"), "FromUserName"),
        (reply(CreateTime="昨天"), "CreateTime"),
        (reply(MsgType="menu"), "MsgType"),
        (reply(MsgType="-"), "缺少 MsgType"),
        (reply(Content="-", MsgType="image"), "缺少 Image"),
        (sealed_reply(reply(), ACCOUNT), "明文模式"),
    ],
)
def test_replies_that_the_follower_never_sees(body: str, reason: str) -> None:
    with pytest.raises(ReplyError, match=reason):
        read_reply(body.encode(), said(), ACCOUNT)


def test_replies_of_other_kinds() -> None:
    item = "<item><Title>标题</Title><Description>d</Description><PicUrl>p</PicUrl><Url>u</Url></item>"
    news = {"MsgType": "news", "Content": "-", "ArticleCount": "1", "Articles": item}
    accepted = read_reply(reply(**news).encode(), said(), ACCOUNT)
    assert accepted is not None
    assert accepted.text == "[图文] 标题 u"
    two = reply(**(news | {"ArticleCount": "2", "Articles": item * 2})).encode()
    with pytest.raises(ReplyError, match="1 到 1"):
        read_reply(two, said(), ACCOUNT)
    assert read_reply(two, Composer(ACCOUNT, Clock()).click(ANN, "K"), ACCOUNT) is not None
    picture = reply(MsgType="image", Content="-", Image="<MediaId>m</MediaId>").encode()
    accepted = read_reply(picture, said(), ACCOUNT)
    assert accepted is not None
    assert accepted.text == "[图片] m"


def test_encrypted_replies() -> None:
    safe = replace(ACCOUNT, mode=Mode.SAFE)
    compatible = replace(ACCOUNT, mode=Mode.COMPATIBLE)
    for account in (safe, compatible):
        accepted = read_reply(sealed_reply(reply(), account).encode(), said(), account)
        assert accepted is not None
        assert accepted.encrypted
        for wrong, reason in (({"token": "another"}, "MsgSignature"), ({"appid": "wxanother"}, "AppID")):
            with pytest.raises(ReplyError, match=reason):
                read_reply(sealed_reply(reply(), account, **wrong).encode(), said(), account)
    assert read_reply(b"success", said(), safe) is None
    assert read_reply(reply().encode(), said(), compatible) is not None
    with pytest.raises(ReplyError, match="安全模式"):
        read_reply(reply().encode(), said(), safe)


async def test_verification() -> None:
    async with TinyAccount(echoing, saying("other"), saying("no", 403)) as tiny, Platform(tiny.url) as platform:
        assert (await platform.verify()).passed
        assert not (await platform.verify()).passed
        assert "403" in (await platform.verify()).reason
        query, _body = tiny.requests[0]
        assert query["signature"] == signature(ACCOUNT.token, query["timestamp"], query["nonce"])
        await platform.pusher.verify(token="forged")
        query, _body = tiny.requests[-1]
        assert query["signature"] == signature("forged", query["timestamp"], query["nonce"])
    async with Platform("http://127.0.0.1:9/wechat") as platform:
        assert "连接不上" in (await platform.verify()).reason


@pytest.mark.parametrize("mode", list(Mode))
async def test_what_is_pushed_in_each_mode(mode: Mode) -> None:
    account = replace(ACCOUNT, mode=mode)
    async with TinyAccount(saying("")) as tiny, Platform(tiny.url + "?key=1", account) as platform:
        delivery = await platform.say(ANN, "居住证")
        query, body = tiny.requests[0]
        root = ElementTree.fromstring(body)
        assert (query["key"], query["openid"]) == ("1", ANN)
        assert query["signature"] == signature(account.token, query["timestamp"], query["nonce"])
        assert (root.findtext("Content") == "居住证") == (mode is not Mode.SAFE)
        encrypted = root.findtext("Encrypt")
        assert (encrypted is not None) == (query.get("encrypt_type") == "aes") == (mode is not Mode.PLAIN)
        if encrypted is not None:
            signed = signature(account.token, query["timestamp"], query["nonce"], encrypted)
            assert query["msg_signature"] == signed
            assert account.cipher.decrypt(encrypted).decode() == delivery.message.xml()
        assert (delivery.reply, delivery.failure) == (None, "")


async def test_three_attempts_with_the_same_identifier_when_nobody_answers() -> None:
    async with TinyAccount(after(0.8, saying(reply()))) as tiny, Platform(tiny.url, speed=10) as platform:
        delivery = await platform.say(ANN, "居住证")
        assert [one.outcome for one in delivery.attempts] == [Outcome.TIMEOUT] * 3
        assert all(4.9 < one.took < 7 for one in delivery.attempts)
        assert len({re.findall(r"<MsgId>\d+", body)[0] for _query, body in tiny.requests}) == 1
        assert len({query["nonce"] for query, _body in tiny.requests}) == 3
        assert [one.kind for one in platform.record.of(ANN)] == [Kind.FOLLOWER, Kind.FAILURE]
        (failure,) = platform.record.failures(ANN)
        assert failure.text == NOTICE
        assert "3 次" in failure.reason
        with pytest.raises(AssertionError, match="0 answers"):
            platform.record.assert_answered_once(ANN)


async def test_an_answer_to_a_later_attempt_counts_and_a_late_one_does_not() -> None:
    late = after(0.8, saying(reply("late")))
    async with TinyAccount(late, hanging_up, saying(reply())) as tiny, Platform(tiny.url, speed=10) as platform:
        delivery = await platform.click(ANN, "K")
        assert [one.outcome for one in delivery.attempts] == [Outcome.TIMEOUT, Outcome.BROKEN, Outcome.ANSWERED]
        assert len({re.findall(r"<CreateTime>\d+", body)[0] for _query, body in tiny.requests}) == 1
        assert platform.record.assert_answered_once(ANN).text == "您好"


@pytest.mark.parametrize(("body", "status"), [("{}", 200), ("ok", 200), (reply(), 500), (reply("<b/>"), 200)])
async def test_a_wrong_answer_is_a_failure_without_retry(body: str, status: int) -> None:
    async with TinyAccount(saying(body, status)) as tiny, Platform(tiny.url) as platform:
        delivery = await platform.say(ANN, "居住证")
        assert delivery.failure
        assert len(tiny.requests) == 1
        assert [one.text for one in platform.record.failures(ANN)] == [NOTICE]


async def test_forged_requests() -> None:
    async with TinyAccount(saying("")) as tiny, Platform(tiny.url) as platform:
        attempt = await platform.pusher.post(said(), query={"signature": "0" * 40}, body=b"<xml/>")
        assert (attempt.status, attempt.body) == (200, b"")
        assert tiny.requests[0][0]["signature"] == "0" * 40
        assert tiny.requests[0][1] == "<xml/>"


class Client:
    """Calls of the API as a program makes them."""

    def __init__(self, base: str, session: aiohttp.ClientSession) -> None:
        self.base = base
        self.session = session
        self.token = ""

    async def post(self, path: str, body: Any, **query: str) -> dict[str, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        params = {"access_token": self.token, **query}
        async with self.session.post(f"{self.base}/cgi-bin/{path}", data=data, params=params) as response:
            assert response.status == 200
            return json.loads(await response.text())

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        params = {"access_token": self.token, **query}
        async with self.session.get(f"{self.base}/cgi-bin/{path}", params=params) as response:
            return json.loads(await response.text())

    async def stable(self, **changes: Any) -> dict[str, Any]:
        asked = {"grant_type": "client_credential", "appid": ACCOUNT.appid, "secret": ACCOUNT.secret}
        return await self.post("stable_token", asked | changes)

    async def old(self) -> dict[str, Any]:
        asked = {"grant_type": "client_credential", "appid": ACCOUNT.appid, "secret": ACCOUNT.secret}
        return await self.get("token", **asked)

    async def send(self, text: str = "您好", openid: str = ANN) -> int:
        return (await self.post("message/custom/send", custom("text", content=text) | {"touser": openid}))["errcode"]


def custom(kind: str, **part: Any) -> dict[str, Any]:
    return {"touser": ANN, "msgtype": kind, kind: part}


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    """A platform whose follower Ann has just sent a message; the pushes themselves go nowhere."""
    async with Platform(account=Account()) as made:
        made.followers.interact(ANN, Interaction.MESSAGE)
        yield made


@pytest.fixture
async def client(platform: Platform) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        made = Client(await platform.serve(), session)
        made.token = (await made.stable())["access_token"]
        yield made


async def test_the_stable_token_changes_five_minutes_before_its_end(platform: Platform, client: Client) -> None:
    assert (await client.stable())["access_token"] == client.token
    platform.clock.advance(6890)
    early = await client.stable()
    assert early["access_token"] == client.token
    assert 300 < early["expires_in"] <= 310
    platform.clock.advance(15)
    late = await client.stable()
    assert late["access_token"] != client.token
    assert 7198 <= late["expires_in"] <= 7200
    assert await client.send() == 0  # old and new hold side by side
    platform.clock.advance(300)
    assert await client.send() == 42001
    client.token = late["access_token"]
    assert await client.send() == 0


async def test_forced_refreshes_are_apart_and_limited(platform: Platform, client: Client) -> None:
    beijing = platform.clock.now() + 8 * 3600
    platform.clock.advance(24 * 3600 - beijing % (24 * 3600) + 1)  # just past midnight
    first = (await client.stable(force_refresh=True))["access_token"]
    assert await client.send() == 40001
    assert (await client.stable(force_refresh=True))["errcode"] == 45011
    assert (await client.stable())["access_token"] == first
    for _time in range(19):
        platform.clock.advance(31)
        assert "access_token" in await client.stable(force_refresh=True)
    platform.clock.advance(31)
    assert (await client.stable(force_refresh=True))["errcode"] == 45009
    platform.clock.advance(24 * 3600)
    assert "access_token" in await client.stable(force_refresh=True)


async def test_the_old_token_is_replaced_with_every_call(platform: Platform, client: Client) -> None:
    stable = client.token
    client.token = (await client.old())["access_token"]
    assert await client.send() == 0
    newer = (await client.old())["access_token"]
    assert newer != client.token
    assert await client.send() == 0
    platform.clock.advance(301)
    assert await client.send() == 40001
    client.token = stable
    assert await client.send() == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"grant_type": "x"}, 40002),
        ({"appid": "wxother"}, 40013),
        ({"appid": ""}, 41002),
        ({"secret": "x"}, 40125),
        ({"secret": ""}, 41004),
    ],
)
async def test_refused_credentials(client: Client, changes: dict[str, str], code: int) -> None:
    assert (await client.stable(**changes))["errcode"] == code


async def test_refused_callers(platform: Platform, client: Client) -> None:
    assert (await client.get("stable_token"))["errcode"] == 43002
    assert (await client.post("stable_token", b""))["errcode"] == 44002
    assert (await client.post("stable_token", b"{"))["errcode"] == 47001
    platform.account.allowed_ips = frozenset({"10.0.0.1"})
    assert (await client.stable())["errcode"] == 40164
    platform.api.tokens.revoke_all()
    assert await client.send() == 40001
    client.token = ""
    assert await client.send() == 41001
    client.token = "never issued"
    assert await client.send() == 40001


async def test_expired_tokens(platform: Platform, client: Client) -> None:
    platform.api.tokens.expire_all()
    assert await client.send() == 42001
    client.token = (await client.stable())["access_token"]
    assert await client.send() == 0


@pytest.mark.parametrize("kind", list(Interaction))
async def test_the_allowance_of_each_interaction(platform: Platform, client: Client, kind: Interaction) -> None:
    expected = {Interaction.MESSAGE: (5, 48 * 3600)}.get(kind, (3, 60))
    bob = openid_of("波")
    platform.followers.interact(bob, kind)
    assert [await client.send(openid=bob) for _time in range(expected[0] + 1)] == [0] * expected[0] + [45047]
    platform.followers.interact(bob, kind)
    assert platform.followers.left(bob) == expected[0]
    platform.clock.advance(expected[1] - 5)
    client.token = (await client.stable())["access_token"]
    assert await client.send(openid=bob) == 0
    platform.clock.advance(6)
    assert await client.send(openid=bob) == 45015
    assert [one.code for one in platform.record.refused_for_quota(bob)] == [45047, 45015]
    assert len(platform.record.answers(bob)) == expected[0] + 1


async def test_allowances_do_not_add_up(platform: Platform, client: Client) -> None:
    assert [await client.send() for _time in range(4)] == [0] * 4
    platform.followers.interact(ANN, Interaction.MENU)
    assert [await client.send() for _time in range(4)] == [0, 0, 0, 45047]
    platform.clock.advance(61)
    assert await client.send() == 45047  # the two days of the message still run, but its five are used up
    platform.followers.interact(ANN, Interaction.MESSAGE)
    assert await client.send() == 0


async def test_pushes_open_allowances_and_leaving_closes_them() -> None:
    async with TinyAccount(saying("")) as tiny, Platform(tiny.url) as platform:
        await platform.follow(ANN, "7")
        assert platform.followers.left(ANN) == 3
        await platform.speak(ANN, "居住证")
        assert platform.followers.left(ANN) == 5
        await platform.leave(ANN)
        assert platform.followers.left(ANN) == 0
        await platform.follow(ANN)
        await platform.act(platform.compose.view(ANN, "http://u"))
        platform.clock.advance(61)
        assert platform.followers.left(ANN) == 0
        await platform.say(ANN, "满意", menu_id="101")
        assert platform.followers.left(ANN) == 3


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (custom("text", content="居" * 682 + "ab"), 0),
        (custom("text", content="居" * 683), 45002),
        (custom("text", content=" "), 44004),
        (custom("text", content="x") | {"touser": openid_of("无名")}, 40003),
        (custom("text", content="x") | {"touser": 5}, 40003),
        (custom("card", x="x"), 40008),
        ({"touser": ANN, "msgtype": "text"}, 40035),
        (custom("image", media_id="none"), 40007),
        (custom("voice"), 41006),
        (custom("news", articles=[{"title": "t", "url": "u"}]), 0),
        (custom("news", articles=[{"title": "t"}] * 2), 45008),
        (custom("msgmenu", head_content="满意吗", list=[{"id": "1", "content": "满意"}], tail_content="谢谢"), 0),
        (custom("msgmenu", head_content="满意吗", list=[]), 44004),
        (b'{"touser":"x","msgtype":"text","text":{"content":"\\u4f60"}}', 40033),
        (b'{"touser":"\xff"}', 47001),
        (b"[]", 47001),
    ],
)
async def test_customer_service_messages(platform: Platform, client: Client, body: Any, code: int) -> None:
    answer = await client.post("message/custom/send", body)
    assert answer["errcode"] == code
    assert len(platform.record.answers(ANN)) == (code == 0)
    assert len(platform.record.refusals()) == (code != 0)
    assert platform.followers.left(ANN) == (4 if code == 0 else 5)


async def test_a_literal_backslash_is_no_escape(platform: Platform, client: Client) -> None:
    assert await client.send("路径 \\u4f60") == 0
    assert platform.record.texts(ANN) == ["路径 \\u4f60"]


async def test_without_the_right_to_customer_service(platform: Platform, client: Client) -> None:
    platform.account.custom_service = False
    assert await client.send() == 48001
    assert (await client.post("message/custom/typing", {"touser": ANN, "command": "Typing"}))["errcode"] == 48001


async def test_typing(platform: Platform, client: Client) -> None:
    async def typing(command: str = "Typing") -> int:
        return (await client.post("message/custom/typing", {"touser": ANN, "command": command}))["errcode"]

    assert [await typing("Write"), await typing(), await typing()] == [45072, 0, 45081]
    assert await client.send() == 0  # a message ends the typing state
    assert [await typing(), await typing("CancelTyping"), await typing()] == [0, 0, 0]
    platform.clock.advance(31)
    assert await typing() == 45080
    assert platform.record.texts(ANN) == ["您好"]


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([{"type": "click", "name": "办事指南", "key": "GUIDE"}], 0),
        ([{"name": "更多", "sub_button": [{"type": "view", "name": "居" * 20, "url": "http://u"}] * 5}] * 3, 0),
        ([], 40016),
        ([{"type": "click", "name": "a", "key": "k"}] * 4, 40016),
        ([{"type": "tap", "name": "a", "key": "k"}], 40017),
        ([{"type": "click", "name": "居居居居居居", "key": "k"}], 40018),
        ([{"type": "click", "name": "a", "key": "k" * 129}], 40019),
        ([{"type": "view", "name": "a", "url": ""}], 40020),
        ([{"name": "a", "sub_button": [{"type": "click", "name": "a", "key": "k"}] * 6}], 40023),
        ([{"name": "a", "sub_button": [{"name": "a", "sub_button": [{}]}]}], 40022),
        ([{"name": "a", "sub_button": [{"type": "tap", "name": "a"}]}], 40024),
        ([{"name": "a", "sub_button": [{"type": "click", "name": "居" * 21, "key": "k"}]}], 40025),
        ([{"name": "a", "sub_button": [{"type": "click", "name": "a"}]}], 40026),
        ([{"name": "a", "sub_button": [{"type": "view", "name": "a", "url": "h" * 1025}]}], 40027),
    ],
)
async def test_menus(client: Client, buttons: list[Any], code: int) -> None:
    assert (await client.post("menu/create", {"button": buttons}))["errcode"] == code
    kept = await client.get("menu/get")
    assert kept.get("errcode") == (46003 if code else None)
    if not code:
        assert [one["name"] for one in kept["menu"]["button"]] == [one["name"] for one in buttons]
        assert (await client.get("menu/delete"))["errcode"] == 0
        assert (await client.get("menu/get"))["errcode"] == 46003


async def test_media(platform: Platform, client: Client) -> None:
    async def upload(kind: str, data: bytes) -> dict[str, Any]:
        form = aiohttp.FormData()
        form.add_field("media", data, filename="a.jpg", content_type="image/jpeg")
        params = {"access_token": client.token, "type": kind}
        async with client.session.post(f"{client.base}/cgi-bin/media/upload", data=form, params=params) as response:
            return json.loads(await response.text())

    kept = await upload("image", b"picture")
    assert (await client.post("message/custom/send", custom("image", media_id=kept["media_id"])))["errcode"] == 0
    params = {"access_token": client.token, "media_id": kept["media_id"]}
    async with client.session.get(f"{client.base}/cgi-bin/media/get", params=params) as response:
        assert (await response.read(), response.content_type) == (b"picture", "image/jpeg")
    assert (await upload("film", b"x"))["errcode"] == 40004
    assert (await upload("thumb", b"x" * 70_000))["errcode"] == 40012
    assert (await client.post("media/upload", b"x", type="image"))["errcode"] == 41005
    platform.clock.advance(3 * 24 * 3600 + 1)
    client.token = (await client.stable())["access_token"]
    assert (await client.get("media/get", media_id=kept["media_id"]))["errcode"] == 40007


async def test_user_info(platform: Platform, client: Client) -> None:
    platform.followers.subscribe(ANN, "7")
    assert (await client.get("user/info", openid=ANN)).items() >= {"subscribe": 1, "qr_scene_str": "7"}.items()
    platform.followers.unsubscribe(ANN)
    assert await client.get("user/info", openid=ANN) == {"subscribe": 0, "openid": ANN}
    assert (await client.get("user/info", openid="o" * 28))["errcode"] == 40003
    assert (await client.get("user/info"))["errcode"] == 41009


async def test_ordered_faults(platform: Platform, client: Client) -> None:
    platform.api.faults.fail(-1, times=2, path="/cgi-bin/message/custom/send")
    platform.api.faults.hang(0.3)
    assert "access_token" in await client.stable()  # meets the hang
    assert [await client.send() for _time in range(3)] == [-1, -1, 0]
    assert platform.followers.left(ANN) == 4
    platform.api.faults.hang(30)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(client.send(), 0.1)
    platform.api.faults.clear()
    assert await client.send() == 0


async def test_a_late_answer_by_customer_service() -> None:
    async with Platform(speed=10) as platform, aiohttp.ClientSession() as session:
        client = Client(await platform.serve(), session)
        client.token = (await client.stable())["access_token"]
        tasks = set()

        async def answer_later(_request: web.Request) -> web.StreamResponse:
            tasks.add(asyncio.create_task(after_a_while()))
            return web.Response(text="success")

        async def after_a_while() -> None:
            await platform.clock.sleep(7)
            await client.send("查到了")

        async with TinyAccount(answer_later) as tiny:
            platform.connect(tiny.url)
            await platform.say(ANN, "居住证")
            (answer,) = await platform.record.wait_for_answers(ANN, 1)
        assert platform.record.assert_answered_once(ANN) is answer
        assert answer.kind is Kind.CUSTOM
        assert answer.at - platform.record.of(ANN)[0].at >= 7
        with pytest.raises(TimeoutError):
            await platform.record.wait_for_answers(ANN, 2, patience=0.05)


async def test_the_prompt() -> None:
    async with TinyAccount(echoing, saying(reply().replace(ANN, openid_of("测试用户")))) as tiny:
        options = ["--url", tiny.url, "--token", ACCOUNT.token]
        run = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.wechat_platform", *options),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        typed = "居住证\n/不明\n/位置 1\n/位置 1 2 荆州\n/快进 5\n/帮助\n/退出\n"
        shown = (await run.communicate(typed.encode()))[0].decode()
    assert run.returncode == 0
    assert shown.count("公众号：您好") == 2
    for expected in (
        "地址验证通过",
        "没有操作“/不明”",
        "写法应为：/位置",
        "前进 5 秒",
        "/扫码 场景值",
        "共收到 2 条答复",
    ):
        assert expected in shown


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--url", "http://127.0.0.1:9/wechat", "--token", "hotline"], "先启动服务"),
        (["--url", "127.0.0.1:9", "--token", "hotline"], "完整网址"),
        (["--url", "http://127.0.0.1:9/w", "--token", "hotline", "--mode", "safe"], "--aes-key"),
        (["--url", "http://127.0.0.1:9/w", "--token", "hotline", "--serve", "0"], "--secret"),
    ],
)
def test_the_prompt_names_the_remedy(options: list[str], expected: str) -> None:
    command = [sys.executable, "-m", "tests.wechat_platform", *options]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT, check=False)
    assert run.returncode != 0
    assert expected in run.stderr
    assert "Traceback" not in run.stderr
