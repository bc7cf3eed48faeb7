"""The inbox (待标注): what the bot did not understand, alike messages together, to be decided by keyboard."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.bootstrap import now
from bot.errors import NotFound
from bot.hotline.learning import LABEL_NAMES, Label, LabelInvalid, LabelKind
from bot.hotline.staff import Permission, StaffMember
from bot.hotline.understanding import Understanding
from bot.knowledge_files import wording_key
from bot.learning.inbox import WHY_NAMES, Group, groups_of, proposals_for
from bot.learning.labelling import Decision, decide, undo
from bot.storage import Why, label_batch, missed_messages, standing_labels, turns_before
from bot.web.keys import DATABASE, REFERENCE
from bot.web.staff.access import allowed, member_of
from bot.web.staff.pages import render

_DAYS = (7, 30, 90)
_SHOWN = 100  # groups in the list
_DECIDED = 200
_ABOVE = 0.15  # answers that are surer than the threshold by less than this count as unsure
_FILTERS = ("why", "place", "days")
_DANGERS = {"110": "公安", "119": "消防", "120": "急救", "122": "交通事故"}


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    why: str
    place: str
    days: int

    def query(self, **more: str) -> str:
        """Return the address with the same filters and ``more``."""
        values = {"why": self.why, "place": self.place, "days": str(self.days), **more}
        return f"/admin/inbox?{urlencode({name: value for name, value in values.items() if value})}"


def add_routes(app: web.Application) -> None:
    """Add the routes of this module to ``app``."""
    app.router.add_get("/admin/inbox", show)
    app.router.add_get("/admin/inbox/entries", search)
    app.router.add_get("/admin/inbox/decided", decided)
    app.router.add_post("/admin/inbox/label", label)
    app.router.add_post("/admin/inbox/undo", take_back)


@allowed(Permission.LABEL_MESSAGES)
async def show(request: web.Request) -> web.StreamResponse:
    """Show the groups and everything that is known of one of them."""
    member, asked = member_of(request), _asked(request.query)
    wanted, done = request.query.get("group", ""), request.query.get("done", "")[:40]
    values = await asyncio.to_thread(_page, request.app, member, asked, wanted, done)
    return await render(request, "admin/inbox.html", **values)


def _page(app: web.Application, member: StaffMember, asked: Asked, wanted: str, done: str) -> dict[str, Any]:
    reference, assistant = app[REFERENCE], app[REFERENCE].assistant()
    again = asked.query(group=wanted)
    everything = _groups(app, member, asked)
    counts = Counter(why for group in everything for why in group.whys)
    groups = [g for g in everything if not asked.why or Why(asked.why) in g.whys]
    at = next((i for i, group in enumerate(groups) if group.key == wanted), 0)
    chosen = groups[at] if groups else None
    with app[DATABASE].read() as connection:
        before = turns_before(connection, chosen.newest.conversation, chosen.newest.at) if chosen else []
        batch = label_batch(connection, done) if done else []
    knowledge, places = reference.knowledge(), reference.places()
    return {
        "groups": groups[:_SHOWN], "more": len(groups) - _SHOWN, "group": chosen, "before": before, "asked": asked,
        "proposals": proposals_for(chosen, assistant) if chosen and assistant else [],
        "counts": counts, "whys": WHY_NAMES, "at": at, "ready": assistant is not None,
        "again": again,
        "previous": groups[at - 1].key if chosen and at > 0 else "",
        "next": groups[at + 1].key if chosen and at + 1 < len(groups) else "",
        "messages": sum(len(group.messages) for group in groups), "days": _DAYS, "places": places.by_id,
        "covered": _covered(places.by_id, member), "kinds": LABEL_NAMES, "Kind": LabelKind, "numbers": _DANGERS,
        "categories": sorted({r.category for r in knowledge.routing_rules if chosen and r.jurisdiction == chosen.jurisdiction}),
        "entries": {e.id: e.question for e in knowledge.entries}, "done": batch if batch and not batch[0].undone else [],
        "undone": bool(batch and batch[0].undone), "key_of": wording_key,
    }  # fmt: skip


def _groups(app: web.Application, member: StaffMember, asked: Asked) -> list[Group]:
    reference = app[REFERENCE]
    since = now() - dt.timedelta(days=asked.days)
    place = member.jurisdiction or asked.place
    with app[DATABASE].read() as connection:
        missed = missed_messages(connection, since, reference.thresholds().answer + _ABOVE, reference.masker())
        labels = standing_labels(connection)
    return groups_of((m for m in missed if not place or m.jurisdiction == place), labels)


@allowed(Permission.LABEL_MESSAGES)
async def search(request: web.Request) -> web.StreamResponse:
    """Show the entries that a search finds, to choose from."""
    text, place = request.query.get("q", "").strip()[:200], _place(request)
    assistant = await asyncio.to_thread(request.app[REFERENCE].assistant)
    found = (
        await asyncio.to_thread(assistant.reader.nearest, text, place, Understanding({}), 8)
        if text and assistant
        else []
    )
    return await render(request, "admin/inbox_entries.html", found=found, text=text, ready=assistant is not None)


@allowed(Permission.LABEL_MESSAGES)
async def label(request: web.Request) -> web.StreamResponse:
    """Keep what was decided about the chosen messages of a group, and go on with the next group."""
    form, member = await request.post(), member_of(request)
    asked = _asked({name: str(form.get(name, "")) for name in _FILTERS})
    key, following = str(form.get("group", "")), str(form.get("next", ""))[:12]
    wordings = {str(value) for value in form.getall("wording", [])}
    kind, _, about = str(form.get("choice", "")).partition(":")
    numbers = tuple(str(value) for value in form.getall("numbers", []))
    try:
        made = LabelKind(kind)
    except ValueError:
        raise LabelInvalid("请选择这些消息应该怎样处理。") from None
    if made in (LabelKind.ENTRY, LabelKind.SIMILAR):
        decision = Decision(made, entry=about)
    elif made is LabelKind.CATEGORY:
        decision = Decision(made, category=about or str(form.get("category", "")))
    else:
        decision = Decision(made, numbers=numbers if made is LabelKind.EMERGENCY else ())

    def keep() -> str:
        group = next((g for g in _groups(request.app, member, asked) if g.key == key), None)
        if group is None:
            raise NotFound("这组消息已经有人处理了。")
        texts = [text for text in group.texts if wording_key(text) in wordings]
        knowledge = request.app[REFERENCE].knowledge()
        return decide(request.app[DATABASE], knowledge, texts, group.jurisdiction, decision, member, now())

    batch = await asyncio.to_thread(keep)
    raise web.HTTPSeeOther(asked.query(group=following, done=batch))


@allowed(Permission.LABEL_MESSAGES)
async def take_back(request: web.Request) -> web.StreamResponse:
    """Undo one decision."""
    form, member = await request.post(), member_of(request)
    batch = str(form.get("batch", ""))[:40]
    await asyncio.to_thread(_undo, request.app, member, batch)
    asked = _asked({name: str(form.get(name, "")) for name in _FILTERS})
    raise web.HTTPSeeOther("/admin/inbox/decided" if form.get("from") == "decided" else asked.query(done=batch))


def _undo(app: web.Application, member: StaffMember, batch: str) -> None:
    with app[DATABASE].read() as connection:
        labels = label_batch(connection, batch)
    if not labels or (member.jurisdiction and any(one.jurisdiction != member.jurisdiction for one in labels)):
        raise NotFound("没有这次标注。")
    undo(app[DATABASE], batch, member, now())


@allowed(Permission.LABEL_MESSAGES)
async def decided(request: web.Request) -> web.StreamResponse:
    """List what was decided, newest first."""
    member, kind = member_of(request), request.query.get("kind", "")
    words = request.query.get("q", "").strip()[:100]

    def read() -> list[Label]:
        with request.app[DATABASE].read() as connection:
            return standing_labels(connection, member.jurisdiction)

    labels = await asyncio.to_thread(read)
    counts = Counter(one.kind for one in labels)
    shown = [one for one in labels if (not kind or one.kind.value == kind) and words in one.text]
    knowledge = await asyncio.to_thread(request.app[REFERENCE].knowledge)
    return await render(
        request, "admin/inbox_decided.html", labels=shown[:_DECIDED], more=len(shown) - _DECIDED, counts=counts,
        kinds=LABEL_NAMES, kind=kind, words=words, entries={e.id: e.question for e in knowledge.entries},
    )  # fmt: skip


def _asked(query: Mapping[str, str]) -> Asked:
    why, days = query.get("why", ""), query.get("days", "")
    return Asked(
        why if why in {one.value for one in Why} else "",
        query.get("place", "")[:60],
        int(days) if days in {str(number) for number in _DAYS} else 30,
    )


def _place(request: web.Request) -> str:
    return member_of(request).jurisdiction or request.query.get("place", "")[:60]


def _covered(places: Mapping[str, Any], member: StaffMember) -> list[Any]:
    own = member.jurisdiction
    return sorted((p for p in places.values() if p.covered and own in (None, p.id)), key=lambda p: p.id)
