"""``python -m bot``: everything an administrator does at a terminal."""

from __future__ import annotations

import sys

import click

from bot.commands.connections import token, webhook
from bot.commands.knowledge import (
    import_gazette,
    knowledge_coverage,
    load_knowledge_command,
    migrate,
    replay,
    verify_knowledge,
)
from bot.commands.orders import catalogue, report
from bot.commands.run import run
from bot.commands.staff import staff
from bot.commands.training import (
    evaluate,
    evaluate_danger,
    evaluate_routing,
    release,
    releases,
    rollback,
    train,
)
from bot.commands.wechat import wechat
from bot.errors import HotlineError


@click.group(help="12345 热线智能助手的管理命令。每条命令都可加 --help 查看用法。")
def cli() -> None:
    """The root of all commands."""


_COMMANDS = (
    run,
    migrate,
    load_knowledge_command,
    import_gazette,
    verify_knowledge,
    knowledge_coverage,
    train,
    releases,
    release,
    rollback,
    evaluate,
    evaluate_routing,
    evaluate_danger,
    replay,
    report,
    catalogue,
    staff,
    token,
    webhook,
    wechat,
)
for command in _COMMANDS:
    cli.add_command(command)


def main() -> None:
    """Run a command; an error of ours is one clear sentence and exit status 1."""
    try:
        cli(standalone_mode=False)
    except HotlineError as error:
        click.echo(f"错误：{error}", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)


if __name__ == "__main__":
    main()
