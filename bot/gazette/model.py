"""What reading a gazette gives: documents, their provisions, and everything that was taken out or put back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from bot.gazette.spelling import plain


@dataclass(frozen=True)
class SourceProvision:
    """A clause (条款) as printed, under a stable path such as ``第十四条(三)`` or ``三(二)2``.

    ``text`` holds the texts of all levels below as well. ``heading`` is the clause's own short title, or for an article
    (条) the title of its chapter (章). ``order`` counts provisions through the document.
    """

    path: str
    heading: str | None
    text: str
    order: int


@dataclass(frozen=True)
class SourceDocument:
    """One policy document (政策文件) of a gazette, with only what the document itself states.

    ``title`` is that of the normative text; where it was printed under a covering notice (印发通知), ``annexed_to`` is
    the notice's title and number, dates and authority are the notice's. ``effective_until`` is the first day on which
    it no longer applies. ``repeals`` are the numbers (发文字号) of documents that it repeals.
    """

    number: str | None
    title: str
    issuing_authority: str | None
    issued_on: dt.date | None
    effective_from: dt.date | None
    effective_until: dt.date | None
    repeals: tuple[str, ...]
    provisions: tuple[SourceProvision, ...]
    text: str
    annexed_to: str | None


@dataclass(frozen=True)
class Removal:
    """Something that stood in the file and is in no document: ``what`` in line ``line``, and why it was taken out.

    ``what`` is in Simplified characters.
    ``restored`` is what the document proves to have stood there. None means that nothing was put back: the thing was an
    addition, or what it displaced cannot be proved and a gap is left; ``reason`` (Chinese) says which.
    """

    line: int
    what: str
    reason: str
    restored: str | None = None


@dataclass(frozen=True)
class Gazette:
    """A gazette (政府公报) as read from one file; ``encoding`` is that of plain text, otherwise ``docx`` or ``pdf``."""

    documents: tuple[SourceDocument, ...]
    removals: tuple[Removal, ...]
    encoding: str
    was_traditional: bool


@dataclass(frozen=True)
class Line:
    """A line of text without surrounding white space, and the number of the line of the file that it stands in."""

    number: int
    text: str

    @cached_property
    def plain(self) -> str:
        """The text in the one spelling that things are recognised in, of the same length."""
        return plain(self.text)
