import numpy as np
import pytest

from bot.text.similarity import Analyzer, DocumentIndex, TextIndex, character_grams, characters, sound_grams

TEXTS = ["居住证要带什么材料", "居住证多久能办好", "营业执照几天下来"]


def test_the_text_itself_is_the_most_alike() -> None:
    index = TextIndex(TEXTS, character_grams)
    for number, text in enumerate(TEXTS):
        scores = index.scores(text)
        assert scores.argmax() == number
        assert np.isclose(scores[number], 1.0, atol=1e-5)


def test_scores_stay_between_zero_and_one() -> None:
    scores = TextIndex(TEXTS, character_grams).scores("居住证什么时候办")
    assert (scores >= 0).all()
    assert (scores <= 1 + 1e-6).all()


def test_homophones_count_by_sound_and_not_by_character() -> None:
    assert TextIndex(TEXTS, sound_grams).scores("营业直照")[2] > TextIndex(TEXTS, character_grams).scores("营业直照")[2]


def test_an_empty_query_is_like_nothing() -> None:
    assert TextIndex(TEXTS, character_grams).scores("").max() == 0


@pytest.mark.parametrize("analyzer", [characters, character_grams, sound_grams])
def test_a_document_that_holds_the_whole_query_scores_highest(analyzer: Analyzer) -> None:
    scores = DocumentIndex(TEXTS, analyzer).scores("几天办营业执照")
    assert scores.argmax() == 2
    assert 0 <= scores.min() <= scores.max() <= 1


def test_a_rare_term_weighs_more_than_a_common_one() -> None:
    scores = DocumentIndex(["居住证 材料", "居住证 期限", "居住证 费用"], characters).scores("居住证 期")
    assert scores.argmax() == 1


def test_unknown_words_lower_the_score_of_everything() -> None:
    index = DocumentIndex(TEXTS, characters)
    assert index.scores("居住证火星")[0] < index.scores("居住证")[0]


def test_no_documents_and_no_query_are_no_error() -> None:
    assert DocumentIndex([], characters).scores("居住证").shape == (0,)
    assert DocumentIndex(TEXTS, characters).scores("").max() == 0


def test_an_index_made_from_an_earlier_one_scores_as_one_made_anew() -> None:
    texts = ["居住证几天能办好", "公立医院收费", "电话是多少", "办好要几天"]
    changed = [*texts[:2], "换成全新的字句", *texts[3:], "再加一句"]
    for index in (TextIndex, DocumentIndex):
        again = index(changed, character_grams, index(texts, character_grams))
        for query in ("电话是多少", "居住证办好要几天", "全新字句", "没有见过的词"):
            assert np.allclose(again.scores(query), index(changed, character_grams).scores(query), atol=1e-6)
        assert np.allclose(index(texts, character_grams).scores("电话"), index(texts, character_grams).scores("电话"))
