"""Recognising one policy document (政策文件) in two spellings of its number and title."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from bot.hotline.knowledge import PolicyDocument, normalise_document_number

_AROUND = re.compile(r"^.*?关于(?:印发|转发|发布)?(?=.)|的?通知$")  # who issued it, and the notice it came with


def title_key(title: str) -> str:
    """Return what is left of a title without punctuation, spacing, its issuer and the notice around it."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", title) if c.isalnum())
    return _AROUND.sub("", plain) or plain


def find_document(
    documents: Sequence[PolicyDocument], wanted: PolicyDocument, *, by_number: bool = True
) -> PolicyDocument | None:
    """Return the one of ``documents`` that is ``wanted`` by number and title, by title, or by a number no other has.

    Only documents of the same place are compared. Two different numbers are two documents, whatever the title.
    One notice may issue several texts under one number: ``by_number=False`` where ``wanted`` is one of several.
    """
    number = _number(wanted)
    candidates = [
        document
        for document in documents
        if document.jurisdiction == wanted.jurisdiction and (not number or _number(document) in (number, ""))
    ]
    same_title = [document for document in candidates if title_key(document.title) == title_key(wanted.title)]
    same_number = [document for document in candidates if number and _number(document) == number]
    both = [document for document in same_title if document in same_number]
    found = (both, same_title, same_number if by_number else [])
    return next((one[0] for one in found if len(one) == 1), None)


def names_document(document: PolicyDocument, written: str, place: str) -> bool:
    """Return whether ``written``, a number or a title in another document of ``place``, means ``document``."""
    if normalise_document_number(written) == _number(document):
        return True
    return document.jurisdiction == place and title_key(written) == title_key(document.title)


def _number(document: PolicyDocument) -> str:
    return normalise_document_number(document.number) if document.number else ""
