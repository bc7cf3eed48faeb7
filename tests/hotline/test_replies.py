import datetime as dt

import pytest

from bot.hotline.dialogue import Dialogue
from bot.hotline.knowledge import PolicyDocument
from bot.hotline.replies import Reply, outage_reply, payload_of, validity_text

DAY = dt.date(2026, 11, 23)
CONTRACT = {"kind", "jurisdiction", "confidence", "entry", "citations", "ledger"}


def document(**changes: object) -> PolicyDocument:
    return PolicyDocument("x.y", "x", "某办法", **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"effective_until": dt.date(2022, 8, 1)}, "有效期已于2022年8月1日届满"),
        (
            {"repealed_on": dt.date(2020, 5, 1), "repealed_by": "某某〔2020〕3号"},
            "2020年5月1日废止，由某某〔2020〕3号废止",
        ),
        ({"effective_from": dt.date(2027, 1, 1)}, "尚未生效"),
        ({"issued_on": dt.date(2017, 7, 17)}, "2017年印发，未写明有效期"),
        ({"confirmed_in_force_on": dt.date(2026, 1, 1)}, ""),
    ],
)
def test_whether_it_still_applies_is_said_in_a_sentence(changes: dict[str, object], said: str) -> None:
    text = validity_text(document(**changes), DAY)
    assert said in text
    assert bool(text) == bool(said)


def test_the_payload_has_exactly_the_keys_of_the_contract() -> None:
    assert set(payload_of(Reply("chitchat", "好", "x", Dialogue()), "id")) == CONTRACT


@pytest.mark.parametrize(
    ("text", "kind"), [("居住证怎么办", "handoff"), ("我爸没有呼吸了快来人", "emergency"), ("", "handoff")]
)
def test_an_outage_is_admitted_and_danger_still_answered(text: str, kind: str) -> None:
    reply = outage_reply(text)
    assert reply.kind == kind
    assert "12345" in reply.text
