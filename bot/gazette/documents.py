"""From the lines of one entry of a gazette to its documents, with what they state about themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.gazette.annexes import Annex, count_title_lines, join_title, split_annexes
from bot.gazette.closing import split_closing
from bot.gazette.displacement import Place, government_code, printed_authority
from bot.gazette.metadata import find_date, find_repeals, find_validity, signature_authority
from bot.gazette.model import Line, SourceDocument
from bot.gazette.outline import first_number, read_provisions
from bot.gazette.spelling import plain
from bot.gazette.splitting import Start

_REPORT = re.compile(
    r"现将(?:我|全|本)?(?P<level>[省市县区州镇])?(?P<subject>[^,。;:]{2,40}?)(?P<situation>情况)?(?P<genre>汇报|报告|通报)如下"
)
_YEAR = re.compile(r"\d{4}年")
_OPENING_LINES, _OPENING_LENGTH = 3, 2000
_TITLE_SEARCHED = 10  # lines at the head of a file in which the title of its only document is looked for
_LONGEST_OPENING = 40


def build_documents(header: Sequence[Line], lines: Sequence[Line], start: Start, place: Place) -> list[SourceDocument]:
    """Return the documents of one entry: the texts annexed to its notice, or the entry itself where none is annexed.

    ``header`` are the lines of its title and number, ``lines`` those below.
    """
    if start.issuer and start.number:
        printed = start.number
    else:
        titled = [*header[start.title_start - start.first : start.title_end - start.first]]
        if start.title_length is not None:
            titled = [replace(line, text=line.text[: start.title_length]) for line in titled]
        printed = join_title(titled)
    notice, annexes = split_annexes(printed, lines)
    if not annexes:
        return [_build(Annex(printed, (), tuple(lines)), header, (), start, place, None)]
    return [_build(annex, header, notice, start, place, printed) for annex in annexes]


def find_untitled(lines: Sequence[Line]) -> tuple[int, int]:
    """Return (first line, lines of the title) of the document without a number that ``lines`` are.

    Its title stands in the first lines, below what the page may have above it; (0, 0) where none is printed.
    """
    for index in range(min(_TITLE_SEARCHED, first_number(lines))):
        count = count_title_lines(lines[index:])
        if count:
            return index, count
    return 0, 0


def build_untitled(lines: Sequence[Line], count: int, fallback_title: str | None, place: Place) -> SourceDocument:
    """Return the document without a number that ``lines`` are, the first ``count`` of them its title.

    Where it prints none, its title is ``fallback_title``, else what the text calls itself, else its first words.
    """
    title = join_title(lines[:count]) or fallback_title or derive_title(lines, place) or _first_words(lines)
    start = Start(None, 0, count, count, first=0)
    return _build(Annex(title, (), tuple(lines[count:])), lines[:count], (), start, place, None)


def derive_title(lines: Sequence[Line], place: Place) -> str | None:
    """Return the title that a report gives itself in its opening, with the place and the year that stand there.

    现将我区开展X工作情况汇报如下 of a text that names 云江区 and begins with 2018年 is 云江区2018年X工作情况汇报.
    """
    opening = "".join(line.plain for line in lines[:_OPENING_LINES])[:_OPENING_LENGTH]
    match = _REPORT.search(opening)
    if match is None:
        return None
    levels = (match["level"],) if match["level"] else ("省", "市", "区", "县", "州", "镇")
    names = sorted((name for name in place.names if name.endswith(levels)), key=len)
    name = next((name for name in names if any(name in line.plain for line in lines)), None)
    if name is None:
        return None
    year = _YEAR.match(opening)
    subject = re.sub(r"^(?:开展|落实|推进)", "", match["subject"])
    return f"{name}{year.group() if year else ''}{subject}{match['situation'] or ''}{match['genre']}"


def _first_words(lines: Sequence[Line]) -> str:
    return re.split(r"[,。;:]", lines[0].plain[:_LONGEST_OPENING])[0]


def _build(
    text: Annex, header: Sequence[Line], notice: Sequence[Line], start: Start, place: Place, annexed_to: str | None
) -> SourceDocument:
    """Return the document that ``text`` is under ``header`` and ``notice``."""
    closing = split_closing(text.lines)
    first = first_number(closing.body)
    everything = "\n".join(line.text for line in (*header, *notice, *text.title_lines, *text.lines))
    spelled = plain(everything)
    issued_on = find_date([*reversed(notice), *reversed(closing.signature), *text.lines[:3]])
    validity = find_validity(spelled, issued_on)
    named = start.issuer or printed_authority(plain(annexed_to or text.title))
    return SourceDocument(
        number=start.number,
        title=text.title,
        issuing_authority=_authority(named or signature_authority([*notice, *text.lines]), start.number, place),
        issued_on=issued_on,
        effective_from=validity.effective_from,
        effective_until=validity.effective_until,
        repeals=find_repeals(spelled, start.number),
        provisions=read_provisions([*notice, *closing.body[:first]], closing.body[first:], closing.attachments),
        text=everything,
        annexed_to=annexed_to,
    )


def _authority(named: str | None, number: str | None, place: Place) -> str | None:
    """Return the issuing authority ``named`` by title or signature in full, else the one that ``number`` proves."""
    government = place.authority
    code = government_code(number)
    if named is None:
        proved = code is not None and government is not None and place.is_named_by(code[0])
        return f"{government}{place.office if code and code[1] else ''}" if proved else None
    if government:
        for full in (government, government + place.office):
            if full.endswith(named):
                return full
    return named
