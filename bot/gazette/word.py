"""The text of a Word document (.docx) as it is printed: paragraphs and tables in order, changes as if accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from bot.gazette.model import Removal
from bot.gazette.spelling import proper
from bot.gazette.word_numbers import Numbers, UnknownNumber, read_numbers
from bot.gazette.word_package import open_word

_MARKUP = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_TEXT = frozenset({qn("w:t"), qn("m:t")})
_CHARACTERS = {
    qn("w:tab"): "\t",
    qn("w:ptab"): "\t",
    qn("w:br"): "\n",
    qn("w:cr"): "\n",
    qn("w:noBreakHyphen"): "-",
}
_DELETED = frozenset({qn("w:del"), qn("w:moveFrom")})
_SHAPES = frozenset({qn("w:drawing"), qn("w:pict"), qn("w:object")})
# Properties hold no text of their own, and in the rules of a revision the old ones; a pronunciation (w:rt) is no text.
_SKIPPED = frozenset(
    {qn("w:pPr"), qn("w:rPr"), qn("w:sdtPr"), qn("w:tblPr"), qn("w:trPr"), qn("w:tcPr"), qn("w:sectPr"), qn("w:rt")}
)
_BESIDE = {
    RELATIONSHIP_TYPE.HEADER: "页眉",
    RELATIONSHIP_TYPE.FOOTER: "页脚",
    RELATIONSHIP_TYPE.FOOTNOTES: "脚注",
    RELATIONSHIP_TYPE.ENDNOTES: "尾注",
    RELATIONSHIP_TYPE.COMMENTS: "批注",
}


def read_word(data: bytes, name: str) -> tuple[str, tuple[Removal, ...]]:
    """Return the text of the .docx file ``data``, each paragraph and each row of a table a line, and what is left out.

    Numbers that Word counts are spelt out. Left out are deleted and hidden text, text boxes, and what stands beside the
    text: headers, footers, notes, comments. Raises GazetteRefused as open_word does, and whatever the libraries raise
    where the file is broken.
    """
    document = open_word(data, name)
    reader = _Reader(document)
    lines: list[str] = []
    removals = [Removal(1, text, f"{kind}，不在正文中") for kind, text in _beside(document)]
    for line in reader.blocks(document.element.body):
        lines.append(line)
        removals += reader.take_left_out(len(lines))
    carried = reader.take_carried()
    lines += carried.split("\n") if carried else []
    removals += reader.take_left_out(max(1, len(lines)))
    return proper("\n".join(lines)), tuple(removals)  # texts that were copied from a PDF have its radicals


class _Reader:
    """Reads the elements of a document's body in their order, counting its numbered paragraphs."""

    def __init__(self, document: WordDocument) -> None:
        related = {relation.reltype: relation.target_part for relation in document.part.rels.values()}
        numbering: Any = related.get(RELATIONSHIP_TYPE.NUMBERING)
        self._numbers: Numbers = read_numbers(
            numbering.element if numbering is not None else None, document.styles.element
        )
        self._left_out: list[tuple[str, str]] = []
        self._carried: list[str] = []  # text of paragraphs whose ends were deleted: it goes on in the next one

    def take_left_out(self, line: int) -> list[Removal]:
        """Return what was left out since the last call, as standing in ``line``."""
        found = [Removal(line, what.strip(), why) for what, why in self._left_out if what.strip()]
        self._left_out = []
        return found

    def take_carried(self) -> str:
        """Return the text that waits for the paragraph that it goes on in."""
        text, self._carried = "".join(self._carried), []
        return text

    def blocks(self, parent: Any) -> Iterator[str]:
        """Yield the lines of the paragraphs and tables in ``parent``."""
        for child in _children(parent):
            if child.tag == qn("w:p"):
                yield from self._paragraph(child)
            elif child.tag == qn("w:tr"):
                yield from self._row(child)
            elif child.tag not in _SKIPPED:  # a table, a content control and the like
                yield from self.blocks(child)

    def _row(self, row: Any) -> Iterator[str]:
        """Yield a row of a table as one line; the only cell of a row is a frame around ordinary lines."""
        if row.find(f"{qn('w:trPr')}/{qn('w:del')}") is not None:
            self._left_out.append((_text_in(row), "修订中删去的表格行"))
            return
        cells = list(_cells(row))
        if len(cells) == 1:
            yield from self.blocks(cells[0])
        else:
            yield "\t".join(" ".join(filter(None, self.blocks(cell))) for cell in cells)

    def _paragraph(self, paragraph: Any) -> Iterator[str]:
        """Yield the lines of a paragraph: one, and one more for each line break in it."""
        properties = paragraph.find(qn("w:pPr"))
        self._carried += self._pieces(paragraph)
        mark = properties.find(qn("w:rPr")) if properties is not None else None
        if mark is not None and any(mark.find(tag) is not None for tag in _DELETED):
            return
        text = self.take_carried()
        try:
            number = self._numbers.next(properties)
        except UnknownNumber:
            number = ""
            self._left_out.append(("自动编号", "不能识别的自动编号格式，编号没有读出"))
        # A number that ends in 、 or ) needs no space, which printed texts do not have either; 1.2023年 does.
        apart = number[-1:].isalpha() or number[-1:].isdecimal() or text[:1].isdecimal()
        yield from (number + (" " if number and apart else "") + text).split("\n")

    def _pieces(self, parent: Any) -> Iterator[str]:
        """Yield the text in ``parent``, piece by piece, and note what is left out."""
        for child in _children(parent):
            if child.tag in _TEXT:
                yield (child.text or "").replace("\n", " ")
            elif child.tag in _CHARACTERS:
                yield _CHARACTERS[child.tag]
            elif child.tag in _DELETED:
                self._left_out.append((_text_in(child), "修订中删去的文字"))
            elif child.tag in _SHAPES:
                self._left_out.append((_text_in(child), "文本框里的文字，不在正文中"))
            elif child.tag == qn("w:r") and _is_hidden(child):
                self._left_out.append((_text_in(child), "隐藏的文字"))
            elif child.tag not in _SKIPPED:
                yield from self._pieces(child)


