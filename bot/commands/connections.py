"""Commands that connect other systems: tokens for those that call us, addresses of those that we tell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import click

from bot.errors import HotlineError
from bot.settings import Settings

SCOPES = {
    "orders:read": "查看工单",
    "orders:file": "登记工单",
    "orders:move": "办理工单（签收、反馈等）",
    "contacts:read": "查看反映人的联系方式（每次要写用途）",
    "routing:read": "取得派单建议",
    "reports:read": "取得统计",
}


@click.group(help="管理其他系统调用接口用的令牌。")
def token() -> None:
    """Group the commands about tokens."""


@token.command("create", help="新建令牌。令牌只显示这一次，请立即保存到对方系统。")
@click.argument("name")
@click.option("--jurisdiction", required=True, help="只能看到这个辖区的工单，例如 jingzhou。")
@click.option("--department", help="只能看到派给这个承办单位的工单，并以它的名义办理，例如 jingzhou.urban_management。")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(list(SCOPES)), help="可以多次。")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="有效天数。")
def create_token(name: str, jurisdiction: str, department: str | None, scopes: tuple[str, ...], days: int) -> None:
    """Make a token and show it once."""
    from bot.storage import add_token

    now = dt.datetime.now(dt.timezone.utc)
    with _writing() as connection:
        _require_known(connection, jurisdiction, department)
        made, secret = add_token(connection, name, scopes, jurisdiction, department, now, now + dt.timedelta(days=days))
    click.echo(f"令牌（只显示这一次）：{secret}")
    click.echo(f"编号 {made.id}，{days} 天后失效。调用时放在请求头里：Authorization: Bearer <令牌>")


@token.command("list", help="列出在用的令牌。")
def show_tokens() -> None:
    """List the tokens in use."""
    from bot.storage import list_tokens

    with _writing() as connection:
        tokens = list_tokens(connection)
    if not tokens:
        click.echo("没有令牌。用 python -m bot token create 新建。")
    for one in tokens:
        until = f"{one.expires_at:%Y-%m-%d} 失效" if one.expires_at else "长期有效"
        used = f"{one.last_used_at:%Y-%m-%d %H:%M} 用过" if one.last_used_at else "没有用过"
        click.echo(
            f"{one.id}  {one.name}  {one.department or one.jurisdiction}  {'、'.join(one.scopes)}  {until}  {used}"
        )


@token.command("revoke", help="停用令牌，立即生效。")
@click.argument("identifier")
def stop_token(identifier: str) -> None:
    """Revoke a token."""
    from bot.storage import revoke_token

    with _writing() as connection:
        if not revoke_token(connection, identifier, dt.datetime.now(dt.timezone.utc)):
            raise HotlineError(f"没有编号为 {identifier} 的在用令牌，请用 python -m bot token list 查看。")
    click.echo("已停用。")


@click.group(help="管理网络回调：工单有变动时通知哪些地址。")
def webhook() -> None:
    """Group the commands about addresses that are told."""


@webhook.command("add", help="新增回调地址。验签用的密钥只显示这一次。")
@click.argument("url")
@click.option("--jurisdiction", required=True, help="哪个辖区的工单，例如 jingzhou。")
@click.option("--department", help="只通知派给这个承办单位的工单。")
def create_webhook(url: str, jurisdiction: str, department: str | None) -> None:
    """Add an address and show its secret once."""
    from bot.storage import add_webhook

    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise HotlineError(f"“{url}”不是可用的地址，请写成 https://主机/路径，不要带用户名。")
    with _writing() as connection:
        _require_known(connection, jurisdiction, department)
        made = add_webhook(connection, jurisdiction, department, url, dt.datetime.now(dt.timezone.utc))
    click.echo(f"密钥（只显示这一次）：{made.secret}")
    click.echo(f"编号 {made.id}。对方按 Standard Webhooks 规范用它验签。")
    if parts.scheme == "http":
        click.echo("注意：这个地址没有加密，只应在政务内网使用。")


@webhook.command("list", help="列出在用的回调地址。")
def show_webhooks() -> None:
    """List the addresses in use."""
    from bot.storage import list_webhooks

    with _writing() as connection:
        hooks = list_webhooks(connection)
    if not hooks:
        click.echo("没有回调地址。用 python -m bot webhook add 新增。")
    for hook in hooks:
        click.echo(f"{hook.id}  {hook.department or hook.jurisdiction}  {hook.url}")


@webhook.command("remove", help="停用回调地址，还没送到的也不再送。")
@click.argument("identifier")
def stop_webhook(identifier: str) -> None:
    """Retire an address."""
    from bot.storage import retire_webhook

    with _writing() as connection:
        if not retire_webhook(connection, identifier, dt.datetime.now(dt.timezone.utc)):
            raise HotlineError(f"没有编号为 {identifier} 的在用回调，请用 python -m bot webhook list 查看。")
    click.echo("已停用。")


@contextmanager
def _writing() -> Iterator[Any]:
    from bot.storage import Database

    with Database(Settings.from_environment().database_url).begin() as connection:
        yield connection


def _require_known(connection: Any, jurisdiction: str, department: str | None) -> None:
    from bot.storage import load_jurisdictions, load_knowledge

    places = sorted(place.id for place in load_jurisdictions(connection) if place.covered)
    if jurisdiction not in places:
        raise HotlineError(f"没有辖区 {jurisdiction}，可用的有：{'、'.join(places)}。")
    departments = load_knowledge(connection).departments
    if department and (department not in departments or departments[department].jurisdiction != jurisdiction):
        raise HotlineError(
            f"辖区 {jurisdiction} 没有承办单位 {department}，请用 python -m bot catalogue {jurisdiction} 查看。"
        )
