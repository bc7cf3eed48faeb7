import numpy as np
import pytest

from bot.text.classify import TextClassifier

TEXTS = [
    "要带什么材料",
    "需要哪些材料",
    "材料要几份",
    "带啥材料去",
    "多久能办好",
    "要等多久",
    "几天能好",
    "多长时间办完",
]
LABELS = ["materials"] * 4 + ["time"] * 4


def test_it_learns_what_it_was_shown_and_orders_by_probability() -> None:
    model = TextClassifier().fit(TEXTS, LABELS)
    prediction = model.predict("材料要带哪些")
    assert prediction.label == "materials"
    assert prediction.probability == max(p for _, p in prediction.ranking)
    assert np.isclose(sum(p for _, p in prediction.ranking), 1.0)


def test_the_same_data_gives_the_same_model() -> None:
    first, second = (TextClassifier().fit(TEXTS, LABELS).probabilities(["要多久"]) for _ in range(2))
    assert np.array_equal(first, second)


def test_margins_order_the_labels_too_and_survive_being_stored() -> None:
    model = TextClassifier(margins=True).fit(TEXTS, LABELS)
    scores = model.scores(["材料要带哪些", "几天办完"])
    assert [model.labels[i] for i in scores.argmax(axis=1)] == ["materials", "time"]
    assert np.allclose(TextClassifier.from_arrays(model.arrays()).scores(["几天办完"]), scores[1:], atol=0.01)


def test_one_label_alone_cannot_be_learnt() -> None:
    with pytest.raises(ValueError):
        TextClassifier().fit(TEXTS, ["materials"] * len(TEXTS))
