from hypothesis import given
from hypothesis import strategies as st

from bot.text.names import NameMatcher

MATCHER = NameMatcher(
    {"居住证": "permit", "暂住证": "permit", "营业执照": "licence", "12319": "line", "公积金": "fund"}
)


def keys(text: str) -> list[str]:
    return [match.key for match in MATCHER.find(text)]


def test_names_are_found_in_order() -> None:
    assert keys("有营业执照还要居住证吗") == ["licence", "permit"]


def test_misspelt_by_sound_is_still_found_and_said_to_be_inexact() -> None:
    (match,) = MATCHER.find("办居驻证要多久")
    assert (match.key, match.exact) == ("permit", False)


def test_pinyin_and_initials_are_found() -> None:
    assert keys("yingyezhizhao几天") == ["licence"]
    assert keys("jzz要带什么") == ["permit"]


def test_a_number_inside_a_longer_number_is_not_a_name() -> None:
    assert keys("我的电话是13123191234") == []
    assert keys("12319是谁") == ["line"]


def test_aliases_are_written_as_the_canonical_name() -> None:
    assert MATCHER.replace("办暂住证", {"permit": "居住证"}) == "办居住证"


def test_a_misspelt_name_is_written_right() -> None:
    assert MATCHER.replace("居主证丢了") == "居住证丢了"


def test_no_names_no_matches() -> None:
    assert NameMatcher({}).find("居住证") == []


@given(st.text(alphabet="居住证暂营业执照驻主公积金jzgab1239 ", max_size=40))
def test_matches_never_overlap_and_lie_inside_the_text(text: str) -> None:
    end = 0
    for match in MATCHER.find(text):
        assert end <= match.start < match.end <= len(text)
        end = match.end
