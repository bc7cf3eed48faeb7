"""Try an account's address by hand: ``python -m tests.wechat_platform --url http://127.0.0.1:8080/wechat --token T``.

Verifies the address as the settings page does
(https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Access_Overview.html), then plays a follower.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from urllib.parse import urlsplit

import click

from tests.wechat_platform.account import Account, AccountError, Mode, openid_of
from tests.wechat_platform.platform import Platform
from tests.wechat_platform.prompt import InputError, Prompt, display
from tests.wechat_platform.record import Kind


@click.command(help="模拟微信公众平台：以关注者身份向公众号服务端发消息，并显示关注者会看到的内容。")
@click.option("--url", required=True, help="公众号服务端地址，如 http://127.0.0.1:8080/wechat")
@click.option("--token", required=True, help="服务端配置的 Token")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), default="plain", help="消息加解密方式")
@click.option("--aes-key", default="", help="EncodingAESKey，兼容模式和安全模式必填")
@click.option("--appid", default="", help="AppID，兼容模式和安全模式必填，使用 --serve 时须与服务端一致")
@click.option("--secret", default="", help="AppSecret，使用 --serve 时须与服务端一致")
@click.option("--serve", "port", type=click.IntRange(0, 65535), default=None, help="在此端口模拟公众平台接口")
@click.option("--name", default="测试用户", help="关注者的名字，不同名字是不同的人")
@click.option("--speed", type=click.FloatRange(min=0, min_open=True), default=1.0, help="平台时间的快慢，10 为十倍速")
def main(
    url: str, token: str, mode: str, aes_key: str, appid: str, secret: str, port: int | None, name: str, speed: float
) -> None:
    """Check what was typed, then run the prompt."""
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise click.BadParameter("须为完整网址，如 http://127.0.0.1:8080/wechat", param_hint="--url")
    if mode != Mode.PLAIN.value and not (aes_key and appid):
        raise click.UsageError("兼容模式和安全模式需要同时填写 --aes-key 和 --appid。")
    if port is not None and not (appid and secret):
        raise click.UsageError("使用 --serve 时需要同时填写 --appid 和 --secret，并与服务端一致。")
    try:
        account = Account(token=token, aes_key=aes_key, appid=appid, secret=secret, mode=Mode(mode))
    except AccountError as fault:
        raise click.ClickException(str(fault)) from fault
    asyncio.run(_run(Platform(url, account, speed=speed), openid_of(name), port))


async def _run(platform: Platform, openid: str, port: int | None) -> None:
    async with platform:
        if port is not None:
            await _serve(platform, port)
        verified = await platform.verify()
        if not verified.passed:
            raise click.ClickException(f"地址验证未通过：{verified.reason}。")
        click.echo(f"地址验证通过，你的 OpenID 是 {openid}。输入 /帮助 查看全部操作，/退出 结束。")
        platform.record.listeners.append(display)
        await _converse(Prompt(platform, openid))
        failures = len(platform.record.failures(openid))
        answers = len(platform.record.of(openid, Kind.PASSIVE, Kind.CUSTOM))
        click.echo(f"共收到 {answers} 条答复，{failures} 次系统提示。")


async def _serve(platform: Platform, port: int) -> None:
    try:
        base = await platform.serve(port)
    except OSError as fault:
        raise click.ClickException(f"端口 {port} 无法使用，请用 --serve 换一个端口（{fault.strerror}）。") from fault
    click.echo(f"公众平台接口：{base}/cgi-bin/，请让服务端把接口地址指向 {base}。")


async def _converse(prompt: Prompt) -> None:
    lines: asyncio.Queue[str] = asyncio.Queue()
    threading.Thread(target=_read, args=(asyncio.get_running_loop(), lines), daemon=True).start()
    while True:
        click.echo("我> ", nl=False)
        line = await lines.get()
        if not line:
            click.echo()
            return
        try:
            if not await prompt.line(line.rstrip("\n")):
                return
        except InputError as fault:
            click.echo(str(fault))


def _read(loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str]) -> None:
    """Pass on typed lines, and an empty string at their end; a thread of its own leaves Ctrl-C to the prompt."""
    with suppress(RuntimeError), open(0, encoding="utf-8", errors="replace", closefd=False) as typed:
        for line in typed:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, "")


if __name__ == "__main__":
    main()
