import numpy as np

from bot.text.similarity import TextIndex, character_grams, sound_grams

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


def test_coverage_is_the_share_of_the_query_that_a_text_holds() -> None:
    index = TextIndex(TEXTS, character_grams)
    assert np.isclose(index.coverage("居住证")[0], 1.0, atol=1e-5)
    assert index.coverage("火星探测").max() == 0


def test_an_empty_query_is_like_nothing() -> None:
    assert TextIndex(TEXTS, character_grams).scores("").max() == 0
