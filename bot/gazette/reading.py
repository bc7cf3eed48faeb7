"""Reading a gazette from its bytes to its documents, step by step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bot.errors import GazetteRefused
from bot.gazette.cleaning import advertisement, drop, drop_tables_of_contents, furniture
from bot.gazette.decoding import Decoded, check_size, decode
from bot.gazette.displacement import Place, restore_authorities
from bot.gazette.documents import build_documents, build_untitled, find_untitled
from bot.gazette.markup import read_lines
from bot.gazette.model import Gazette, Line, Removal, SourceDocument
from bot.gazette.outline import PREAMBLE, read_provisions
from bot.gazette.splitting import Start, find_starts
from bot.gazette.wrapping import join_wrapped
from bot.text.simplify import is_traditional, to_simplified

_OFFICIAL = re.compile(r"政府|办法|条例|细则|规定|通知|意见|方案|汇报|报告|讲话|公告|通告")
_OFFICIAL_SEARCHED = 20
_EMPTY_ATTACHMENTS = re.compile(r"(?:相关)?附件\s*:?")
_BROKEN = "\ufffd"


def read_gazette_file(
    path: Path, *, place_names: Sequence[str] = (), authority: str | None = None, fallback_title: str | None = None
) -> Gazette:
    """Read the gazette in the file ``path``, see read_gazette; a file over the limit is refused without being read.

    Raises GazetteRefused as read_gazette does, and OSError where the file cannot be read.
    """
    check_size(path.stat().st_size, path.name)
    return read_gazette(
        path.read_bytes(),
        name=path.name,
        place_names=place_names,
        authority=authority,
        fallback_title=fallback_title,
    )


def read_gazette(
    data: bytes,
    *,
    name: str,
    place_names: Sequence[str] = (),
    authority: str | None = None,
    fallback_title: str | None = None,
) -> Gazette:
    """Return the documents in ``data``, a gazette as its authority or a government's site has it, and what was removed.

    ``name`` is what messages call the file. ``place_names`` (荆州市, 荆州) and ``authority`` (荆州市人民政府) say which
    place it is of; they are used only where a document proves them. ``fallback_title`` is for a file that is one
    document and prints no title.

    Raises GazetteRefused, with a sentence for the person who gave the file, where it is empty, over 20 MB, binary, in
    no known format or encoding, broken, encrypted, a scan, or holds no official document.
    """
    place = Place(tuple(place_names), authority)
    decoded = decode(data, name)
    traditional = is_traditional(decoded.text)
    originals, removals = read_lines(decoded.text)
    lines = _simplify(originals) if traditional else originals
    lines, removed = _clean(lines, originals, traditional)
    removals += removed + _left_out(decoded, traditional)
    lines, removed = restore_authorities(lines, find_starts(lines), place)
    removals += removed
    documents, removed = _documents(lines, find_starts(lines), place, fallback_title)
    removals += removed
    if not documents:
        raise GazetteRefused(f"“{name}”里没有找到政策文件：既没有发文字号，也没有公文的标题和条款。")
    removals.sort(key=lambda removal: removal.line)
    return Gazette(tuple(documents), tuple(removals), decoded.encoding, traditional)


def _simplify(lines: Sequence[Line]) -> list[Line]:
    texts = to_simplified("\n".join(line.text for line in lines)).split("\n")
    return [Line(line.number, text) for line, text in zip(lines, texts)]


def _left_out(decoded: Decoded, traditional: bool) -> list[Removal]:
    """Return what was left out of the text where the file was opened."""
    if not traditional:
        return list(decoded.removals)
    return [replace(removal, what=to_simplified(removal.what)) for removal in decoded.removals]


def _clean(lines: Sequence[Line], originals: Sequence[Line], traditional: bool) -> tuple[list[Line], list[Removal]]:
    """Return ``lines`` without what belongs to page or issue and without advertisements, wrapped lines joined.

    ``originals`` are the same lines before conversion to Simplified characters.
    """
    before = {id(line): original.text for line, original in zip(lines, originals)}

    def reason(line: Line) -> str | None:
        return furniture(line.plain) or advertisement(line.plain, before[id(line)], traditional)

    kept, removals = drop(lines, reason)
    kept, contents = drop_tables_of_contents(kept)
    broken = [
        Removal(line.number, _BROKEN, f"无法辨认的字，文中以“{_BROKEN}”标出") for line in kept if _BROKEN in line.text
    ]
    return join_wrapped(kept), removals + contents + broken


def _documents(
    lines: Sequence[Line], starts: Sequence[Start], place: Place, fallback_title: str | None
) -> tuple[list[SourceDocument], list[Removal]]:
    """Return the documents that begin at ``starts`` and one that may stand before them, and what is in none of them."""
    first = starts[0].first if starts else len(lines)
    removals: list[Removal] = []
    documents: list[SourceDocument] = []
    seen: set[SourceDocument] = set()
    page = lines[:first]
    if _is_document(page, alone=not starts):
        begin, count = find_untitled(page)
        kept, removed = _without_empty_attachments(page[begin:])
        removals += removed
        documents.append(build_untitled(kept, count, fallback_title, place))
        page = page[:begin]
    removals += [Removal(line.number, line.text, "文件之前的页面内容") for line in page]
    for start, end in zip(starts, [*(following.first for following in starts[1:]), len(lines)]):
        body, removed = _without_empty_attachments(lines[start.body : end])
        removals += removed
        for document in build_documents(lines[start.first : start.body], body, start, place):
            if document in seen:
                removals.append(Removal(lines[start.first].number, document.text, "与前面的文件完全重复"))
            else:
                documents.append(document)
                seen.add(document)
    return documents, removals


def _is_document(lines: Sequence[Line], *, alone: bool) -> bool:
    """Return whether ``lines``, which hold no document number, are a document: numbered, and in official words."""
    if not any(_OFFICIAL.search(line.plain) for line in lines[:_OFFICIAL_SEARCHED]):
        return False
    paths = [provision.path for provision in read_provisions((), lines, ()) if provision.path != PREAMBLE]
    return len(paths) >= (2 if alone else 3)


def _without_empty_attachments(lines: Sequence[Line]) -> tuple[list[Line], list[Removal]]:
    """Return ``lines`` without a label 附件 at their end that nothing follows, which a page's template leaves."""
    end = len(lines)
    while end and _EMPTY_ATTACHMENTS.fullmatch(lines[end - 1].plain[:20]):
        end -= 1
    return list(lines[:end]), [Removal(line.number, line.text, "页面上空着的附件栏") for line in lines[end:]]
