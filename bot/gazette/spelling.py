"""One spelling of punctuation, digits and letters, in which everything is recognised; what is printed stays."""

from __future__ import annotations

# Full-width forms (U+FF01-FF5E) to their half-width ones, and rare brackets to those of GB/T 9704-2012. Every character
# becomes one character, so that a place found in the plain text is the same place in the printed one.
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans(
    {"\ufe5d": "〔", "\ufe5e": "〕", "\uff61": "。", "\uff64": "、", "\ufe59": "(", "\ufe5a": ")", "\u2024": "."}
)


def plain(text: str) -> str:
    """Return ``text`` with half-width punctuation, digits and letters, character by character."""
    return text.translate(_PLAIN)
