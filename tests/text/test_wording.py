"""People who type pinyin, English, dialect or the wrong character are read; what is written right stays as it is."""

from __future__ import annotations

import json

import pytest

from bot.hotline.directory import all_entries
from bot.hotline.lexicon import learn_wording
from bot.knowledge_files import read_knowledge_files
from bot.settings import PROJECT_ROOT
from bot.text.glossary import dialect
from bot.text.normalise import normalise
from bot.text.segment import dictionary_words
from bot.text.wording import Wording, WordingData


@pytest.fixture(scope="module")
def wording() -> Wording:
    knowledge = read_knowledge_files(PROJECT_ROOT / "data" / "knowledge").as_knowledge()
    return Wording(learn_wording(knowledge, dictionary_words(PROJECT_ROOT / "data" / "dictionaries")))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("yingyezhizhao zenme ban", "营业执照怎么办"),
        ("juzhuzheng xuyao shenme cailiao", "居住证需要什么材料"),
        ("jianzhuye shuishou找谁", "建筑业税收找谁"),
        ("12345 dianhua", "12345 电话"),
        ("gonglì医院gaige", "gonglì医院改革"),
        ("zhuanrengong", "转人工"),
    ],
)
def test_pinyin_becomes_characters(wording: Wording, typed: str, meant: str) -> None:
    assert wording.plain(normalise(typed)) == meant


@pytest.mark.parametrize("typed", ["ppp项目", "app在哪下载", "vip", "gdp是多少", "ok", "wifi密码", "yyzz几天"])
def test_abbreviations_and_names_stay(wording: Wording, typed: str) -> None:
    assert wording.plain(typed) == typed


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        ("How long does it take to get a residence permit in Jingzhou?", ("多久", "居住证", "荆州")),
        ("what documents do I need for a business license", ("材料", "营业执照")),
        ("Who is in charge of elevators in Huangshi", ("谁负责", "电梯", "黄石")),
        ("I want to talk to a human", ("转人工",)),
    ],
)
def test_english_becomes_the_words_of_the_knowledge(wording: Wording, typed: str, held: tuple[str, ...]) -> None:
    read = wording.plain(normalise(typed))
    assert all(word in read for word in held), read
    assert not any("a" <= c <= "z" for c in read), read


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("营业直照", "营业执照"),
        ("营业执造几天", "营业执照几天"),
        ("医宝卡在哪办", "医保卡在哪办"),
        ("拿户扣薄行吗", "拿户口簿行吗"),
        ("建竹业税收", "建筑业税收"),
        ("公机金提取", "公积金提取"),
    ],
)
def test_words_spelt_by_their_sound_are_put_right(wording: Wording, typed: str, meant: str) -> None:
    assert wording.plain(normalise(typed)) == meant


def test_nothing_that_the_knowledge_writes_is_changed(wording: Wording) -> None:
    knowledge = read_knowledge_files(PROJECT_ROOT / "data" / "knowledge").as_knowledge()
    texts = {normalise(text) for e in all_entries(knowledge) for text in (e.question, *e.similar)}
    changed = {t: wording.plain(t) for t in texts if not any("a" <= c <= "z" for c in t) and wording.plain(t) != t}
    assert not changed


def test_questions_without_slips_are_left_alone(wording: Wording) -> None:
    lines = [
        json.loads(line)
        for path in (PROJECT_ROOT / "data" / "golden").glob("*.jsonl")
        for line in path.read_text(encoding="utf8").splitlines()
    ]
    right = {
        normalise(turn) for row in lines if row["style"] not in {"typo", "mixed", "english"} for turn in row["turns"]
    }
    changed = {text: wording.plain(text) for text in right if wording.plain(text) != text}
    assert len(right) > 150
    assert len(changed) <= len(right) / 200, changed


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("居住证喺邊度辦㗎", "居住证哪里办"),
        ("幾時可以攞到", "什么时候可以拿到"),
        ("使唔使交錢", "要不要交钱"),
        ("么时候办得好", "什么时候办得好"),
        ("执照咋整", "执照怎么办"),
        ("怎么样，什么时候", "怎么样，什么时候"),
        ("喇叭太吵", "喇叭太吵"),
    ],
)
def test_dialect_becomes_standard_chinese(said: str, meant: str) -> None:
    assert normalise(said) == meant


def test_what_stands_for_a_dialect_word_is_standard_itself() -> None:
    assert {word: normalise(word) for word in dialect().meanings.values() if normalise(word) != word} == {}


def test_without_words_nothing_changes() -> None:
    assert Wording(WordingData()).plain("营业直照") == "营业直照"
