"""A reader for the gazettes of 云江市, a city that does not exist, and the folder of the real ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.gazette import Gazette, SourceDocument, read_gazette

Reader = Callable[..., Gazette]


@pytest.fixture(scope="session")
def read() -> Reader:
    """Return a function that reads a text, or bytes, as a gazette of 云江市."""

    def read_text(text: str | bytes, **options: object) -> Gazette:
        data = text.encode() if isinstance(text, str) else text
        place = {"place_names": ("云江市", "云江"), "authority": "云江市人民政府"}
        return read_gazette(data, name="公报.txt", **{**place, **options})  # type: ignore[arg-type]

    return read_text


@pytest.fixture(scope="session")
def texts() -> Callable[[SourceDocument], dict[str, str]]:
    """Return a function from a document to the texts of its provisions by path."""

    def by_path(document: SourceDocument) -> dict[str, str]:
        return {provision.path: provision.text for provision in document.provisions}

    return by_path


@pytest.fixture(scope="session")
def wide() -> Callable[[str], str]:
    """Return a function that gives a text the full-width punctuation that official texts are printed with."""
    table = {ord(c): ord(c) + 0xFEE0 for c in ",:;()!?"}
    return lambda text: text.translate(table)


@pytest.fixture(scope="session")
def seeds_dir() -> Path:
    """Return the folder of the five real gazettes, which are not part of the repository."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "seeds"
    if not folder.is_dir():
        pytest.skip("the five source gazettes (../shared/seeds) are not beside this repository")
    return folder


NOTICE = """云江市人民政府办公室关于印发云江市图书馆借阅办法的通知
云政办发〔2020〕15号
各县(市、区)人民政府,市政府各部门:
《云江市图书馆借阅办法》已经市政府同意,现印发给你们,请认真执行。
云江市人民政府办公室
2020年3月9日
云江市图书馆借阅办法
第一条 为了方便市民借阅图书,制定本办法。
第二条 凭居民身份证可以办理借书证,每证押金100元。
第三条 借阅应当遵守下列规定:
(一)每次最多借5册;
(二)借期30日,可以续借1次。
读者逾期不还的,暂停借阅。
第四条 本办法自2020年4月1日起施行,有效期3年。
"""


@pytest.fixture(scope="session")
def notice() -> str:
    """Return a gazette of one document: a notice and the 办法 annexed to it."""
    return NOTICE
