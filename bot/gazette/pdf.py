"""The text of a PDF with a text layer, line by line with its place on the page, under limits that hold for any file."""

from __future__ import annotations

import io
import logging
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pypdf import PageObject, PdfReader, apply_configuration

from bot.errors import GazetteRefused
from bot.gazette.model import Removal
from bot.gazette.pdf_lines import PrintedLine, columns, join_pages
from bot.gazette.spelling import proper

MAX_PAGES = 2000
_MOST_CONTENT = 100 * 1024 * 1024  # bytes of drawing instructions in all pages
_LIMITS: dict[str, Any] = {
    "zlib_maximum_output_length": 20 * 1024 * 1024,
    "lzw_maximum_output_length": 20 * 1024 * 1024,
    "run_length_maximum_output_length": 20 * 1024 * 1024,
}
_LEAST_TEXT = 10  # characters a page, on an average; what has less is a scan, perhaps with a stamp of its scanner
# Between two texts on one line only the cells of a table have a gap of so many characters, and of so much of the line
# before it: where a line is stretched, the text ends further to the right than is reckoned.
_GAP, _STRETCH = 2.0, 0.15
# Spaces that a program draws, or that pypdf sees, where a line is stretched or digits stand in Chinese. Behind 第一条 one
# belongs to the text.
_LAYOUT = re.compile(r"(?<=[^\x00-\x7f]) (?=\S)|(?<=\S) (?=[^\x00-\x7f])")
_LABEL = re.compile(r"第\S{1,8}[编章节条] |")

logging.getLogger("pypdf").setLevel(
    logging.CRITICAL
)  # it reports each oddity of a file; who uploads it cannot help that


def read_pdf(data: bytes, name: str) -> tuple[str, tuple[Removal, ...]]:
    """Return the text of the PDF ``data``, each paragraph a line, and what is left out: headers, footers, page numbers.

    Raises GazetteRefused where it needs a password, has too many pages or too much in them, or is a scan, and whatever
    pypdf raises where it is broken.
    """
    with apply_configuration(**_LIMITS):
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):  # a PDF that only restricts its use opens without one
            raise GazetteRefused(f"“{name}”是加了密码的 PDF，请用 PDF 软件去掉密码，或另存为 .docx 或纯文本再导入。")
        if len(reader.pages) > MAX_PAGES:
            raise GazetteRefused(f"“{name}”超过 {MAX_PAGES} 页，没有读取，请拆分后再导入。")
        pages = [_lines(page) for page in _within_limits(reader, name)]
    if sum(len(line.text) for page in pages for line in page) < _LEAST_TEXT * max(1, len(pages)):
        raise GazetteRefused(
            f"“{name}”是扫描的 PDF，只有图片，没有文字，请用文字识别（OCR）软件转成 .docx 或纯文本，核对后再导入。"
        )
    lines, removals = join_pages(pages)
    return "\n".join(lines), tuple(removals)


def _within_limits(reader: PdfReader, name: str) -> Sequence[PageObject]:
    """Return the pages. Raises GazetteRefused where they draw more than any gazette: pages may share one long drawing."""
    total = 0
    pages = list(reader.pages)
    for page in pages:
        content = page.get_contents()
        total += len(content.get_data()) if content is not None else 0
        if total > _MOST_CONTENT:
            raise GazetteRefused(
                f"“{name}”各页的内容合计超过 {_MOST_CONTENT // 1024 // 1024} MB，没有读取，请拆分或另存为 .docx 再导入。"
            )
    return pages


@dataclass
class _Assembler:
    """Puts the pieces of text that pypdf finds on a page together to lines, keeping where these begin and end."""

    lines: list[PrintedLine] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)
    _left: float = 0.0
    _right: float = 0.0
    _size: float = 0.0
    _is_row: bool = False

    def take(self, text: str, page: Sequence[float], place: Sequence[float], _font: Any, size: float) -> None:
        """Take a piece of text, as pypdf's ``visitor_text``: it begins at ``place`` in the coordinates of ``page``."""
        first, *rest = text.split("\n")
        self._add(first, page, place, size)
        for piece in rest:
            self.end_line()
            self._add(piece, page, place, size)

    def end_line(self) -> None:
        """End the line that is being put together."""
        text = _repaired("".join(self._parts))
        if text:
            self.lines.append(PrintedLine(text, self._left, self._right, self._size, self._is_row))
        self._parts, self._is_row = [], False

    def _add(self, text: str, page: Sequence[float], place: Sequence[float], size: float) -> None:
        if not text.strip():
            self._parts += [text] if self._parts else []
            return
        left = place[4] * page[0] + place[5] * page[2] + page[4]
        em = abs(size) * math.hypot(place[0], place[1]) * math.hypot(page[0], page[1]) or 1.0
        if not self._parts:
            self._left, self._size = left, em
        elif left - self._right > _GAP * em + _STRETCH * (self._right - self._left):
            self._is_row, self._parts[-1], text = True, self._parts[-1].rstrip() + "\t", text.lstrip()
        self._right = left + columns(text.rstrip()) * em / 2
        self._parts.append(text)


def _lines(page: PageObject) -> list[PrintedLine]:
    assembler = _Assembler()
    page.extract_text(visitor_text=assembler.take)
    assembler.end_line()
    return assembler.lines


def _repaired(text: str) -> str:
    """Return ``text`` in proper characters, and without spaces that are only layout."""
    text = proper(text).strip()
    label = _LABEL.match(text)
    begin = label.end() if label else 0
    return text[:begin] + _LAYOUT.sub("", text[begin:])
