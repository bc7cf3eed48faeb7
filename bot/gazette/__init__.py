"""Reading official gazettes (政府公报): formats, encodings, junk, Traditional characters; documents, their provisions.

Pure: bytes in, dataclasses out. ``read_gazette`` is the way in.
"""

from __future__ import annotations

from bot.errors import GazetteRefused
from bot.gazette.containers import SUFFIXES
from bot.gazette.model import Gazette, Removal, SourceDocument, SourceProvision
from bot.gazette.reading import read_gazette, read_gazette_file

__all__ = [
    "SUFFIXES",
    "Gazette",
    "GazetteRefused",
    "Removal",
    "SourceDocument",
    "SourceProvision",
    "read_gazette",
    "read_gazette_file",
]
