"""Bytes to text: open what holds text in a format of its own, and find out the encoding of plain text."""

from __future__ import annotations

import codecs
import unicodedata
from dataclasses import dataclass

from bot.errors import GazetteRefused
from bot.gazette.containers import open_container
from bot.gazette.model import Removal

MAX_BYTES = 20 * 1024 * 1024

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The characters that make up about a third of any official Chinese text, in both scripts. A wrong encoding gives
# characters too, but hardly ever these.
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出会可也你对就能而子那得发成年动同工行政府市区县省"
    "人民办公室关通知各部门单位第条规定意见实施管理服务制度改革企业社会责任建设工作加强推进提高完善机制负本法日月号"
    "這為個國時來們於會對發動後開關辦廳條實務業責設強進機負號門單據經統項計劃與標準應當縣區省權產檢資織構級體"
    "二三四五六七八九十,。、:;()《》“”,。、:;()"
)
# Where two are equally good, the first.
_ENCODINGS = ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be")
_SAMPLES, _SAMPLE_LENGTH = 16, 4096
_MAX_BROKEN = 0.005  # share of characters that may be unreadable: a page cut in mid-character is still a page
_MIN_COMMON = 0.12
_NO_CHINESE = {
    "docx": "里几乎没有中文，请检查是不是选错了文件",
    "pdf": "的文字无法辨认，字体没有说明各是什么字，请用文字识别（OCR）软件转成 .docx 或纯文本，核对后再导入",
}


@dataclass(frozen=True)
class Decoded:
    """The text of a file with ``\\n`` line ends, the encoding or format it was read in, and what is left out of it."""

    text: str
    encoding: str
    removals: tuple[Removal, ...] = ()


def check_size(size: int, name: str) -> None:
    """Raise GazetteRefused for a file of ``size`` bytes that is empty or over the limit."""
    if size == 0:
        raise GazetteRefused(f"“{name}”是空文件，没有可以导入的内容。")
    if size > MAX_BYTES:
        raise GazetteRefused(f"“{name}”超过 {MAX_BYTES // 1024 // 1024} MB，请拆分后再导入。")


def decode(data: bytes, name: str) -> Decoded:
    """Return the text of ``data``.

    Raises GazetteRefused where it is empty, too large, binary, a document that cannot be read, or in no encoding that
    gives Chinese text.
    """
    check_size(len(data), name)
    opened = open_container(data, name)
    if opened is not None:
        text = _checked(opened.text, opened.format, name, _NO_CHINESE[opened.format]).text
        return Decoded(text, opened.format, opened.removals)
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _checked(data.decode(encoding, errors="replace"), encoding, name)
    best = max(_ENCODINGS, key=lambda encoding: _score(_sample(data, encoding)))
    return _checked(data.decode(best, errors="replace"), best, name)


def _sample(data: bytes, encoding: str) -> str:
    """Return up to 64 KB decoded from the whole length of ``data``, in pieces that begin where a character does."""
    if len(data) <= _SAMPLES * _SAMPLE_LENGTH:
        return data.decode(encoding, errors="replace")
    pieces = []
    for start in range(0, len(data), len(data) // _SAMPLES):
        if encoding.startswith("utf-16"):
            begin = start - start % 2
        else:
            begin = data.find(b"\n", start, start + _SAMPLE_LENGTH) + 1 or start
        pieces.append(data[begin : begin + _SAMPLE_LENGTH].decode(encoding, errors="ignore"))
    return "".join(pieces)


def _score(text: str) -> float:
    """Return how much ``text`` looks like Chinese prose: the share of common characters less that of broken ones."""
    wide = [c for c in text if not c.isascii()]
    if not wide:
        return 0.0
    common = sum(c in _COMMON for c in wide)
    broken = sum(c == "\ufffd" or unicodedata.category(c) in {"Cn", "Co", "Cs"} for c in wide)
    return (common - 5 * broken) / len(wide)


def _checked(text: str, encoding: str, name: str, unreadable: str = "") -> Decoded:
    """Return the decoded ``text`` with unified line ends.

    Raises GazetteRefused where it holds too many control characters (binary) or unreadable ones, or no Chinese; with the
    reason ``unreadable`` where the file was no plain text.
    """
    if not text.strip("\ufeff \t\r\n\x0c\u3000\xa0"):
        raise GazetteRefused(f"“{name}”里只有空白，没有可以导入的内容。")
    control = sum(text.count(chr(code)) for code in range(32) if chr(code) not in "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f")
    if control > len(text) * _MAX_BROKEN:
        raise GazetteRefused(f"“{name}”{unreadable or '是二进制文件，不是文本，请先另存为纯文本再导入'}。")
    broken = text.count("\ufffd")
    sample = text[:: max(1, len(text) // (_SAMPLES * _SAMPLE_LENGTH))]
    if broken > max(1, len(text) * _MAX_BROKEN) or (not text.isascii() and _score(sample) < _MIN_COMMON):
        raise GazetteRefused(f"“{name}”{unreadable or '的文字无法辨认，编码不是 UTF-8、GB18030、UTF-16 或 Big5'}。")
    return Decoded(text.replace("\r\n", "\n").replace("\r", "\n"), encoding)
