"""What the citizen reads: plain Chinese, the direct answer first, then what it rests on and whether that still applies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.hotline.dialogue import Dialogue
from bot.hotline.emergencies import Danger, Emergency, detect_emergency
from bot.hotline.filing import Draft, OrderRequest
from bot.hotline.knowledge import Knowledge, KnowledgeEntry, PolicyDocument, Validity
from bot.text.normalise import normalise


@dataclass(frozen=True)
class Choice:
    """A question offered to the citizen, with what to send when it is picked."""

    title: str
    payload: str


@dataclass(frozen=True)
class Reply:
    """A complete reply. ``kind`` is one of CONTRACT.md's; ``dialogue`` is the state after it."""

    kind: str
    text: str
    jurisdiction: str
    dialogue: Dialogue
    confidence: float | None = None
    entries: tuple[tuple[str, int], ...] = ()  # (id, version), the answering one first
    citations: tuple[dict[str, Any], ...] = ()
    choices: tuple[Choice, ...] = ()
    context: dict[str, Any] = field(default_factory=dict)  # what of the conversation was used, for the ledger
    draft: Draft | None = None  # a work order that the citizen has confirmed; to be filed before this is said
    order_request: OrderRequest | None = None  # what is wanted of a filed one; to be answered from the database
    outage: bool = False  # nothing could be looked up just now; asking again later helps


_NONE_OF_THEM = "都不是的话，请换个说法，或回复“转人工”。"
EMPTY_TEXT = "没有看到文字内容。请用一句话说说您想问什么，比如“居住证要带什么材料”，也可以拨打12345找人工。"
OUTAGE_TEXT = "抱歉，查询系统暂时不可用，您的问题没能答上。请稍后再试，或直接拨打12345，由话务员为您处理（24小时）。"

_DANGER_WORDS = {
    Danger.MEDICAL: "请立即拨打120急救电话，说清地点和病人情况，听医生指导，不要自行离开病人。",
    Danger.FIRE: "请立即拨打119，先离开危险的地方，不要坐电梯，闻到燃气味时不要开关电器、不要点火。",
    Danger.CRIME: "请立即拨打110报警，先保护好自己，到安全的地方等警察。",
    Danger.TRAFFIC: "请立即拨打122，有人受伤同时拨打120，打开双闪，人离开车道。",
}


def date_text(day: dt.date) -> str:
    """Return ``2022年8月1日``."""
    return f"{day.year}年{day.month}月{day.day}日"


def validity_text(document: PolicyDocument, day: dt.date) -> str:
    """Return the sentence that says whether ``document`` still applies on ``day``; empty where it plainly does."""
    validity = document.validity(day)
    if validity is Validity.EXPIRED and document.effective_until:
        return f"注意：该文件有效期已于{date_text(document.effective_until)}届满，以上内容供参考，请以现行规定为准。"
    if validity is Validity.REPEALED and document.repealed_on:
        by = f"，由{document.repealed_by}废止" if document.repealed_by else ""
        return f"注意：该文件已于{date_text(document.repealed_on)}废止{by}，请以现行规定为准。"
    if validity is Validity.NOT_YET_IN_FORCE and document.effective_from:
        return f"注意：该文件自{date_text(document.effective_from)}起施行，现在尚未生效。"
    if validity is Validity.UNKNOWN:
        issued = f"{document.issued_on.year}年印发，" if document.issued_on else ""
        return f"该文件{issued}未写明有效期，办理前请向12345核实现行规定。"
    return ""


def citations_of(entry: KnowledgeEntry, knowledge: Knowledge, day: dt.date) -> tuple[dict[str, Any], ...]:
    """Return the citations of ``entry`` as CONTRACT.md spells them; quotes only from imported documents."""
    found = []
    for citation in entry.citations:
        document = knowledge.documents[citation.document]
        for path in citation.provisions or (None,):
            provision = knowledge.provisions.get((document.id, path)) if path else None
            found.append(
                {
                    "document_number": document.number,
                    "title": document.title,
                    "provision": path,
                    "issued_on": _iso(document.issued_on),
                    "effective_from": _iso(document.effective_from),
                    "effective_until": _iso(document.effective_until),
                    "status": document.validity(day).value,
                    "quote": provision.text if provision and provision.text else None,
                }
            )
    return tuple(found)


