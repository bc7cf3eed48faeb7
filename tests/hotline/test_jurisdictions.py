import pytest

from bot.hotline.jurisdictions import Jurisdiction, PlaceFound, Places

PLACES = Places(
    [
        Jurisdiction("hubei", "湖北省", aliases=("湖北",)),
        Jurisdiction("jingzhou", "荆州市", "hubei", ("荆州",), ("沙市", "公安县"), covered=True),
        Jurisdiction("tianmen", "天门市", "hubei", ("天门",), (), covered=True),
        Jurisdiction("jilin", "吉林省", None, ("吉林",), ("长春",), covered=True),
    ],
    elsewhere=["武汉", "北京", "广东"],
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("居住证怎么办", PlaceFound()),
        ("天门的居住证怎么办", PlaceFound("tianmen")),
        ("长春办居住证", PlaceFound("jilin")),
        ("武汉居住证怎么办", PlaceFound(None, "武汉")),
        ("我是武汉人，在这里办居住证要什么", PlaceFound()),
        ("我户口在武汉，居住证怎么办", PlaceFound()),
        ("从北京搬来的，居住证怎么办", PlaceFound()),
        ("说错了，不是天门，是荆州", PlaceFound("jingzhou")),
        ("在广东打工，问下吉林的医保", PlaceFound("jilin")),
        ("湖北省的规定是什么", PlaceFound()),
        ("公安机关在哪办", PlaceFound()),
        ("我是天门人，在沙市打工一年了，户口一直在天门，能办居住证吗", PlaceFound("jingzhou")),
        ("我是天门人，老年大学怎么报名", PlaceFound("tianmen")),
        ("我是天门人，在武汉打工，武汉的居住证怎么办", PlaceFound(None, "武汉")),
        ("我在广东打工，医保在吉林老家，能直接结算吗", PlaceFound("jilin")),
        ("我在武汉打工，居住证怎么办", PlaceFound(None, "武汉")),
    ],
)
def test_the_place_a_question_is_about(text: str, found: PlaceFound) -> None:
    assert PLACES.find(text, "jingzhou") == found


def test_a_province_is_elsewhere_when_the_talk_is_of_another() -> None:
    assert PLACES.find("湖北的呢", "jilin") == PlaceFound(None, "湖北省")


def test_covered_names_are_taken_out_of_the_question() -> None:
    assert PLACES.strip("荆州居住证怎么办") == "居住证怎么办"
    assert PLACES.strip("沙市居住证怎么办") == "沙市居住证怎么办"
