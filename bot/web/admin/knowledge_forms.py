"""What is typed about an entry, and the entry it stands for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web
from wtforms import IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import HiddenInput

from bot.bootstrap import today
from bot.editing.labels import ASPECTS, KINDS, VALIDITIES
from bot.editing.review import LONGEST_ANSWER, LONGEST_QUESTION
from bot.hotline.jurisdictions import Places
from bot.hotline.knowledge import AnswerKind, Aspect, Citation, Knowledge, KnowledgeEntry, PolicyDocument
from bot.web.keys import REFERENCE
from bot.web.staff.access import StaffForm, form_meta, member_of

_ACCEPTED = {"yes": True, "no": False, "": None}


class EntryForm(StaffForm):
    """An entry as it is edited; its citations are read beside it."""

    question = StringField("问题", [InputRequired("请填写问题。"), Length(max=LONGEST_QUESTION)])
    answer = TextAreaField("答复", [Length(max=LONGEST_ANSWER)])
    similar = TextAreaField("相似问", [Length(max=40_000)])
    aspect = SelectField("方面", choices=[(aspect.value, name) for aspect, name in ASPECTS.items()])
    kind = SelectField("类型", choices=[(kind.value, name) for kind, name in KINDS.items()])
    accepted = SelectField("12345受理", choices=[("", "—"), ("yes", "受理"), ("no", "不受理")])
    department = SelectField("承办单位")
    items = SelectMultipleField("事项")
    reason = StringField("修改的理由", [Length(max=200)])
    version = IntegerField(widget=HiddenInput(), default=0)


@dataclass(frozen=True)
class Scene:
    """What the person may see of the knowledge: all of it, or that of one place."""

    knowledge: Knowledge
    places: Places
    own: str | None

    @property
    def place_names(self) -> dict[str, str]:
        """Return id → name of the covered places that may be edited."""
        covered = (place for place in self.places.by_id.values() if place.covered and self.own in (None, place.id))
        return {place.id: place.name for place in covered}

    @property
    def documents(self) -> dict[str, PolicyDocument]:
        """Return the documents that may be cited."""
        return {d.id: d for d in self.knowledge.documents.values() if self.own in (None, d.jurisdiction)}

    def item_choices(self, place: str) -> list[tuple[str, str]]:
        """Return the service items of ``place``."""
        items = self.knowledge.items.values()
        return sorted((i.id, i.name) for i in items if not place or i.id.split(".", 1)[0] == place)

    def require(self, place: str) -> None:
        """Raise HTTPForbidden where the person may not edit the knowledge of ``place``."""
        if self.own not in (None, place):
            raise web.HTTPForbidden(text="这是别的辖区的内容，您不能修改。", content_type="application/json")


async def scene(request: web.Request) -> Scene:
    """Return the newest knowledge as the person may see it."""
    reference, own = request.app[REFERENCE], member_of(request).jurisdiction
    return await asyncio.to_thread(lambda: Scene(reference.knowledge(), reference.places(), own))


async def entry_form(
    request: web.Request, here: Scene, entry: KnowledgeEntry, given: Any = None, version: int = 0
) -> EntryForm:
    """Return the form for ``entry``, or for what was ``given`` of it."""
    form = EntryForm(given, data=_data(entry, version), meta=await form_meta(request))
    units = sorted(here.knowledge.departments.values(), key=lambda unit: unit.name)
    of_place = [(u.id, u.name) for u in units if entry.jurisdiction in ("", u.jurisdiction)]
    form.department.choices = [("", "—"), *of_place]
    form.items.choices = here.item_choices(entry.jurisdiction)
    known = {value for value, _ in form.items.choices}
    form.items.choices += [(item, item) for item in entry.items if item not in known]
    return form


def typed_entry(form: EntryForm, given: Any, entry: KnowledgeEntry) -> KnowledgeEntry:
    """Return ``entry`` as the form says it should be."""
    kinds = {kind.value: kind for kind in AnswerKind}
    aspects = {aspect.value: aspect for aspect in Aspect}
    return replace(
        entry,
        question=(form.question.data or "").strip(),
        answer=(form.answer.data or "").replace("\r\n", "\n").strip(),
        similar=lines(form.similar.data),
        aspect=aspects.get(form.aspect.data, entry.aspect),
        kind=kinds.get(form.kind.data, entry.kind),
        accepted=_ACCEPTED.get(form.accepted.data or ""),
        department=form.department.data or None,
        items=tuple(form.items.data or ()),
        citations=typed_citations(given),
    )


def typed_citations(given: Any) -> tuple[Citation, ...]:
    """Return the citations in the rows of the form: a document, and its provisions with 、 or blanks between them."""
    rows = zip(given.getall("cited_document", []), given.getall("cited_paths", []))
    cited = []
    for document, paths in rows:
        separated = str(paths).replace("，", "、").replace(",", "、").replace(" ", "、").split("、")
        if str(document):
            cited.append(Citation(str(document), tuple(dict.fromkeys(path for path in separated if path))))
    return tuple(cited)


def lines(text: str | None) -> tuple[str, ...]:
    """Return the lines of ``text`` that hold anything."""
    return tuple(line.strip() for line in (text or "").splitlines() if line.strip())


def choices_for_templates(here: Scene) -> Mapping[str, Any]:
    """Return what every page about entries needs."""
    return {
        "places": here.place_names, "documents": here.documents, "aspects": ASPECTS, "kinds": KINDS,
        "validities": VALIDITIES, "today": today(),
    }  # fmt: skip


def _data(entry: KnowledgeEntry, version: int) -> dict[str, Any]:
    accepted = {True: "yes", False: "no", None: ""}[entry.accepted]
    return {
        "question": entry.question, "answer": entry.answer, "similar": "\n".join(entry.similar),
        "aspect": entry.aspect.value, "kind": entry.kind.value, "accepted": accepted,
        "department": entry.department or "", "items": list(entry.items), "version": version,
    }  # fmt: skip