def answer_text(
    entries: Sequence[KnowledgeEntry],
    knowledge: Knowledge,
    day: dt.date,
    place: str | None,
    unsure: Sequence[str] = (),
    near: Sequence[KnowledgeEntry] = (),
) -> str:
    """Return the text for answering ``entries``; ``place`` is named first where the citizen might expect another.

    ``unsure`` are further questions of the same message to which nothing surely answers, ``near`` what comes nearest.
    """
    lines = [entry.answer for entry in entries]
    if place:
        lines[0] = f"【{place}】{lines[0]}"
    if near:
        asked, those = "”“".join(unsure), "这几点" if len(unsure) > 1 else "这一点"
        lines.append(f"您还问了“{asked}”，{those}我不能肯定，最接近的是：")
        lines += [f"{number}. {entry.question}\n{entry.answer}" for number, entry in enumerate(near, 1)]
    return "\n".join([*lines, *_sources([*entries, *near], knowledge, day), *([_NONE_OF_THEM] if near else [])])


def offer_text(
    entries: Sequence[KnowledgeEntry],
    elsewhere: Sequence[str | None],
    lacking: str | None,
    knowledge: Knowledge,
    day: dt.date,
    *,
    doubtful: bool = False,
) -> str:
    """Return the text that offers ``entries`` to choose from, each with its question and answer.

    ``elsewhere`` names the place of each entry that is not of the citizen's own; ``lacking`` is the citizen's place
    where all of them are from elsewhere; ``doubtful``: probably none of them answers.
    """
    first = "我不能肯定您问的是哪一个，最接近的有：" if len(entries) > 1 else "我不能肯定您问的是不是这个："
    if doubtful:
        first = "没有查到能肯定回答这个问题的内容，最接近的是："
    if lacking:
        first = f"{lacking}的文件里我没有查到这方面的内容。您问的如果是别的地方，我查到："
    parts = [
        f"{number}. {f'【{place}】' if place else ''}{entry.question}\n{entry.answer}"
        for number, (entry, place) in enumerate(zip(entries, elsewhere), 1)
    ]
    return "\n".join([first, *parts, *_sources(entries, knowledge, day), _NONE_OF_THEM])


def _sources(entries: Sequence[KnowledgeEntry], knowledge: Knowledge, day: dt.date) -> Iterator[str]:
    """Yield a line for each document that ``entries`` rest on: title, number, provisions, whether it still applies."""
    sources: dict[str, dict[str, None]] = {}
    for entry in entries:
        for citation in entry.citations:
            sources.setdefault(citation.document, {}).update(dict.fromkeys(citation.provisions))
    for document_id, paths in sources.items():
        document = knowledge.documents[document_id]
        number = f"（{document.number}）" if document.number else ""
        line = f"依据：《{document.title}》{number}{'、'.join(paths)}。{validity_text(document, day)}"
        yield line.rstrip("。") + "。"


def payload_of(reply: Reply, ledger: str | None) -> dict[str, Any]:
    """Return the ``custom`` of CONTRACT.md for ``reply``; ``ledger`` is the id under which it can be replayed."""
    payload: dict[str, Any] = {
        "kind": reply.kind,
        "jurisdiction": reply.jurisdiction,
        "confidence": reply.confidence,
        "entry": reply.entries[0][0] if reply.entries and reply.kind != "clarify" else None,  # clarify: none is chosen
        "citations": list(reply.citations),
        "ledger": ledger,
    }
    return payload | {"outage": True} if reply.outage else payload


def empty_reply() -> Reply:
    """Return the reply to a message without any words."""
    return Reply("clarify", EMPTY_TEXT, "", Dialogue())


def outage_reply(text: str) -> Reply:
    """Return the reply when nothing can be looked up just now; danger in ``text`` is still answered."""
    if emergency := detect_emergency(normalise(text)):
        return Reply("emergency", emergency_text(emergency), "", Dialogue())
    return Reply("handoff", OUTAGE_TEXT, "", Dialogue(), outage=True)


def emergency_text(emergency: Emergency) -> str:
    """Return what to do at once, number first."""
    lines = [_DANGER_WORDS[danger] for danger in emergency.dangers[:2]]
    return "\n".join([*lines, "12345不处理紧急险情，请先打上面的电话；脱离危险后有需要再联系我。"])


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
