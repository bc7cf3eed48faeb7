"""Which place a question is about (辖区): the one named in the conversation, else the channel's, else the default."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.text.names import NameMatcher
from bot.text.pinyin import initials

_ELSEWHERE = "elsewhere"
# Where somebody comes from, works or once was is not what the question is about.
_ORIGIN_BEFORE = re.compile(
    r"(?:从|离开|老家(?:是|在)?|户口(?:一直)?(?:是|在)?|户籍(?:是|在)?|人在|原来在|以前在|去年在)$"
)
_ORIGIN_AFTER = re.compile(
    r"^(?:省|市|县|区)?(?:的?(?:户口|户籍|身份证|老家|口音|牌照)|人(?!民|社|事|大|才)|来(?:的|这|到|荆)|过来|回来|搬|调|那边(?:的)?户口)"
)
_WORKS_AFTER = re.compile(r"^(?:省|市|县|那边)?(?:打工|务工|做工|上班|干活|做生意)")
_CORRECTED = re.compile(r"(?:不是|不问|别说|不说|而不是|除了|先不管)[^，。！？；\s]{0,4}$")
_DROPPED_AFTER = re.compile(r"^(?:省|市|那边|的)*(?:我)?(?:不问|先不说|不管|除外|就不说)")


@dataclass(frozen=True)
class Jurisdiction:
    """A place with its own policy documents (辖区). ``places`` are names inside it that lead to it.

    ``suggested`` are questions shown to somebody who has not asked yet (大家常问).
    """

    id: str
    name: str
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    covered: bool = False
    suggested: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlaceFound:
    """What a text says about the place: a covered one, or the name of one that is not covered, or neither."""

    jurisdiction: str | None = None
    uncovered: str | None = None


class Places:
    """The known places and how to find them in a text."""

    def __init__(self, jurisdictions: Iterable[Jurisdiction], elsewhere: Sequence[str] = ()) -> None:
        self.by_id = {j.id: j for j in jurisdictions}
        surfaces = dict.fromkeys(elsewhere, _ELSEWHERE)
        for jurisdiction in self.by_id.values():
            for surface in (jurisdiction.name, *jurisdiction.aliases, *jurisdiction.places):
                surfaces[surface] = jurisdiction.id
        self._matcher = NameMatcher(surfaces, by_sound=False)

    def name(self, jurisdiction: str) -> str:
        """Return the Chinese name of ``jurisdiction``, the id itself where it is unknown."""
        known = self.by_id.get(jurisdiction)
        return known.name if known else jurisdiction

    def _contains(self, outer: str, inner: str) -> bool:
        """Return whether the place ``outer`` is ``inner`` or lies above it."""
        place: str | None = inner
        while place:
            if place == outer:
                return True
            known = self.by_id.get(place)
            place = known.parent if known else None
        return False

    def find(self, text: str, current: str) -> PlaceFound:
        """Return the place that normalised ``text`` asks about; the last covered place named wins.

        A place that is named to be ruled out does not count; one that somebody only comes from counts where it is
        covered and no other is named but one where they work. An uncovered place counts only where no covered one is
        named and it does not contain ``current``, the place talked of so far.
        """
        covered: str | None = None
        origin: str | None = None
        uncovered: str | None = None
        workplace: str | None = None
        for match in self._matcher.find(text):
            before, after = text[: match.start], text[match.end :]
            if _CORRECTED.search(before) or _DROPPED_AFTER.match(after):
                continue
            known = self.by_id.get(match.key)
            comes_from = bool(_ORIGIN_BEFORE.search(before) or _ORIGIN_AFTER.match(after))
            if known and known.covered:
                covered, origin = (covered, known.id) if comes_from else (known.id, origin)
            elif not comes_from and not (known and self._contains(known.id, current)):
                name = known.name if known else match.name
                if _WORKS_AFTER.match(after):
                    workplace = workplace or name
                else:
                    uncovered = uncovered or name
        covered = covered or (None if uncovered else origin)
        uncovered = uncovered or workplace
        return PlaceFound(covered, None if covered else uncovered)

    def letters(self, place: str) -> str:
        """Return the two letters that numbers given out in ``place`` begin with: 荆州 → ``JZ``."""
        known = self.by_id.get(place)
        short = (known.aliases or (known.name,))[0] if known else ""
        return (initials(short).upper() + "WO")[:2]

    def covered_in(self, name: str) -> list[str]:
        """Return the ids of the covered places inside the place called ``name``."""
        outer = [j.id for j in self.by_id.values() if j.name == name]
        return [j.id for j in self.by_id.values() if j.covered and any(self._contains(o, j.id) for o in outer)]

    def strip(self, text: str) -> str:
        """Return ``text`` without the names of covered places, which say nothing about what is asked."""
        spans = [m for m in self._matcher.find(text) if m.key in self.by_id and self.by_id[m.key].covered]
        for match in reversed(spans):
            name = match.name
            if name in (self.by_id[match.key].name, *self.by_id[match.key].aliases):
                text = text[: match.start] + text[match.end :]
        return text