def _children(parent: Any) -> Iterator[Any]:
    """Yield the child elements of ``parent``; of the alternatives for several versions of Word the first."""
    for child in parent.iterchildren("*"):
        if child.tag == f"{_MARKUP}AlternateContent":
            yield from next(iter(child.iterchildren("*")), ())
        else:
            yield child


def _is_hidden(run: Any) -> bool:
    vanish = run.find(f"{qn('w:rPr')}/{qn('w:vanish')}")
    return vanish is not None and vanish.get(qn("w:val"), "1") not in ("0", "false", "off")


def _cells(row: Any) -> Iterator[Any]:
    """Yield the cells of ``row``, also those within content controls, without deleted ones."""
    for child in _children(row):
        if child.tag == qn("w:tc"):
            if child.find(f"{qn('w:tcPr')}/{qn('w:cellDel')}") is None:
                yield child
        elif child.tag not in _SKIPPED:
            yield from _cells(child)


def _text_in(element: Any) -> str:
    """Return all text in ``element``, deleted text too; that of alternatives once."""
    fallback = f"{_MARKUP}Fallback"
    return "".join(
        found.text or ""
        for found in element.iter(qn("w:t"), qn("w:delText"))
        if not any(above.tag == fallback for above in found.iterancestors())
    )


def _beside(document: WordDocument) -> Iterator[tuple[str, str]]:
    """Yield the kind and the text of each part that stands beside the body."""
    for relation in document.part.rels.values():
        kind = _BESIDE.get(relation.reltype)
        text = _text_in(parse_xml(relation.target_part.blob)).strip() if kind else ""
        if kind and text:
            yield kind, text
