"""One spelling for what people type: NFKC, Simplified, Standard Chinese, no emoji, no stretched letters."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from bot.text.glossary import dialect
from bot.text.simplify import to_simplified

_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\u00ad]")
_MARKUP = re.compile(r"</?[a-zA-Z!][^<>]{0,400}>")
_REPEATED = re.compile(r"(\D)\1{3,}")
_SPACE = re.compile(r"\s+")
_PUNCTUATION = str.maketrans(
    {
        ",": "，",
        "?": "？",
        "!": "！",
        ";": "；",
        "｡": "。",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "﹖": "？",
        "～": "~",
    }
)
# Pictures that people type in place of a word. Not 🔥, which mostly stands for heat or anger.
_PICTURES = str.maketrans({"💰": "钱", "💴": "钱", "💵": "钱", "📞": "电话", "☎": "电话", "🏥": "医院", "🏠": "房子"})
# Words that carry politeness and no meaning; removed only where nothing that carries meaning can be cut.
_FILLER = re.compile(
    r"^(?:你好|您好|请问(?:一下)?|问一?下|麻烦问(?:一?下)?|请教(?:一?下)?|咨询(?:一?下)?|想问(?:一?下)?|我想(?:咨询|问|了解)(?:一?下)?|打扰(?:了|一?下)?"
    r"|那个|嗯+|啊+|诶|哎|喂|劳驾|麻烦(?:您|你)?(?:问|讲|说|告诉)?(?:一?下)?|你们?好呀?)[，。！？、~\s]*"
)


def _is_wanted(character: str) -> bool:
    category = unicodedata.category(character)
    return not (category in {"Cc", "Cf", "Cs", "Co", "Cn", "So", "Sk"} and character not in "\n\t")


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """Return ``text`` in the spelling that everything here compares: NFKC, Simplified, lower case, no emoji.

    Pictures that stand for a word (要💰吗) become the word. Words of dialects (喺邊度, 么时候) become Standard Chinese (哪里, 什么时候).

    Markup, invisible and control characters are dropped, a character repeated more than three times is cut to one,
    white space becomes single spaces. Chinese punctuation is used for ``, ? ! ;``.
    """
    text = unicodedata.normalize("NFKC", text)
    text = _INVISIBLE.sub("", _MARKUP.sub(" ", text)).translate(_PICTURES)
    text = "".join(c if _is_wanted(c) else " " for c in text)
    text = to_simplified(text.lower()).translate(_PUNCTUATION)
    text = dialect().replace(_REPEATED.sub(r"\1", text))
    return _SPACE.sub(" ", text).strip()


def strip_filler(text: str) -> str:
    """Return normalised ``text`` without opening politeness, unchanged if nothing else would remain."""
    rest = text
    while (cut := _FILLER.sub("", rest, count=1)) != rest:
        if not cut:
            return text
        rest = cut
    return rest


def has_words(text: str) -> bool:
    """Return whether normalised ``text`` holds a letter, digit or Chinese character at all."""
    return any(c.isalnum() for c in text)
