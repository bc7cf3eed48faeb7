import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.normalise import has_words, normalise, strip_filler


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("居住證要帶什麼", "居住证要带什么"),
        ("ＪＺＺ多少钱？", "jzz多少钱？"),
        ("居住证😀要带啥🎉", "居住证 要带什么"),
        ("<b>居住证</b><script>alert(1)</script>", "居住证 alert(1)"),
        ("居住\u200b证\x00要带", "居住证 要带"),
        ("急急急急急急", "急"),
        ("  多   久 ", "多 久"),
        ("补证要💰吗", "补证要钱吗"),
        ("城管☎️是多少", "城管电话是多少"),
    ],
)
def test_people_type_in_many_ways_and_one_spelling_comes_out(typed: str, meant: str) -> None:
    assert normalise(typed) == meant


def test_digits_that_repeat_are_kept() -> None:
    assert normalise("10000号") == "10000号"


def test_opening_politeness_is_dropped() -> None:
    assert strip_filler(normalise("你好，请问一下，居住证怎么办")) == "居住证怎么办"


def test_politeness_alone_is_kept() -> None:
    assert strip_filler("你好") == "你好"


def test_words_are_letters_digits_or_characters() -> None:
    assert has_words("证")
    assert has_words("12345")
    assert not has_words(normalise("😀？！"))


@given(st.text(max_size=200))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.text(max_size=200))
def test_filler_never_takes_everything(text: str) -> None:
    clean = normalise(text)
    assert bool(strip_filler(clean)) == bool(clean)
