"""CONTRACT.md from outside: one turn, and turns that belong together, over Rasa's REST channel and the web process."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.conftest import System

pytestmark = pytest.mark.slow

KEYS = {"kind", "jurisdiction", "confidence", "entry", "citations", "ledger"}
CITATION = {
    "document_number", "title", "provision", "issued_on", "effective_from", "effective_until", "status", "quote",
}  # fmt: skip
STATUSES = {"in_force", "not_yet_in_force", "expired", "repealed", "unknown"}
VAGUE = ("督查", "居住证", "热线", "公司", "合同", "经费")  # at least one of them is asked back
SUPERVISION = "督查事项要多久办结？"


def test_the_text_alone_is_a_complete_answer_for_a_plain_client(system: System) -> None:
    said = system.say(SUPERVISION, sender="plain")
    assert "30个工作日" in said.text
    assert "荆政发〔2017〕13号" in said.text
    assert "荆州市政府政务督查工作实施办法" in said.text


def test_an_answer_carries_every_field_of_the_contract(system: System) -> None:
    custom = system.say(SUPERVISION, sender="fields").custom
    assert set(custom) == KEYS
    assert (custom["kind"], custom["jurisdiction"]) == ("answer", "jingzhou")
    assert 0 < custom["confidence"] <= 1
    assert custom["entry"].startswith("jingzhou.")
    assert len(custom["ledger"]) >= 16


def test_a_citation_names_document_provision_dates_and_status(system: System) -> None:
    citations = system.say(SUPERVISION, sender="citations").custom["citations"]
    assert citations
    for citation in citations:
        assert set(citation) == CITATION
        assert citation["status"] in STATUSES
        assert citation["provision"].startswith("第")
        for field in ("issued_on", "effective_from", "effective_until"):
            assert citation[field] is None or dt.date.fromisoformat(citation[field])


def test_a_text_that_has_run_out_is_said_to_have_run_out_in_the_same_message(system: System) -> None:
    said = system.say("居住证多久能办好", sender="expired")
    assert said.custom["citations"][0]["status"] == "expired"
    assert "2022年8月1日" in said.text
    assert "届满" in said.text


def test_an_answer_can_be_replayed_from_the_ledger_without_who_asked(system: System) -> None:
    said = system.say("我叫张建国，电话13900001234，督查事项要多久办结？", sender="replayed")
    done = system.command("replay", said.custom["ledger"])
    assert done.returncode == 0, done.stderr
    replayed = json.loads(done.stdout)
    assert replayed["显示"] == said.text
    assert replayed["类型"] == said.kind
    assert replayed["条目"][0]["答复"] in said.text
    assert "13900001234" not in done.stdout
    assert "张建国" not in done.stdout


def test_an_unknown_ledger_id_is_one_clear_sentence(system: System) -> None:
    done = system.command("replay", "0" * 32)
    assert done.returncode == 1
    assert "账本中没有" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ("我家厨房着火了快来人啊", "119"),
        ("我爸突然倒地没有呼吸了", "120"),
        ("有人拿刀在砍人", "110"),
        ("督查事项要多久办结？还有我家着火了", "119"),
    ],
)
def test_danger_is_answered_first_with_the_number_to_call(system: System, message: str, number: str) -> None:
    said = system.say(message, sender=f"danger {message}")
    assert said.kind == "emergency"
    assert number in said.text.splitlines()[0]


def test_a_place_without_knowledge_is_declined_by_its_name(system: System) -> None:
    said = system.say("武汉的居住证怎么办", sender="wuhan")
    assert said.kind == "unsupported"
    assert "武汉" in said.text
    assert said.custom["citations"] == []
    assert said.custom["entry"] is None


@pytest.mark.parametrize(("message", "kind"), [("你好", "chitchat"), ("谢谢你", "chitchat"), ("转人工", "handoff")])
def test_what_is_no_question_gets_its_own_kind_of_reply(system: System, message: str, kind: str) -> None:
    said = system.say(message, sender=f"kind {message}")
    assert said.kind == kind
    assert set(said.custom) == KEYS
    assert said.custom["citations"] == []


def test_what_is_not_known_is_admitted_with_a_way_to_a_person(system: System) -> None:
    said = system.say("火星移民局的签证怎么办理", sender="mars")
    assert said.kind == "unsupported"
    assert "12345" in said.text
    assert said.custom["citations"] == []


def test_a_follow_up_leans_on_its_own_conversation_only(system: System) -> None:
    system.say("居住证丢了怎么补", sender="follow a")
    system.say("你好", sender="follow b")
    own = system.say("那要交钱吗", sender="follow a")
    other = system.say("那要交钱吗", sender="follow b")
    assert own.kind == "answer"
    assert own.custom["entry"].startswith("jingzhou.residence_permit")
    assert other.custom["entry"] != own.custom["entry"]


@pytest.mark.parametrize("way", ["by its number", "by its wording"])
def test_an_offered_question_can_be_picked(system: System, way: str) -> None:
    tried = (system.say(vague, sender=f"{vague} {way}") for vague in VAGUE)
    sender, offered = next((f"{vague} {way}", s) for vague, s in zip(VAGUE, tried) if s.kind == "clarify")
    (buttons,) = [m["buttons"] for m in offered.messages if m.get("buttons")]
    assert all(button["title"] in offered.text for button in buttons)
    assert not [button for button in buttons if button["payload"].startswith("/")]
    picked = system.say("1" if way == "by its number" else buttons[0]["payload"], sender=sender)
    assert picked.kind in {"answer", "scope", "route"}


def test_the_channels_place_counts_where_none_is_named(system: System) -> None:
    assert system.say("居住证多久能办好", sender="nowhere").custom["jurisdiction"] == "jingzhou"
    assert system.say("居住证多久能办好", sender="jilin", jurisdiction="jilin").custom["jurisdiction"] == "jilin"


def test_a_place_named_in_the_conversation_wins_over_the_channels(system: System) -> None:
    said = system.say("荆州居住证多久能办好", sender="named", jurisdiction="jilin")
    assert said.custom["jurisdiction"] == "jingzhou"
    assert said.kind == "answer"
    assert "荆州" in said.text.splitlines()[0]
    later = system.say("居住证要带什么材料", sender="named", jurisdiction="jilin")
    assert later.custom["jurisdiction"] == "jingzhou"


@pytest.mark.parametrize("place", ["atlantis", "", "JINGZHOU", "../../etc/passwd", None, 7, ["jilin"], {"a": 1}])
def test_a_channels_place_that_does_not_exist_leaves_the_default(system: System, place: object) -> None:
    said = system.say(SUPERVISION, sender=f"odd place {place!r}", jurisdiction=place)
    assert (said.kind, said.custom["jurisdiction"]) == ("answer", "jingzhou")
    assert "30个工作日" in said.text


def test_the_web_process_passes_turns_on_and_keeps_conversations_apart(system: System) -> None:
    assert "30个工作日" in system.chat(SUPERVISION, "web-conversation-a1").text
    system.chat("居住证丢了怎么补", "web-conversation-b1")
    system.chat("你好", "web-conversation-c1")
    own = system.chat("那要交钱吗", "web-conversation-b1")
    other = system.chat("那要交钱吗", "web-conversation-c1")
    assert own.custom["entry"].startswith("jingzhou.residence_permit")
    assert other.custom["entry"] != own.custom["entry"]


def test_the_web_process_passes_the_place_on(system: System) -> None:
    said = system.chat("居住证多久能办好", "web-conversation-d1", jurisdiction="jilin")
    assert said.custom["jurisdiction"] == "jilin"


def test_the_system_says_that_it_is_healthy(system: System) -> None:
    status, health = system.post(b"", f"{system.web}/healthz", method="GET")
    assert status == 200
    assert health == {"status": "ok", "rasa": "ok", "actions": "ok"}
