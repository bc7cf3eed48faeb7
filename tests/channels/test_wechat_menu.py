"""The account's menu: published by a command to a platform that checks it, and each mistake in the file named."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.channels.wechat.menu import read_menu
from bot.errors import HotlineError
from bot.settings import PROJECT_ROOT
from bot.storage import Database, migrate
from tests.wechat_platform import Account, Mode, Platform

SHIPPED = PROJECT_ROOT / "data" / "wechat" / "menu.toml"


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    async with Platform(account=Account(mode=Mode.SAFE)) as made:
        yield made


async def menu(platform: Platform, folder: Path, *words: str, **changed: str) -> tuple[int, str]:
    """Run ``python -m bot wechat menu words`` and return exit status and everything it says."""
    account, url = platform.account, f"sqlite:///{folder}/menu.sqlite3"
    migrate(Database(url))
    own = {
        "DATABASE_URL": url, "HOTLINE_WECHAT_MODE": account.mode.value, "HOTLINE_WECHAT_TOKEN": account.token,
        "HOTLINE_WECHAT_APPID": account.appid, "HOTLINE_WECHAT_SECRET": account.secret,
        "HOTLINE_WECHAT_AES_KEY": account.aes_key, "HOTLINE_WECHAT_API": await platform.serve(),
        "HOTLINE_PUBLIC_URL": "https://hotline.example",
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "wechat", "menu", *words, cwd=PROJECT_ROOT, env=os.environ | own | changed,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out.decode()


async def test_the_shipped_menu_is_published_shown_and_deleted(platform: Platform, tmp_path: Path) -> None:
    status, said = await menu(platform, tmp_path, "publish")
    assert (status, "已发布" in said) == (0, True), said
    assert platform.api.menu is not None
    published = str(platform.api.menu)
    assert "居住证怎么办理" in published
    assert "https://hotline.example/" in published
    status, shown = await menu(platform, tmp_path, "show")
    assert (status, "热门问题" in shown) == (0, True), shown
    assert (await menu(platform, tmp_path, "delete"))[0] == 0
    assert platform.api.menu is None


async def test_checking_asks_nobody(platform: Platform, tmp_path: Path) -> None:
    status, said = await menu(platform, tmp_path, "check", HOTLINE_WECHAT_MODE="off")
    assert (status, "转人工" in said) == (0, True)
    assert platform.record.calls == []


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"HOTLINE_WECHAT_MODE": "off"}, "HOTLINE_WECHAT_MODE"),
        ({"HOTLINE_WECHAT_SECRET": "wrong"}, "40125"),
        ({"HOTLINE_WECHAT_SECRET": "", "HOTLINE_WECHAT_PUSH": "no"}, "HOTLINE_WECHAT_SECRET"),
        ({"HOTLINE_WECHAT_API": "http://127.0.0.1:9"}, "公众平台没有接受"),
    ],
)
async def test_what_stands_in_the_way_is_said_in_one_sentence(
    platform: Platform, tmp_path: Path, changed: dict[str, str], word: str
) -> None:
    status, said = await menu(platform, tmp_path, "publish", **changed)
    assert status == 1
    assert word in said
    assert "Traceback" not in said
    assert platform.account.secret not in said


BAD = {
    "nothing": "", "no TOML": "[[button", "four": '[[button]]\nname = "一"\nask = "x"\n' * 4,
    "no name": '[[button]]\nask = "x"', "long name": '[[button]]\nname = "六个汉字太长"\nask = "x"',
    "two meanings": '[[button]]\nname = "一"\nask = "x"\nurl = "https://x.example"', "no meaning": '[[button]]\nname = "一"',
    "bad address": '[[button]]\nname = "一"\nurl = "javascript:alert(1)"',
    "three levels": '[[button]]\nname = "一"\n[[button.button]]\nname = "二"\n[[button.button.button]]\nname = "三"\nask = "x"',
    "long question": f'[[button]]\nname = "一"\nask = "{"字" * 43}"',
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_menu_file_is_refused_before_anything_is_sent(tmp_path: Path, name: str) -> None:
    file = tmp_path / "menu.toml"
    file.write_text(BAD[name], "utf-8")
    with pytest.raises(HotlineError, match="菜单"):
        read_menu(file, "https://hotline.example")


def test_the_shipped_menu_is_in_order() -> None:
    assert len(read_menu(SHIPPED, "https://hotline.example")["button"]) == 3
