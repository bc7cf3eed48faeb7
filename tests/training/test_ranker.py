import json
from pathlib import Path

import numpy as np
import pytest

from bot.errors import HotlineError
from bot.hotline.lexicon import Lexicon
from bot.hotline.ranking import DOUBTS, FEATURES, EntryIndex, Ranker, Weights
from bot.hotline.understanding import Understanding
from bot.training.curves import calibration, risk_coverage
from bot.training.ranker import TrainedRanker, load_ranker, read_synonyms, save_ranker


def weights(size: int) -> Weights:
    return Weights((0.5,) * size, (0.0,) * size, (1.0,) * size, -1.0)


RANKER = Ranker(weights(len(FEATURES)), weights(len(DOUBTS)), {"证件": "材料"})
TRAINED = TrainedRanker(RANKER, risk_coverage([0.2, 0.9], [False, True]), calibration([0.2, 0.9], [False, True]))


def test_what_was_saved_is_loaded_again(tmp_path: Path) -> None:
    save_ranker(TRAINED, tmp_path / "r.json", {"entries": 3})
    assert load_ranker(tmp_path / "r.json") == TRAINED


def test_a_missing_or_broken_file_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(HotlineError, match="make train"):
        load_ranker(tmp_path / "none.json")
    (tmp_path / "broken.json").write_text("{", encoding="utf8")
    with pytest.raises(HotlineError, match="make train"):
        load_ranker(tmp_path / "broken.json")


def test_weights_of_other_features_are_refused(tmp_path: Path) -> None:
    save_ranker(TRAINED, tmp_path / "r.json", {})
    content = json.loads((tmp_path / "r.json").read_text(encoding="utf8"))
    content["features"] = content["features"][1:]
    (tmp_path / "r.json").write_text(json.dumps(content), encoding="utf8")
    with pytest.raises(HotlineError, match="make train"):
        load_ranker(tmp_path / "r.json")


def test_a_file_of_an_older_version_is_refused(tmp_path: Path) -> None:
    save_ranker(TRAINED, tmp_path / "r.json", {})
    content = json.loads((tmp_path / "r.json").read_text(encoding="utf8"))
    del content["thresholds"]
    (tmp_path / "r.json").write_text(json.dumps(content), encoding="utf8")
    with pytest.raises(HotlineError, match="make train"):
        load_ranker(tmp_path / "r.json")


def test_scores_grow_with_the_evidence() -> None:
    low, high = RANKER.fit.scores(np.stack([np.zeros(len(FEATURES)), np.ones(len(FEATURES))]))
    assert low < high


def test_an_index_without_entries_ranks_nothing() -> None:
    assert EntryIndex([], Lexicon({}, {})).rank("居住证", Understanding({}), RANKER) == []


def test_the_first_word_of_a_group_stands_for_all_and_the_first_group_wins(tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text("# 注释\n多久 几天 好久\n材料 证件 # 尾注\n期限 多久 几天\n", encoding="utf8")
    assert read_synonyms(tmp_path / "s.txt") == {"几天": "多久", "好久": "多久", "证件": "材料"}
