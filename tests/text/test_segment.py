from bot.text.segment import Segmenter


def test_own_words_stay_whole_and_do_not_leak_into_another_segmenter() -> None:
    assert "一次办好" in Segmenter(["一次办好"]).cut("推行一次办好服务")
    assert "一次办好" not in Segmenter().cut("推行一次办好服务")


def test_offsets_point_into_the_text() -> None:
    text = "居住证要带什么 材料"
    for word, start, end in Segmenter(["居住证"]).spans(text):
        assert text[start:end] == word
