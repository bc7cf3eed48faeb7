"""Commands for the WeChat official account (公众号): its menu."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import click

from bot.channels.wechat.account import Account, read_account
from bot.channels.wechat.client import WechatClient
from bot.channels.wechat.menu import read_menu
from bot.errors import HotlineError
from bot.settings import Settings

_PATIENCE = aiohttp.ClientTimeout(total=20, connect=5)


@click.group(help="管理微信公众号。")
def wechat() -> None:
    """Group the commands about the official account."""


@wechat.group(help="公众号菜单，内容在 HOTLINE_WECHAT_MENU 指定的文件里。")
def menu() -> None:
    """Group the commands about the menu."""


@menu.command("check", help="只检查菜单文件，显示将要发布的内容。")
def check_menu() -> None:
    """Show what would be published."""
    click.echo(json.dumps(_menu(Settings.from_environment()), ensure_ascii=False, indent=2))


@menu.command("publish", help="把菜单发布到公众号，代替现有的菜单。")
def publish_menu() -> None:
    """Publish the menu of the file."""
    settings = Settings.from_environment()
    wanted = _menu(settings)
    _ask_platform(settings, lambda client: client.publish_menu(wanted))
    click.echo("菜单已发布。已关注的人最迟 24 小时内看到，重新进入公众号可立即看到。")


@menu.command("show", help="显示公众号现在的菜单。")
def show_menu() -> None:
    """Show the menu that followers see."""
    found = _ask_platform(Settings.from_environment(), lambda client: client.read_menu())
    click.echo(json.dumps(found.get("menu", found), ensure_ascii=False, indent=2))


@menu.command("delete", help="删除公众号的菜单。")
def delete_menu() -> None:
    """Take the menu away."""
    _ask_platform(Settings.from_environment(), lambda client: client.delete_menu())
    click.echo("菜单已删除。")


def _menu(settings: Settings) -> dict[str, Any]:
    return read_menu(settings.wechat_menu, settings.public_url or settings.web_url)


def _ask_platform(settings: Settings, do: Callable[[WechatClient], Awaitable[Any]]) -> Any:
    """Return what ``do`` gets from the platform. Raises HotlineError, also where there is no account."""
    account = read_account(settings)
    if account is None:
        raise HotlineError("还没有接公众号：请先设置 HOTLINE_WECHAT_MODE 等变量，见 docs/wechat.md。")
    if not account.secret:
        raise HotlineError("发布菜单需要 HOTLINE_WECHAT_SECRET（公众号的开发者密码）。")
    return asyncio.run(_call(account, settings, do))


async def _call(account: Account, settings: Settings, do: Callable[[WechatClient], Awaitable[Any]]) -> Any:
    from bot.storage import Database, DatabaseTokens

    def now() -> dt.datetime:
        return dt.datetime.now(dt.timezone.utc)

    tokens = DatabaseTokens(Database(settings.database_url), account.appid)
    async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
        return await do(WechatClient(account, session, tokens, now))
