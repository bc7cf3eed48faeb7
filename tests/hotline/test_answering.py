import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.hotline.answering import Assistant, Turn
from bot.hotline.dialogue import Dialogue
from bot.hotline.replies import Reply
from bot.hotline.understanding import Understanding, names_another_case, questions_in

KINDS = {"answer", "scope", "route", "emergency", "clarify", "unsupported", "handoff", "chitchat", "work_order"}


def turn(text: str, dialogue: Dialogue | None = None, place: str | None = None, **scores: float) -> Turn:
    return Turn(text, Understanding(scores), dialogue or Dialogue(), place)


def ask(assistant: Assistant, *texts: str, **scores: float) -> Reply:
    dialogue = Dialogue()
    for text in texts:
        reply = assistant.answer(turn(text, dialogue, **scores))
        dialogue = reply.dialogue
    return reply


def test_the_direct_answer_stands_first_then_document_and_provision(assistant: Assistant) -> None:
    reply = ask(assistant, "办市民卡要带什么材料", ask_materials=0.9)
    assert reply.kind == "answer"
    assert reply.text.startswith("带身份证和一张照片。")
    assert "《云江市市民卡管理办法》（云政规〔2019〕1号）第三条" in reply.text


def test_the_citizen_is_told_that_the_document_has_expired(assistant: Assistant) -> None:
    reply = ask(assistant, "办市民卡要带什么材料", ask_materials=0.9)
    assert "2024年4月1日" in reply.text
    assert reply.citations[0]["status"] == "expired"


def test_a_document_without_a_stated_period_is_not_claimed_to_be_in_force(assistant: Assistant) -> None:
    reply = ask(assistant, "法院立案了还能打12345吗", ask_scope=0.9)
    assert (reply.kind, reply.citations[0]["status"]) == ("scope", "unknown")
    assert "未写明有效期" in reply.text


def test_only_an_imported_provision_is_quoted(assistant: Assistant) -> None:
    assert ask(assistant, "市民卡 材料", ask_materials=0.9).citations[0]["quote"] == "申领市民卡应当提交身份证、照片。"
    assert ask(assistant, "市民卡多久能办好", ask_time_limit=0.9).citations[0]["quote"] is None


@pytest.mark.parametrize(
    "text", ["云江咔要带什么材料", "便民卡 材料", "辦市民卡要帶什麼材料", "办市民卡要带什么材料😀😀"]
)
def test_aliases_traditional_characters_and_emoji_find_the_same_answer(assistant: Assistant, text: str) -> None:
    assert ask(assistant, text, ask_materials=0.9).entries[0][0].endswith("materials")


def test_a_complaint_is_routed_to_a_department_with_its_number(assistant: Assistant) -> None:
    reply = ask(assistant, "门口天天有人摆摊，路都走不通", report_problem=0.9)
    assert reply.kind == "route"
    assert "城市管理局" in reply.text
    assert "12319" in reply.text


def test_a_line_is_found_by_its_number_and_by_its_department(assistant: Assistant) -> None:
    for text in ("12319是哪个单位的热线", "城管局电话是多少"):
        reply = ask(assistant, text, ask_contact=0.9)
        assert reply.kind == "answer"
        assert "城市管理局" in reply.text
        assert "12319" in reply.text


def test_danger_comes_before_everything_else(assistant: Assistant) -> None:
    reply = ask(assistant, "市民卡的事先不说，我家着火了快来人", ask_materials=0.99)
    assert reply.kind == "emergency"
    assert "119" in reply.text
    assert assistant.hand_over(turn("转人工，我家着火了快来人")).kind == "emergency"


def test_a_place_without_knowledge_is_declined_by_name_and_never_answered(assistant: Assistant) -> None:
    reply = ask(assistant, "武汉办市民卡要带什么材料", ask_materials=0.9)
    assert reply.kind == "unsupported"
    assert "武汉" in reply.text
    assert "身份证" not in reply.text


def test_a_place_that_is_known_but_has_no_entries_gets_no_other_places_answer(assistant: Assistant) -> None:
    reply = ask(assistant, "海天办市民卡要带什么材料", ask_materials=0.9)
    assert reply.kind == "unsupported"
    assert "海天市" in reply.text


def test_a_place_without_entries_is_measured_at_every_threshold(assistant: Assistant) -> None:
    assert ask(assistant.with_thresholds(answer=0.0), "海天办市民卡要带什么材料").kind == "unsupported"


