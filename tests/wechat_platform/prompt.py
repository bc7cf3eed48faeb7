"""A prompt at which a person plays a follower: commands, and how a conversation looks."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import click

from tests.wechat_platform.platform import Platform
from tests.wechat_platform.pusher import Delivery
from tests.wechat_platform.record import Entry, Kind

HELP = """直接输入文字即作为关注者发送消息。其他操作：
  /关注 [场景值]        关注公众号，可带扫码的场景值
  /取消                 取消关注
  /扫码 场景值          已关注时扫描带参数的二维码
  /菜单 KEY             点击自定义菜单
  /网页 网址            点击打开网页的菜单
  /选项 编号 文字       点击菜单消息中的选项
  /语音 [识别结果]      发送语音，不写识别结果即未开通语音识别
  /图片                 发送图片
  /视频                 发送视频
  /位置 纬度 经度 名称  发送位置
  /链接 标题 网址       分享链接
  /快进 秒数            让平台的时间前进，用于检验 48 小时等时限
  /帮助                 显示本说明
  /退出                 结束"""
LABELS = {Kind.PASSIVE: "公众号", Kind.CUSTOM: "公众号（客服消息）", Kind.TYPING: "公众号", Kind.FAILURE: "系统提示"}
_COLOURS = {Kind.PASSIVE: "green", Kind.CUSTOM: "cyan", Kind.TYPING: "yellow", Kind.FAILURE: "red"}


class InputError(ValueError):
    """A line that cannot be carried out; the text names the right form."""


def display(entry: Entry) -> None:
    """Show what the follower sees, and to the tester why a failure came about."""
    if entry.kind is Kind.FOLLOWER:
        return
    clock = time.strftime("%H:%M:%S", time.localtime(entry.at))
    click.secho(f"{clock} {LABELS[entry.kind]}：{entry.text}", fg=_COLOURS[entry.kind])
    if entry.reason:
        click.echo(f"         原因：{entry.reason}")


class Prompt:
    """Carries out one line after the other for one follower."""

    def __init__(self, platform: Platform, openid: str) -> None:
        self._platform = platform
        self._openid = openid
        self._commands: dict[str, tuple[str, Callable[[list[str]], Awaitable[Delivery | None]]]] = {
            "/关注": ("/关注 [场景值]", lambda words: platform.follow(openid, *words[:1])),
            "/取消": ("/取消", lambda words: platform.leave(openid)),
            "/扫码": ("/扫码 场景值", lambda words: platform.scan(openid, words[0])),
            "/菜单": ("/菜单 KEY", lambda words: platform.click(openid, words[0])),
            "/网页": ("/网页 网址", lambda words: platform.act(platform.compose.view(openid, words[0]))),
            "/选项": ("/选项 编号 文字", lambda words: platform.say(openid, " ".join(words[1:]) or words[1], words[0])),
            "/语音": ("/语音 [识别结果]", lambda words: platform.speak(openid, " ".join(words) or None)),
            "/图片": ("/图片", lambda words: platform.show(openid)),
            "/视频": ("/视频", lambda words: self._film()),
            "/位置": ("/位置 纬度 经度 名称", self._place),
            "/链接": ("/链接 标题 网址", self._link),
            "/快进": ("/快进 秒数", self._advance),
        }

    async def line(self, line: str) -> bool:
        """Carry out one line; False when the person wants to leave."""
        words = line.split()
        if not words:
            return True
        if words[0] in ("/退出", "/quit", "/exit"):
            return False
        if words[0] in ("/帮助", "/help", "/?"):
            click.echo(HELP)
            return True
        before = len(self._platform.record.entries)
        delivery = await self._run(line, words)
        if delivery is not None and not delivery.failure:
            self._comment(delivery, before)
        return True

    async def _run(self, line: str, words: list[str]) -> Delivery | None:
        if words[0] not in self._commands:
            if line.startswith("/"):
                raise InputError(f"没有操作“{words[0]}”，输入 /帮助 查看全部操作。")
            return await self._platform.say(self._openid, line)
        form, run = self._commands[words[0]]
        try:
            return await run(words[1:])
        except (IndexError, ValueError) as fault:
            raise InputError(f"写法应为：{form}") from fault

    def _comment(self, delivery: Delivery, before: int) -> None:
        if len(delivery.attempts) > 1:
            click.echo(f"         （第 {len(delivery.attempts)} 次推送才得到回应）")
        shown = [one for one in self._platform.record.entries[before:] if one.kind is not Kind.FOLLOWER]
        if not shown:
            click.echo("         （服务端已接收，没有被动回复）")

    async def _film(self) -> Delivery:
        store = self._platform.api.media
        film = store.add("video", b"\0", "video/mp4").media_id
        thumb = store.add("thumb", b"\xff\xd8\xff\xd9", "image/jpeg").media_id
        return await self._platform.act(self._platform.compose.video(self._openid, film, thumb))

    async def _place(self, words: list[str]) -> Delivery:
        latitude, longitude, label = float(words[0]), float(words[1]), " ".join(words[2:]) or words[2]
        message = self._platform.compose.location(self._openid, latitude, longitude, label)
        return await self._platform.act(message)

    async def _link(self, words: list[str]) -> Delivery:
        title, url = words[0], words[1]
        return await self._platform.act(self._platform.compose.link(self._openid, title, "", url))

    async def _advance(self, words: list[str]) -> None:
        seconds = float(words[0])
        if seconds < 0:
            raise ValueError(seconds)
        self._platform.clock.advance(seconds)
        click.echo(f"         平台时间已前进 {seconds:g} 秒")
