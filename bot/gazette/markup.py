"""Web pages to lines: tags, comments and scripts are taken out, character references are resolved, spaces unified."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from bot.gazette.model import Line, Removal

# Elements of HTML that begin a new line, and the others; outdated ones and those of word processors among them.
_BLOCKS = frozenset(
    re.findall(
        r"\S+",
        """address article aside blockquote body br caption center dd div dl dt footer form h1 h2 h3 h4 h5 h6 head
        header hr html li main nav ol option p pre section select table tbody td tfoot th thead title tr ul""",
    )
)
_INLINE = frozenset(
    re.findall(
        r"\S+",
        """a abbr acronym applet area b base basefont bdi bdo big button canvas cite code col colgroup del dfn dir em
        embed fieldset figcaption figure font frame frameset i iframe img input ins kbd label legend link map mark meta
        noframes noscript o:p object param picture q rp rt ruby s samp small source span st1:chsdate strike strong sub
        summary sup svg textarea time tt u var video w:wrap wbr""",
    )
)
_HIDDEN = frozenset({"script", "style"})
# What ends an element whose content is no text; "" is a comment.
_CLOSING = {
    "": re.compile("-->"),
    "script": re.compile("</script[^<>]{0,100}>", re.IGNORECASE),
    "style": re.compile("</style[^<>]{0,100}>", re.IGNORECASE),
}
_TAGS = _BLOCKS | _INLINE | _HIDDEN
# Official texts quote titles in <>, so only names of HTML elements count as tags.
_TAG = re.compile(r"<!--|<!doctype[^<>]{0,500}>|</?([a-z][a-z0-9:]{0,11})(?:[\s/][^<>]{0,2000})?>", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8}\d{0,2});", re.IGNORECASE)
# White space, control and invisible characters of every kind.
_SPACE = re.compile(r"[\s\x00-\x20\x7f-\xa0\u00ad\u180e\u200b-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]+")


def read_lines(text: str) -> tuple[list[Line], list[Removal]]:
    """Return the lines of ``text`` that hold anything, without markup, and the markup that was removed.

    One line of the file may give several lines (``<p>`` and its like break lines), each with its number in the file.
    """
    lines: list[Line] = []
    removals: list[Removal] = []
    for number, piece, markup in _pieces(text):
        if markup:
            removals.append(Removal(number, markup, "网页标记"))
        clean = _clean(piece)
        if clean:
            lines.append(Line(number, clean))
    return lines, removals


def _clean(piece: str) -> str:
    if "&" in piece:
        piece = _REFERENCE.sub(lambda match: html.unescape(match.group()), piece)
    return _SPACE.sub(" ", piece).strip()


def _pieces(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield each line as (line number, text, markup removed from it); one without tags has no markup."""
    number, text_parts, markup_parts = 1, [""], [""]
    for is_markup, breaks, part in _tokens(text):
        if is_markup:
            markup_parts.append(part)
            if not breaks and not part.count("\n"):
                continue
            yield number, "".join(text_parts), "".join(markup_parts)
            text_parts, markup_parts = [], []
            number += part.count("\n")
            continue
        first, *rest = part.split("\n")
        text_parts.append(first)
        for line in rest:
            yield number, "".join(text_parts), "".join(markup_parts)
            number += 1
            text_parts, markup_parts = [line], []
    yield number, "".join(text_parts), "".join(markup_parts)


def _tokens(text: str) -> Iterator[tuple[bool, bool, str]]:
    """Yield ``text`` in pieces: (is it markup, does it break the line, the piece). Linear in the length of ``text``."""
    position = 0
    unclosed: set[str] = set()
    for match in _TAG.finditer(text):
        name = (match.group(1) or "").lower()
        if match.start() < position or (match.group(1) is not None and name not in _TAGS):
            continue
        end = match.end()
        if match.group() == "<!--" or (name in _HIDDEN and match.group()[1] != "/"):
            closing = None if name in unclosed else _CLOSING[name].search(text, end)
            if closing:
                end = closing.end()
            else:
                unclosed.add(name)  # never look again: looking costs the rest of the text
        yield False, False, text[position : match.start()]
        yield True, name in _BLOCKS or name in _HIDDEN, text[match.start() : end]
        position = end
    yield False, False, text[position:]
