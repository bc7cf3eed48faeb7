"""The provisions of a document (条款) and their paths.

A path joins the printed numbers of the levels in half-width characters: ``第十四条(三)2``, ``三(二)2``,
``二(二)10(3)``. Chapters (章) do not enter it. Nothing is counted anew: points often run on across sub-sections, and a
citation must lead to what is printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.gazette.marks import HEADING_MAX, SENTENCE_END, Kind, Mark, begins_provision, cut, mark_at_start
from bot.gazette.model import Line, SourceProvision
from bot.gazette.spelling import plain

PREAMBLE = "前言"
ATTACHMENTS = "附件"

_SENTENCE_HEADING_MAX = 36  # a first sentence up to this length is a heading
_ALONE_HEADING_MAX = 25  # and so is a sentence that is all there is
_WRAPPED_MIN, _WRAPPED_MAX = 12, 40  # the first and the second line of a heading on two lines
_NESTED_ORDINAL = Kind.SECTION + 1


@dataclass(frozen=True)
class _Fragment:
    """A piece of text from one number to the next; ``continues`` says that it stands on the same line as the last."""

    text: str
    continues: bool = False


@dataclass
class _Node:
    """A provision while it is read: the fragments from ``start`` to ``end``; without a path it is a chapter."""

    path: str | None
    rank: int
    start: int
    heading: str | None
    end: int = 0


@dataclass
class _Reader:
    """What has been read so far: the fragments, the provisions, and which of those are open."""

    fragments: list[_Fragment] = field(default_factory=list)
    nodes: list[_Node] = field(default_factory=list)
    open: list[_Node] = field(default_factory=list)
    last: dict[Kind, int] = field(default_factory=dict)  # value of the last number of each kind
    last_top_section: int = 0  # of those that stand in no article
    taken: dict[str, int] = field(default_factory=dict)  # how often each path was asked for
    chapter: Mark | None = None
    chapter_heading: str | None = None


def read_provisions(
    preamble: Sequence[Line], body: Sequence[Line], attachments: Sequence[Line]
) -> tuple[SourceProvision, ...]:
    """Return the provisions of a document: 前言, the numbered ones of ``body`` in order, and the list of 附件.

    ``preamble`` stands before ``body`` (the covering notice); what ``body`` has before its first number belongs to 前言
    too. The text of a provision holds the texts of those below it. Every path occurs once.
    """
    reader = _Reader()
    for line in body:
        _read_line(reader, line.text)
    _close(reader, 0)
    first = reader.nodes[0].start if reader.nodes else len(reader.fragments)
    lead = "\n".join([*(line.text for line in preamble), *_lines(reader.fragments[:first])])
    found: list[tuple[str, str | None, str]] = [(PREAMBLE, None, lead)] if lead else []
    found += [
        (node.path, node.heading, "\n".join(_lines(reader.fragments[node.start : node.end])))
        for node in reader.nodes
        if node.path is not None
    ]
    if attachments:
        found.append((_unique(reader, ATTACHMENTS), None, "\n".join(line.text for line in attachments)))
    return tuple(SourceProvision(path, heading, text, order) for order, (path, heading, text) in enumerate(found))


def first_number(lines: Sequence[Line]) -> int:
    """Return the index of the first line that begins with a number of the top levels, ``len(lines)`` if none does."""
    return next((index for index, line in enumerate(lines) if begins_provision(line.plain)), len(lines))


def _lines(fragments: Sequence[_Fragment]) -> Iterator[str]:
    """Yield the fragments as lines, those of one printed line together."""
    line: list[str] = []
    for fragment in fragments:
        if line and not fragment.continues:
            yield "".join(line)
            line = []
        line.append(fragment.text)
    if line:
        yield "".join(line)


def _read_line(reader: _Reader, text: str) -> None:
    """Read one line: the number at its start, if any, and those that follow ends of sentences in it."""
    spelled = plain(text)
    mark = mark_at_start(spelled, reader.last)
    if mark is None:
        _continue_heading(reader, text)
        reader.fragments.append(_Fragment(text))
        return
    for begin, end, found in list(cut(spelled, mark, reader.last)):
        _open(reader, found, text[begin:end])
        reader.fragments.append(_Fragment(text[begin:end], continues=begin > 0))


def _open(reader: _Reader, mark: Mark, text: str) -> None:
    """Begin the provision that ``mark`` numbers; it closes those of its rank and below."""
    rank = _rank(reader, mark)
    _close(reader, rank)
    reader.last[mark.kind] = mark.ordinal
    if mark.kind is Kind.CHAPTER:
        reader.chapter, reader.chapter_heading = mark, text.strip()
        reader.nodes.append(_Node(None, rank, len(reader.fragments), None))
        return
    above = reader.open[-1].path if reader.open else None
    heading = _heading(text, mark) or (reader.chapter_heading if mark.kind is Kind.ARTICLE else None)
    node = _Node(_unique(reader, (above or "") + mark.label), rank, len(reader.fragments), heading)
    reader.nodes.append(node)
    reader.open.append(node)


def _rank(reader: _Reader, mark: Mark) -> int:
    """Return how deep ``mark`` stands, which for some kinds depends on what came before.

    一、 stands in the article that is open, unless it continues the sections above it; 第一, stands in a section where
    there are sections.
    """
    if mark.kind is Kind.ORDINAL and reader.last_top_section:
        return _NESTED_ORDINAL
    if mark.kind is Kind.SECTION:
        in_article = any(node.rank == Kind.ARTICLE for node in reader.open)
        if not in_article or mark.ordinal == reader.last_top_section + 1 > 1:
            reader.last_top_section = mark.ordinal
            return Kind.ARTICLE
    return mark.kind


def _close(reader: _Reader, rank: int) -> None:
    """End the open provisions of ``rank`` and below before the next fragment."""
    while reader.open and reader.open[-1].rank >= rank:
        reader.open.pop().end = len(reader.fragments)


def _unique(reader: _Reader, path: str) -> str:
    """Return ``path``; where it is taken, with its chapter before it; where that is too, with a count after it.

    Sections that begin anew in each chapter are ``一``, then ``第二章一``; a second 1. in one place is ``一(一)1·2``.
    """
    if reader.chapter and path in reader.taken and not path.startswith(reader.chapter.label):
        path = reader.chapter.label + path
    count = reader.taken.get(path, 0) + 1
    reader.taken[path] = count
    if count == 1:
        return path
    return _unique(reader, f"{path}·{count}")


def _heading(text: str, mark: Mark) -> str | None:
    """Return the short title that a provision begins with: a line without a sentence, or a first sentence.

    The text of an article is no title, nor is a sentence that only a note in brackets follows: (责任单位:…).
    """
    rest = text[mark.length :].strip()
    spelled = plain(rest)
    end = SENTENCE_END.search(spelled, 0, HEADING_MAX + 1)
    if mark.kind is Kind.ARTICLE:
        return None
    if end is None:
        return rest if 0 < len(rest) <= HEADING_MAX else None
    after = spelled[end.end() :].strip()
    if end.group() in ":;" or (after.startswith(("(", "[")) and after.endswith((")", "]"))):
        return None
    longest = _SENTENCE_HEADING_MAX if after else _ALONE_HEADING_MAX
    return rest[: end.start()] if end.start() <= longest else None


def _continue_heading(reader: _Reader, text: str) -> None:
    """Add the line ``text`` to the heading that the line before consists of, if it is its second half.

    Neither line of a wrapped heading has the end of a sentence.
    """
    node = reader.nodes[-1] if reader.nodes else None
    if node is None or node.heading is None or node.path is None or node.start != len(reader.fragments) - 1:
        return
    above = reader.fragments[-1].text
    if (
        len(node.heading) >= _WRAPPED_MIN
        and len(text) <= _WRAPPED_MAX
        and not SENTENCE_END.search(plain(above))
        and not SENTENCE_END.search(plain(text))
        and len(above) <= HEADING_MAX
    ):
        node.heading += text
