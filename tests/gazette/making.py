"""Word documents and PDF made for tests: real files, the latter written by hand with a font that is not embedded."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence

from docx import Document
from docx.document import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from bot.gazette.pdf_lines import columns

NAMESPACES = nsdecls("w")
WIDTH, HEIGHT = 28, 20  # characters in a line and lines on a page, as GB/T 9704-2012 5.2.2 has it
_LEFT, _TOP, _SIZE, _LEADING = 80, 740, 16, 28


def saved(document: WordDocument) -> bytes:
    """Return ``document`` as the bytes of a .docx file."""
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def word(text: str) -> bytes:
    """Return a .docx file with a paragraph for each line of ``text``."""
    document = Document()
    for line in text.splitlines():
        document.add_paragraph(line)
    return saved(document)


def body(*elements: str) -> bytes:
    """Return a .docx file whose body consists of ``elements``, WordprocessingML without namespaces."""
    document = Document()
    for element in elements:
        head, separator, rest = element.partition(">")
        opening = f"{head[:-1]} {NAMESPACES}/" if head.endswith("/") else f"{head} {NAMESPACES}"
        document.element.body.insert(len(document.element.body) - 1, parse_xml(opening + separator + rest))
    return saved(document)


def with_part(data: bytes, name: str, content: bytes | None) -> bytes:
    """Return the archive ``data`` with the part ``name`` replaced or added, or without it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.namelist():
            if member != name:
                target.writestr(member, source.read(member))
        if content is not None:
            target.writestr(name, content)
    return out.getvalue()


def printed(text: str, *, head: str = "", numbers: bool = True) -> list[list[tuple[int, str]]]:
    """Return the pages that ``text`` takes in print, each line with the characters that it is indented by."""
    lines: list[tuple[int, str]] = []
    for paragraph in text.splitlines():
        indent, begin = 2, 0
        while begin < len(paragraph):
            end = begin + 1
            while end < len(paragraph) and columns(paragraph[begin : end + 1]) <= 2 * (WIDTH - indent):
                end += 1
            lines.append((indent, paragraph[begin:end]))
            indent, begin = 0, end
    pages = [lines[begin : begin + HEIGHT] for begin in range(0, len(lines), HEIGHT)]
    return [
        [*([(9, head)] if head else []), *page, *([(13, str(number))] if numbers else [])]
        for number, page in enumerate(pages, start=1)
    ]


def pdf(pages: Sequence[Sequence[tuple[int, str]]], *, mapped: bool = True) -> bytes:
    """Return a PDF of ``pages``; glyphs are numbered as they occur, and only where ``mapped`` it says what they are."""
    used = dict.fromkeys(character for page in pages for _, line in page for character in line)
    glyphs = {character: number for number, character in enumerate(used, start=1)}
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>"
        % (len(pages), b" ".join(b"%d 0 R" % (6 + 2 * i) for i in range(len(pages)))),
        b"<</Type/Font/Subtype/Type0/BaseFont/STFangsong/Encoding/Identity-H/DescendantFonts[4 0 R]%s>>"
        % (b"/ToUnicode 5 0 R" if mapped else b""),
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/STFangsong/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        b"/Supplement 0>>/DW 1000/FontDescriptor<</Type/FontDescriptor/FontName/STFangsong/Flags 4>>>>",
        _stream(_to_unicode(glyphs)),
    ]
    for number, page in enumerate(pages):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>"
            % (7 + 2 * number)
        )
        objects.append(_stream(_drawn(page, glyphs)))
    return assembled(objects)


def assembled(objects: Iterable[bytes]) -> bytes:
    """Return a PDF of ``objects``, the first of which is its catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, table)
    return bytes(out)


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content)


def _to_unicode(glyphs: dict[str, int]) -> bytes:
    pairs = [f"<{number:04x}><{ord(character):04x}>" for character, number in glyphs.items()]
    blocks = [pairs[begin : begin + 100] for begin in range(0, len(pairs), 100)]
    maps = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return f"begincmap\n1 begincodespacerange\n<0000><ffff>\nendcodespacerange\n{maps}\nendcmap\n".encode()


def _drawn(page: Sequence[tuple[int, str]], glyphs: dict[str, int]) -> bytes:
    drawn = []
    for row, (indent, line) in enumerate(page):
        place = f"1 0 0 1 {_LEFT + indent * _SIZE} {_TOP - row * _LEADING} Tm"
        drawn.append(f"BT /F1 {_SIZE} Tf {place} <{''.join(f'{glyphs[c]:04x}' for c in line)}> Tj ET")
    return "\n".join(drawn).encode()
