import datetime as dt

import pytest

from bot.hotline.knowledge import PolicyDocument, Validity, normalise_document_number

DAY = dt.date(2026, 11, 23)


def document(**dates: dt.date) -> PolicyDocument:
    return PolicyDocument("x.y", "x", "某办法", **dates)


@pytest.mark.parametrize(
    ("dates", "validity"),
    [
        ({}, Validity.UNKNOWN),
        ({"effective_from": dt.date(2017, 8, 1)}, Validity.UNKNOWN),
        ({"effective_from": dt.date(2017, 8, 1), "effective_until": dt.date(2022, 8, 1)}, Validity.EXPIRED),
        ({"effective_until": DAY}, Validity.EXPIRED),
        ({"effective_until": dt.date(2026, 11, 24)}, Validity.IN_FORCE),
        ({"effective_from": dt.date(2027, 1, 1)}, Validity.NOT_YET_IN_FORCE),
        ({"repealed_on": dt.date(2020, 1, 1), "effective_until": dt.date(2030, 1, 1)}, Validity.REPEALED),
        ({"confirmed_in_force_on": dt.date(2026, 1, 1)}, Validity.IN_FORCE),
        ({"confirmed_in_force_on": dt.date(2027, 1, 1)}, Validity.UNKNOWN),
    ],
)
def test_whether_a_document_applies_on_a_day(dates: dict[str, dt.date], validity: Validity) -> None:
    assert document(**dates).validity(DAY) is validity


@pytest.mark.parametrize(
    "spelling", ["荆政规[2017]2号", "荆政规﹝2017﹞2号", "荆政规（2017）2号", "荆政规【2017】 2 号"]
)
def test_a_document_number_has_one_spelling(spelling: str) -> None:
    assert normalise_document_number(spelling) == "荆政规〔2017〕2号"
