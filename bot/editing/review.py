"""Whether an entry may be published (核对): everything it says stands in what it cites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.hotline.knowledge import AnswerKind, KnowledgeEntry, PolicyDocument
from bot.hotline.verification import Original, faults_of, figures_of

LONGEST_QUESTION = 200  # characters
LONGEST_ANSWER = 1000
MOST_SIMILAR = 200
_GOOD_ANSWER = 220
_ENOUGH_SIMILAR = 8


@dataclass(frozen=True)
class Figure:
    """A number, date or telephone number of an answer, and where it stands: ``None`` where that was not found."""

    text: str
    place: str | None


@dataclass(frozen=True)
class Review:
    """What was found: every figure, what forbids publishing, and what only deserves a second look."""

    figures: tuple[Figure, ...] = ()
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def review(entry: KnowledgeEntry, documents: Mapping[str, PolicyDocument], sources: Mapping[str, Original]) -> Review:
    """Return what is to be said about ``entry``; ``sources`` are the originals of cited documents that were imported."""
    faults, warnings = [*_form_faults(entry)], [*_hints(entry)]
    known = [citation for citation in entry.citations if citation.document in documents]
    if len(known) < len(entry.citations):
        faults.append("引用了不存在的文件。")
    missing = [documents[c.document].title for c in known if c.document not in sources]
    figures = figures_of(entry, documents, sources) if known else {}
    if missing:
        titles = "、".join(f"《{title}》" for title in dict.fromkeys(missing))
        warnings.insert(0, f"{titles}的原文没有导入，条款和数字无法核对，请自行对照原文。")
    elif len(known) == len(entry.citations) and known:
        faults += [f"{fault}。" for fault in faults_of(entry, documents, sources)]
    return Review(tuple(Figure(*pair) for pair in figures.items()), tuple(faults), tuple(warnings))


def _form_faults(entry: KnowledgeEntry) -> Iterator[str]:
    if not entry.question.strip():
        yield "问题不能为空。"
    if not entry.answer.strip():
        yield "答复不能为空。"
    if not entry.citations:
        yield "必须写明依据的文件。"
    if len(entry.question) > LONGEST_QUESTION:
        yield f"问题最多{LONGEST_QUESTION}个字。"
    if len(entry.answer) > LONGEST_ANSWER:
        yield f"答复最多{LONGEST_ANSWER}个字。"
    if len(entry.similar) > MOST_SIMILAR:
        yield f"相似问最多{MOST_SIMILAR}条。"
    yield from (f"相似问“{s[:20]}……”超过{LONGEST_QUESTION}个字。" for s in entry.similar if len(s) > LONGEST_QUESTION)
    if (entry.kind is AnswerKind.SCOPE) != (entry.accepted is not None):
        yield "“12345受理与否”要写明受理或不受理；其他类型不写。"


def _hints(entry: KnowledgeEntry) -> Iterator[str]:
    if len(entry.answer) > _GOOD_ANSWER:
        yield f"答复有{len(entry.answer)}个字，超过{_GOOD_ANSWER}字不易读完。"
    if len(entry.similar) < _ENOUGH_SIMILAR:
        yield f"相似问只有{len(entry.similar)}条，{_ENOUGH_SIMILAR}条以上才容易问到。"
