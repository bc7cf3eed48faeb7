"""Numbers as official documents write them: Chinese numerals, document numbers (发文字号), dates."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "O": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
NUMERAL = r"[〇零○一二三四五六七八九十百千两]"

# GB/T 9704-2012 7.2.5: the organ's code (机关代字), the year in 〔〕, the serial number with 号. Brackets vary.
NUMBER = re.compile(
    r"(?P<code>[\u4e00-\u9fff]{1,14})\s*[〔\[【(]\s*(?P<year>(?:19|20)\d{2})\s*[〕\]】)]"
    r"\s*第?\s*(?P<serial>\d{1,5})\s*号"
)
# GB/T 9704-2012 7.3.5.4: Arabic digits with 年月日; older documents write 二〇一九年.
DATE = re.compile(
    rf"(?:(?P<year>(?:19|20)\d{{2}})|(?P<han_year>[〇零○O一二三四五六七八九]{{4}}))\s*年\s*"
    rf"(?P<month>\d{{1,2}}|{NUMERAL}{{1,2}})\s*月\s*(?P<day>\d{{1,2}}|{NUMERAL}{{1,3}})\s*日"
)


def to_int(numeral: str) -> int:
    """Return the value of ``numeral``, in digits of either kind: 12, 十二, 二十, 一百零三, 二〇一九.

    Raises ValueError where it is none.
    """
    numeral = re.sub(r"\s+", "", unicodedata.normalize("NFKC", numeral))
    if numeral.isdecimal():
        return int(numeral)
    if not numeral or any(c not in _DIGITS and c not in _UNITS for c in numeral):
        raise ValueError(f"not a numeral: {numeral!r}")
    if not any(c in _UNITS for c in numeral):
        return int("".join(str(_DIGITS[c]) for c in numeral))
    total = digit = 0
    for character in numeral:
        if character in _UNITS:
            total += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit


def spell_number(match: re.Match[str]) -> str:
    """Return the document number found by NUMBER in its standard spelling, 荆政规〔2017〕2号."""
    return f"{match['code']}〔{match['year']}〕{int(match['serial'])}号"


def to_date(match: re.Match[str]) -> dt.date | None:
    """Return the date found by DATE, None where there is no such day."""
    try:
        return dt.date(to_int(match["year"] or match["han_year"]), to_int(match["month"]), to_int(match["day"]))
    except ValueError:
        return None
