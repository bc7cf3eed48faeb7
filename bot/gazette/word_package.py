"""A .docx file opened with suspicion: measured before it is unpacked, and only the parts that hold text are unpacked."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.oxml import parse_xml
from lxml import etree

from bot.errors import GazetteRefused

_MOST_PARTS = 5000
_UNPACKED = 50 * 1024 * 1024  # bytes; Word writes some 30,000 for a printed page
_MOST_TAGS = 4_000_000  # a thousand printed pages have less than a million
_KINDS = (
    ("OFD.xml", "OFD 版式文件，请另存为带文字的 PDF、.docx 或纯文本再导入"),
    ("xl/", "Excel 表格，请把正文另存为 .docx 或纯文本再导入"),
    ("ppt/", "演示文稿，请把正文另存为 .docx 或纯文本再导入"),
)
# The relations to parts that are read. Pictures, charts and fonts stay packed, and a relation that leads nowhere, which
# Word leaves behind with deleted pictures, breaks nothing.
_RELATIONS = frozenset(
    {"officeDocument", "styles", "numbering", "header", "footer", "footnotes", "endnotes", "comments"}
)
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


def open_word(data: bytes, name: str) -> WordDocument:
    """Return the Word document in ``data``.

    Raises GazetteRefused where it is another kind of archive or unpacks to too much, and whatever the libraries raise
    where it is broken.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: info for info in archive.infolist()}
        _check_kind(members, name)
        _check_size(members, name)
        return Document(_repacked(archive, members, name))


def _check_kind(members: Mapping[str, zipfile.ZipInfo], name: str) -> None:
    """Raise GazetteRefused with what the archive is where it is no Word document."""
    if any(member.startswith("word/") for member in members):
        return
    for prefix, kind in _KINDS:
        if any(member.startswith(prefix) for member in members):
            raise GazetteRefused(f"“{name}”是{kind}。")
    raise GazetteRefused(f"“{name}”是压缩包或其他 Office 文档，请先解压，或另存为 .docx、PDF 或纯文本再导入。")


def _check_size(members: Mapping[str, zipfile.ZipInfo], name: str) -> None:
    """Raise GazetteRefused where the archive would unpack to more than any gazette."""
    unpacked = sum(info.file_size for member, info in members.items() if _holds_text(member))
    if len(members) > _MOST_PARTS or unpacked > _UNPACKED:
        raise _too_much(name)


def _too_much(name: str) -> GazetteRefused:
    return GazetteRefused(
        f"“{name}”的文字部分解压后超过 {_UNPACKED // 1024 // 1024} MB，或者部件太多，没有读取，请拆分，或另存为纯文本再导入。"
    )


def _holds_text(member: str) -> bool:
    return member.endswith((".xml", ".rels"))


def _repacked(archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], name: str) -> io.BytesIO:
    """Return an archive of the parts that hold text, each as long as it said it was.

    python-docx unpacks a part in one go, which is as much memory as a lying archive wants; here it cannot lie. Raises
    GazetteRefused where the parts have too many tags, of which the parser makes much more than it reads.
    """
    out = io.BytesIO()
    tags = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as repacked:
        for member, info in members.items():
            if _holds_text(member):
                content = _content(archive, info)
                repacked.writestr(member, content)
                tags += content.count(b"<")
                if tags > _MOST_TAGS:
                    raise _too_much(name)
    out.seek(0)
    return out


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return a part, relations without those that are not read.

    Raises ValueError for what the standard (ISO/IEC 29500-2) does not allow in a package: other compressions, document
    types, and with them entities.
    """
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"compression {info.compress_type}")
    with archive.open(info) as part:
        content = part.read(info.file_size)
    if any(doctype in content for doctype in _DOCTYPES):
        raise ValueError("document type")
    return _followed(content) if info.filename.endswith(".rels") else content


def _followed(relations: bytes) -> bytes:
    """Return the XML of ``relations`` with only those that are followed."""
    root: Any = parse_xml(relations)
    for relation in list(root):
        if relation.get("Type", "").rsplit("/", 1)[-1] not in _RELATIONS:
            root.remove(relation)
    return bytes(etree.tostring(root, encoding="UTF-8"))
