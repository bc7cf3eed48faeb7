"""Checking knowledge against its sources: an entry without a provision behind it does not exist."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.hotline.directory import all_entries
from bot.hotline.knowledge import Knowledge, KnowledgeEntry, PolicyDocument, normalise_document_number

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千]+(?=[年月日天个条种类项家次人岁周小名所份元万亿分倍成])")
_FIGURE = re.compile(r"\d+(?:\.\d+)?%?")
_ORDINARY = frozenset({"12345", "110", "119", "120", "122"})  # numbers that every answer may name
_ONE_LEVEL = re.compile(r"\([^()]+\)|\d+")
_LIST_MARK = re.compile(r"(?:^|[\s，。；：（(])[(（]?\d{1,2}[)）.、．](?!\d)")


class _Provision(Protocol):
    @property
    def path(self) -> str: ...

    @property
    def text(self) -> str: ...


class Original(Protocol):
    """An official document as it was read from a gazette."""

    @property
    def number(self) -> str | None: ...

    @property
    def title(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def provisions(self) -> Sequence[_Provision]: ...


@dataclass(frozen=True)
class Problem:
    """What is wrong with one entry."""

    entry: str
    fault: str


@dataclass(frozen=True)
class Report:
    """The outcome of a verification: entries checked, problems, and cited documents that no source held."""

    checked: int
    problems: tuple[Problem, ...]
    missing: tuple[str, ...]


def verify(knowledge: Knowledge, originals: Iterable[Original]) -> Report:
    """Check every entry, line and rule of ``knowledge`` whose documents are among ``originals``."""
    sources = sources_of(knowledge, originals)
    checked = 0
    problems: list[Problem] = []
    missing: dict[str, None] = {}
    for entry in all_entries(knowledge):
        lacking = [c.document for c in entry.citations if c.document not in sources]
        missing |= dict.fromkeys(lacking)
        if not lacking:
            checked += 1
            problems.extend(Problem(entry.id, fault) for fault in faults_of(entry, knowledge.documents, sources))
    return Report(checked, tuple(problems), tuple(missing))


def sources_of(knowledge: Knowledge, originals: Iterable[Original]) -> dict[str, Original]:
    """Return document id → its original, for the documents of ``knowledge`` that are among ``originals``."""
    found = {(_key(o.number), _title_key(o.title)): o for o in originals}
    return {d.id: original for d in knowledge.documents.values() if (original := _original(d, found))}


def faults_of(
    entry: KnowledgeEntry, documents: Mapping[str, PolicyDocument], sources: Mapping[str, Original]
) -> Iterator[str]:
    """Yield what is wrong with ``entry``: no citation, a provision that does not exist, a figure that is not in it."""
    if not entry.citations:
        yield "没有引用任何条款"
    for citation in entry.citations:
        original = sources[citation.document]
        paths = {provision.path for provision in original.provisions}
        for path in citation.provisions:
            if path not in paths:
                yield f"条款 {path} 不在《{original.title}》中"
    for figure, place in figures_of(entry, documents, sources).items():
        if place is None:
            yield f"“{figure}” 不见于所引条款"


def figures_of(
    entry: KnowledgeEntry, documents: Mapping[str, PolicyDocument], sources: Mapping[str, Original]
) -> dict[str, str | None]:
    """Return each figure of the answer → where it stands (``第九条``), ``None`` where the cited provisions have it not."""
    told = sorted(figures(_LIST_MARK.sub(" ", entry.answer)))
    known = dict.fromkeys(_ORDINARY, "公共热线号码")
    for citation in entry.citations:
        document, original = documents[citation.document], sources.get(citation.document)
        texts = {provision.path: provision.text for provision in original.provisions} if original else {}
        whole = figures(original.text) if original and not citation.provisions else set()
        for figure in figures(about(document)) | whole:
            known.setdefault(figure, f"《{document.title}》")
        for path in citation.provisions:
            for figure in figures(texts.get(path, "")) | {str(_children(path, texts))}:
                known.setdefault(figure, path)
    return {figure: known.get(figure) for figure in told}


def figures(text: str) -> set[str]:
    """Return every number in ``text``, Chinese numerals before a unit read as digits, ``1,000`` as ``1000``."""
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"(?<=\d)\s+(?=[年月日\d])", "", text)
    found = set(_FIGURE.findall(text))
    counted = (m for m in _CHINESE.finditer(text) if not (m[0] == "一" and text[m.end()] in "个种项家份类条"))
    return found | {str(_value(m[0])) for m in counted}


def _children(path: str, texts: Mapping[str, str]) -> int:
    """Return how many provisions stand directly below ``path``: an answer may say how many points there are."""
    below = [other.removeprefix(path) for other in texts if other != path and other.startswith(path)]
    return sum(1 for rest in below if _ONE_LEVEL.fullmatch(rest))


def _value(numeral: str) -> int:
    """Return the value of a Chinese numeral below ten thousand; digits in a row (二〇一七) are read one by one."""
    if not any(c in _UNITS for c in numeral):
        return int("".join(str(_DIGITS[c]) for c in numeral))
    total = digit = 0
    for character in numeral:
        if character in _UNITS:
            total += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit


def about(document: PolicyDocument) -> str:
    """Return the document's own number, title and dates as text that an answer may repeat."""
    days: list[dt.date | None] = [document.issued_on, document.effective_from, document.effective_until]
    spelt = [f"{d.year}年{d.month}月{d.day}日" for d in [*days, document.repealed_on] if d]
    return " ".join([document.number or "", document.title, *spelt])


def _original(document: PolicyDocument, found: Mapping[tuple[str, str], Original]) -> Original | None:
    number, title = _key(document.number), _title_key(document.title)
    if exact := found.get((number, title)):
        return exact
    same = [o for (n, t), o in found.items() if (number and n == number) or (not number and t == title)]
    return same[0] if len(same) == 1 else None


def _key(number: str | None) -> str:
    return normalise_document_number(number) if number else ""


def _title_key(title: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", title))
