"""What ends a document: signature, date, notes, and the list of its attachments (GB/T 9704-2012 7.3.4-7.3.7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.gazette.model import Line
from bot.gazette.splitting import is_date_line

_SIGNATURE = re.compile(r"[\u4e00-\u9fff、 ]{2,40}(?:政府|办公[室厅]|委员会|领导小组|[委局厅院会部])")
_OFFICER = re.compile(r"(?:省长|市长|州长|县长|区长|主席|主任)\s?[\u4e00-\u9fff·\s]{2,10}")
_NOTE = re.compile(
    r"\((?:此件|联系|主动公开|依申请公开|本文).{0,60}\)|(?:抄送|主送|分送|印发机关):.{0,200}|.{0,40}\d{4}年\d{1,2}月\d{1,2}日印发"
)
_LIST = re.compile(r"附\s*件\s*\d*\s*:.{0,200}|附\s*件\s*:?")
_ENTRY = re.compile(r"(?:\d{1,2}\s*[.、]|附\s*件\s*\d+|\(\d{1,2}\)).{1,200}")
_LABEL = re.compile(r"附\s*件\s*\d*\s*:?")
_LONGEST, _MOST_ATTACHMENTS = 220, 40


@dataclass(frozen=True)
class Closing:
    """A text in three parts: ``body`` without the closing lines, the list of ``attachments``, the ``signature``."""

    body: tuple[Line, ...]
    attachments: tuple[Line, ...]
    signature: tuple[Line, ...]


def is_attachment_label(text: str) -> bool:
    """Return whether the line ``text`` is only the label of an attachment: 附件1."""
    return len(text) <= 12 and bool(_LABEL.fullmatch(text))


def split_closing(lines: Sequence[Line]) -> Closing:
    """Return ``lines`` without the signature, date and notes at their end and the list of attachments."""
    end = _before_signature(lines, len(lines))
    begin = _attachments_begin(lines, end)
    if begin is None:
        return Closing(tuple(lines[:end]), (), tuple(lines[end:]))
    body_end = _before_signature(lines, begin)
    signature = (*lines[body_end:begin], *lines[end:])
    return Closing(tuple(lines[:body_end]), tuple(lines[begin:end]), signature)


def _before_signature(lines: Sequence[Line], end: int) -> int:
    """Return where the signature, date and notes that end ``lines[:end]`` begin."""
    while end > 0:
        text = lines[end - 1].plain
        above_date = end < len(lines) and is_date_line(lines[end].plain)
        signs = above_date and len(text) <= 40 and (_SIGNATURE.fullmatch(text) or _OFFICER.fullmatch(text))
        if not (is_date_line(text) or signs or (len(text) <= _LONGEST and _NOTE.fullmatch(text))):
            break
        end -= 1
    return end


def _attachments_begin(lines: Sequence[Line], end: int) -> int | None:
    """Return where the list of attachments that ends ``lines[:end]`` begins, None where there is none."""
    for index in range(end - 1, max(-1, end - _MOST_ATTACHMENTS), -1):
        text = lines[index].plain
        if len(text) > _LONGEST:
            return None
        if _LIST.fullmatch(text):
            return index
        if not _ENTRY.fullmatch(text):
            return None
    return None