def test_the_own_question_of_an_entry_is_answered_though_the_intents_learnt_otherwise(assistant: Assistant) -> None:
    known = ask(assistant, "市民卡多久能办好？", ask_unsupported=0.99)
    other = ask(assistant, "卡片寄过来需要好几个礼拜不", ask_unsupported=0.99)
    assert (known.kind, known.entries[0][0]) == ("answer", "yunjiang.card.time")
    assert other.kind != "answer"


def test_another_place_than_the_channels_is_named_in_the_answer(assistant: Assistant) -> None:
    reply = assistant.answer(turn("云江办市民卡要带什么材料", place="haitian", ask_materials=0.9))
    assert (reply.kind, reply.jurisdiction) == ("answer", "yunjiang")
    assert reply.text.startswith("【云江市】")


def test_a_place_named_once_is_kept(assistant: Assistant) -> None:
    first = assistant.answer(turn("我在海天", ask_materials=0.2))
    second = assistant.answer(turn("办市民卡要带什么材料", first.dialogue, ask_materials=0.9))
    assert second.kind == "unsupported"
    assert "海天市" in second.text


def test_a_follow_up_leans_on_what_was_asked_before(assistant: Assistant) -> None:
    assert ask(assistant, "市民卡丢了怎么补", "那要收钱吗", ask_fee=0.6).entries[0][0].endswith("fee")


def test_a_place_alone_is_taken_down_and_asked_about(assistant: Assistant) -> None:
    reply = ask(assistant, "我是云江的")
    assert (reply.kind, reply.dialogue.jurisdiction) == ("clarify", "yunjiang")
    assert "云江市" in reply.text


def test_another_place_asks_the_same_question_again(assistant: Assistant) -> None:
    reply = ask(assistant, "海天办市民卡要带什么材料", "说错了，我是云江的", ask_materials=0.9)
    assert reply.kind == "answer"
    assert reply.entries[0][0].endswith("materials")


def test_a_thing_named_alone_is_answered_with_what_there_is_about_it(assistant: Assistant) -> None:
    reply = ask(assistant.with_thresholds(answer=1.1, offer=1.1), "市民卡", ask_unsupported=0.9)
    assert reply.kind == "clarify"
    assert len(reply.choices) > 1


def test_what_nothing_answers_gets_an_honest_no_and_a_way_on(assistant: Assistant) -> None:
    reply = ask(assistant.with_thresholds(offer=0.4), "火星移民的飞船票在哪抢购", ask_unsupported=0.9)
    assert reply.kind == "unsupported"
    assert "12345" in reply.text


def test_a_complaint_that_no_department_surely_fits_goes_to_a_person(assistant: Assistant) -> None:
    reply = ask(assistant.with_thresholds(answer=1.1, offer=1.1), "有人老在楼道里怪叫", report_problem=0.9)
    assert reply.kind == "handoff"
    assert "话务员" in reply.text


def test_choices_are_questions_and_can_be_taken_by_number(assistant: Assistant) -> None:
    cautious = assistant.with_thresholds(answer=1.1, offer=0.0)
    reply = cautious.answer(turn("市民卡", ask_materials=0.3))
    assert reply.kind == "clarify"
    assert all(choice.title.endswith("？") for choice in reply.choices)
    assert "ask_" not in reply.text
    chosen = cautious.answer(turn("2", reply.dialogue))
    assert chosen.kind == "answer"
    assert chosen.entries[0][0] == reply.dialogue.offers[1]


def test_of_two_questions_one_is_answered_and_what_comes_near_to_the_other_is_offered(assistant: Assistant) -> None:
    asked = "市民卡多久能办好？我的电话13812345678卡掉了能不能再弄一张？"
    reply = assistant.answer(turn(asked, ask_time_limit=0.6, ask_procedure=0.3))
    assert reply.kind == "answer"
    assert "13812345678" not in reply.text
    lines = reply.text.splitlines()
    assert lines[0] == "受理后7日内发卡，最长14日。"
    assert "卡掉了能不能再弄一张" in lines[1]
    assert lines[2] == "1. 市民卡丢了怎么补？"
    assert reply.choices[0].title == "市民卡丢了怎么补？"
    assert {"第四条", "第六条"} <= {c["provision"] for c in reply.citations}
    assert assistant.answer(turn("1", reply.dialogue)).text.startswith("到原办卡窗口挂失补办。")


def test_two_questions_about_different_matters_are_both_answered(assistant: Assistant) -> None:
    reply = assistant.answer(turn("市民卡多久能办好？已经打官司的事12345管吗？", ask_time_limit=0.6, ask_scope=0.3))
    assert "受理后7日内发卡" in reply.text
    assert "不予受理" in reply.text
    assert "不能肯定" not in reply.text


