"""What the knowledge leaves out of its sources (知识覆盖), and where it seems to contradict itself (矛盾)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import tomli

from bot.errors import KnowledgeInvalid
from bot.hotline.directory import all_entries
from bot.hotline.knowledge import Knowledge, KnowledgeEntry
from bot.hotline.verification import Original, about, figures, sources_of
from bot.text.normalise import normalise
from bot.text.similarity import TextIndex, character_grams

_DUTY = re.compile(r"负责|牵头|责任单位|责任主体|应当|必须|不得|禁止|严禁")
_NOT_A_FACT = re.compile(
    r"\S{2,8}〔\d{4}〕\d+号|《[^》]{0,60}》|第[一二三四五六七八九十百]+[条章款项]|(?:^|\n|(?<=[。；]))\s*[(（]?\d{1,2}[)）.、．]"
)
_ALIKE = 0.55  # likeness of two questions from which they seem to ask the same


@dataclass(frozen=True)
class Gap:
    """A provision with figures or duties that no entry tells. ``figures`` are empty where only a duty stands there."""

    document: str
    path: str
    figures: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Contradiction:
    """Two entries of one place that seem to ask the same and give different figures."""

    first: KnowledgeEntry
    second: KnowledgeEntry


def gaps(knowledge: Knowledge, originals: Iterable[Original]) -> Iterator[Gap]:
    """Yield the provisions of cited documents whose figures no answer repeats or whose duties no entry cites.

    An answer counts for the provisions that it cites and for those above and below them.
    """
    cited: dict[str, dict[str, list[KnowledgeEntry]]] = defaultdict(lambda: defaultdict(list))
    for entry in all_entries(knowledge):
        for citation in entry.citations:
            for path in citation.provisions or ("",):
                cited[citation.document][path].append(entry)
    for document, original in sources_of(knowledge, originals).items():
        texts = {provision.path: provision.text for provision in original.provisions}
        for path in texts:
            own = _NOT_A_FACT.sub(" ", _own_text(path, texts))
            near = [e for other, es in cited[document].items() if _related(path, other) for e in es]
            told = frozenset[str]().union(*(figures(e.answer + e.question) for e in near))
            missing = tuple(sorted(figures(own) - told - figures(about(knowledge.documents[document]))))
            if missing or (_DUTY.search(own) and not near):
                yield Gap(document, path, missing, " ".join(own.split()))


def read_reasons(path: Path) -> dict[tuple[str, str], str]:
    """Return (document, path) → why no entry tells that provision's figures or duties.

    Raises `KnowledgeInvalid` naming the file where it cannot be read.
    """
    try:
        rows = tomli.loads(path.read_text(encoding="utf8")).get("left_out", [])
        return {(row["document"], path): row["reason"] for row in rows for path in row["paths"]}
    except (OSError, tomli.TOMLDecodeError, KeyError, TypeError) as error:
        raise KnowledgeInvalid(f"{path.name} 不能读取：{type(error).__name__} {error}") from error


def contradictions(knowledge: Knowledge) -> Iterator[Contradiction]:
    """Yield pairs of entries of one place and one aspect that ask alike and answer with different figures."""
    groups: dict[tuple[str, str, frozenset[str]], list[KnowledgeEntry]] = defaultdict(list)
    for entry in knowledge.entries:
        groups[entry.jurisdiction, entry.aspect.value, frozenset(entry.items)].append(entry)
    for entries in groups.values():
        index = TextIndex([normalise(e.question) for e in entries], character_grams)
        likeness = [index.scores(normalise(e.question)) for e in entries]
        for i, j in combinations(range(len(entries)), 2):
            one, other = figures(entries[i].answer), figures(entries[j].answer)
            if likeness[i][j] >= _ALIKE and one and other and not one & other:
                yield Contradiction(entries[i], entries[j])


def _own_text(path: str, texts: Mapping[str, str]) -> str:
    """Return what stands in the provision itself, without the provisions below it."""
    text = texts[path]
    for below in sorted((p for p in texts if p != path and p.startswith(path)), key=len):
        text = text.replace(texts[below], " ")
    return text


def _related(one: str, other: str) -> bool:
    return other != "" and (one.startswith(other) or other.startswith(one))
