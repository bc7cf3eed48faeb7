import pytest

from bot.hotline.dialogue import Dialogue, chosen_offer, looks_like_follow_up, says_nothing_new


def test_what_is_written_into_the_slot_comes_back() -> None:
    dialogue = Dialogue("jingzhou", "居住证多久", {"ask_fee": 0.5}, "residence_permit", "a.b.c", ("a.b.c",), 1)
    assert Dialogue.from_slot(dialogue.as_slot()) == dialogue


@pytest.mark.parametrize("junk", [None, 3, "x", [], {"unknown": 1}])
def test_junk_in_the_slot_starts_anew(junk: object) -> None:
    assert Dialogue.from_slot(junk) == Dialogue()


@pytest.mark.parametrize(
    ("text", "chosen"), [("1", "a"), ("第二个", "b"), ("第二个说详细点", "b"), ("3", None), ("我有2个孩子", None)]
)
def test_a_choice_is_taken_by_its_number(text: str, chosen: str | None) -> None:
    assert chosen_offer(text, Dialogue(offers=("a", "b"))) == chosen


def test_without_an_offer_a_number_chooses_nothing() -> None:
    assert chosen_offer("1", Dialogue()) is None


def test_what_was_heard_is_kept_short() -> None:
    assert len(Dialogue().heard("长" * 500).text) <= 160


@pytest.mark.parametrize("text", ["那呢？", "换成呢", "说错了，我是的", "如果是那边呢"])
def test_words_around_a_place_say_nothing_new(text: str) -> None:
    assert says_nothing_new(text)


@pytest.mark.parametrize("text", ["那要带啥", "换成收费的呢", "多久", "居住证呢"])
def test_a_new_thing_asked_is_new(text: str) -> None:
    assert not says_nothing_new(text)


def test_short_or_pointing_messages_lean_on_what_went_before() -> None:
    assert looks_like_follow_up("那要带啥")
    assert looks_like_follow_up("这个证办下来以后每年都要去派出所办什么手续吗")
    assert not looks_like_follow_up("我想知道荆州市区公立医院改革一共涉及多少家医院")
