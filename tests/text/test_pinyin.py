import pytest

from bot.text.pinyin import initials, initials_of, split_romanised, syllables


def test_homophones_sound_alike() -> None:
    assert syllables("居住证") == syllables("居驻正")


def test_sounds_that_southern_speakers_confuse_are_alike() -> None:
    assert syllables("山") == syllables("三")
    assert syllables("牛") == syllables("刘")


def test_romanised_words_sound_like_their_characters() -> None:
    assert syllables("yingyezhizhao") == syllables("营业执照")


def test_digits_stay_what_they_are() -> None:
    assert syllables("12345热线")[0] == "12345"


@pytest.mark.parametrize(
    ("word", "cut"), [("zhuanzhen", ("zhuan", "zhen")), ("juzhuzheng", ("ju", "zhu", "zheng")), ("email", None)]
)
def test_pinyin_is_cut_into_syllables_and_other_words_are_not(word: str, cut: tuple[str, ...] | None) -> None:
    assert split_romanised(word) == cut


def test_initials_of_a_name() -> None:
    assert initials("居住证") == "jzz"


def test_initials_lead_to_their_name() -> None:
    found = initials_of(["工商局", "居住证"])
    assert found["jzz"] == "居住证"
    assert found["gsj"] == "工商局"


def test_initials_shared_by_different_names_are_left_out() -> None:
    assert "gjj" not in initials_of(["公积金", "国家局"])