def test_after_two_misses_in_a_row_a_person_is_a_choice(assistant: Assistant) -> None:
    strict = assistant.with_thresholds(answer=1.1, offer=1.1)
    first = strict.answer(turn("火星移民的飞船票在哪抢购", ask_unsupported=0.9))
    second = strict.answer(turn("那个票到底在哪抢", first.dialogue, ask_unsupported=0.9))
    assert [c.title for c in first.choices] == []
    assert [c.title for c in second.choices] == ["转人工"]


def test_small_talk_is_answered_as_such(assistant: Assistant) -> None:
    assert ask(assistant, "谢谢啦", say_thanks=0.9).kind == "chitchat"
    assert ask(assistant, "转人工", request_human=0.9).kind == "handoff"


def test_a_message_without_words_is_asked_for_words(assistant: Assistant) -> None:
    assert ask(assistant, "😀？？").kind == "clarify"


def test_personal_data_does_not_stay_in_the_dialogue(assistant: Assistant) -> None:
    reply = ask(assistant, "我的电话13800138000，办市民卡要带什么材料", ask_materials=0.9)
    assert "13800138000" not in str(reply.dialogue.as_slot())
    assert "13800138000" not in str(reply.context)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300))
def test_whatever_is_typed_there_is_a_reply_of_a_known_kind(assistant: Assistant, text: str) -> None:
    reply = assistant.answer(turn(text))
    assert reply.kind in KINDS
    assert reply.text


def test_who_asks_whether_they_may_is_asked_what_decides(assistant: Assistant) -> None:
    reply = ask(assistant, "我能办市民卡吗")
    assert reply.kind == "clarify"
    assert reply.text.startswith("带身份证和一张照片。"), "the rule comes first"
    assert reply.text.endswith("您住满一年了吗？")
    assert [choice.title for choice in reply.choices] == ["没住满", "住满了"]


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        (["我能办市民卡吗", "满了"], "可以办。"),
        (["我能办市民卡吗", "来了三个月"], "还不能办。"),
        (["我能办市民卡吗", "来了三个月", "说错了，是两年"], "可以办。"),
        (["来了三个月，能办市民卡"], "还不能办。"),
        (["我能办市民卡吗", "补卡要交费吗", "住满了"], "可以办。"),
    ],
)
def test_the_branch_that_applies_is_answered_with_its_source(
    assistant: Assistant, texts: list[str], verdict: str
) -> None:
    reply = ask(assistant, *texts)
    assert reply.kind == "answer"
    assert reply.text.startswith(verdict)
    assert "《云江市市民卡管理办法》" in reply.text


def test_another_question_in_between_is_answered_and_the_check_waits(assistant: Assistant) -> None:
    reply = ask(assistant, "我能办市民卡吗", "市民卡丢了怎么补", ask_procedure=0.9)
    assert reply.text.startswith("到原办卡窗口")
    assert "您住满一年了吗？" in reply.text


def test_a_check_can_be_broken_off(assistant: Assistant) -> None:
    reply = ask(assistant, "我能办市民卡吗", "算了")
    assert reply.kind == "chitchat"
    assert not reply.dialogue.check


def test_who_asks_in_english_reads_in_english_what_follows(assistant: Assistant) -> None:
    reply = ask(assistant, "what is the weather in the park today")
    assert reply.text[:20].isascii()
    assert not ask(assistant, "明天下雨吗").text[:20].isascii()


def test_a_follow_up_may_only_name_another_case() -> None:
    assert names_another_case("那补卡呢")
    assert names_another_case("如果是外地人呢")
    assert not names_another_case("那要带什么材料")
    assert not names_another_case("楼下太吵了")


def test_an_offered_question_is_picked_by_its_own_words(assistant: Assistant) -> None:
    dialogue = Dialogue(offers=("yunjiang.card.fee", "yunjiang.card.lost"))
    reply = assistant.answer(turn("【云江市】市民卡丢了怎么补？", dialogue))
    assert reply.entries[0][0] == "yunjiang.card.lost"


def test_a_number_begins_with_the_letters_of_its_place(assistant: Assistant) -> None:
    assert assistant.places.letters("yunjiang") == "YJ"
    assert assistant.places.letters("nowhere") == "WO"


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("市民卡多久能办好？要不要钱", ["市民卡多久能办好", "要不要钱"]),
        ("2012年的办法废止了没有？文号是多少？", ["2012年的办法废止了没有", "文号是多少"]),
        ("市民卡多久能办好？我身份证没有", ["市民卡多久能办好"]),
        ("我丢了卡，很急", []),
    ],
)
def test_a_message_falls_into_its_questions(text: str, questions: list[str]) -> None:
    assert questions_in(text) == questions
