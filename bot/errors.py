"""Errors that name their remedy. Their text is safe to show to the person at the keyboard."""

from __future__ import annotations


class HotlineError(Exception):
    """Base of every error this project raises on purpose."""


class GazetteRefused(HotlineError):
    """A file is not an official document that can be imported; the message says why."""


class KnowledgeInvalid(HotlineError):
    """A knowledge file or a change to the knowledge breaks a rule; the message names file, entry and rule."""


class ChangedMeanwhile(KnowledgeInvalid):
    """Somebody else changed the same thing since it was read; the message says what to do."""


class StorageUnavailable(HotlineError):
    """The policy database cannot be reached, is locked, or is not migrated; the message says what to do."""


class NotFound(HotlineError):
    """What was asked for by id does not exist."""


class MoveRefused(HotlineError):
    """A work order cannot be moved so by this person now; the message says why and what would be possible."""
