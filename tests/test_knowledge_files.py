"""Reading knowledge files: what the format allows is read whole, what it does not is named, all at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import KnowledgeInvalid
from bot.hotline.knowledge import AnswerKind, Aspect, Citation, HotlineLine, RoutingRule, ServiceItem
from bot.knowledge_files import KnowledgeFiles, read_knowledge_files

_PLACES = """
[[jurisdiction]]
id = "hubei"
name = "湖北省"

[[jurisdiction]]
id = "jingzhou"
name = "荆州市"
parent = "hubei"
aliases = ["荆州"]
places = ["沙市"]
covered = true

[[jurisdiction]]
id = "tianmen"
name = "天门市"
covered = true

[elsewhere]
places = ["北京"]
"""
_DOCUMENT = """
jurisdiction = "jingzhou"
topic = "residence_permit"

[document]
id = "jingzhou.residence_permit"
number = "荆政规[2017]2号"
title = "荆州市居住证制度实施细则"
issued_on = 2017-07-17
effective_from = 2017-08-01
effective_until = 2022-08-01

[[item]]
id = "residence_permit"
name = "居住证"
aliases = ["暂住证"]

[[entry]]
id = "time_limit"
question = "居住证多久能办好？"
aspect = "time_limit"
items = ["residence_permit"]
provisions = ["第九条"]
answer = "15日内制发。"
similar = ["几天能拿到证"]

[[entry]]
id = "in_scope"
question = "居住证归12345管吗？"
aspect = "scope"
kind = "scope"
accepted = true
provisions = []
answer = "归。"
"""
_DEPARTMENTS = """
[[department]]
id = "jingzhou.police"
name = "荆州市公安局"
aliases = ["公安"]
"""
_HOTLINES = """
[[hotline]]
number = "8001234"
department = "jingzhou.police"
name = "户政"
integration = "merged"
document = "jingzhou.residence_permit"
provision = "三(二)"
matters = ["办证"]
"""
_ROUTING = """
[[routing_rule]]
id = "fake"
category = "公安/假证"
department = "jingzhou.police"
hotline = "8001234"
document = "jingzhou.residence_permit"
provision = "三(二)"
keywords = ["假证"]
examples = ["有人卖假证"]
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the sample files, with those given by path replaced or added, and returns the folder."""

    def write_files(changed: dict[str, str] | None = None) -> Path:
        contents = {
            "jurisdictions.toml": _PLACES,
            "jingzhou/residence_permit.toml": _DOCUMENT,
            "jingzhou/departments.toml": _DEPARTMENTS,
            "jingzhou/hotlines.toml": _HOTLINES,
            "jingzhou/routing.toml": _ROUTING,
            **(changed or {}),
        }
        for name, content in contents.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(content, encoding="utf-8")
        return tmp_path

    return write_files


@pytest.fixture
def problems(write: Write) -> Callable[..., str]:
    """Replaces one text in the sample document and returns what is then said to be wrong."""

    def find(old: str, new: str, name: str = "jingzhou/residence_permit.toml", source: str = _DOCUMENT) -> str:
        assert old in source
        with pytest.raises(KnowledgeInvalid) as caught:
            read_knowledge_files(write({name: source.replace(old, new)}))
        return str(caught.value)

    return find


def test_everything_in_the_files_is_read(write: Write) -> None:
    files = read_knowledge_files(write())
    assert [(j.id, j.parent, j.covered) for j in files.jurisdictions] == [
        ("hubei", None, False),
        ("jingzhou", "hubei", True),
        ("tianmen", None, True),
    ]
    assert files.elsewhere == ("北京",)
    (document,) = files.documents
    assert (document.number, document.effective_until) == ("荆政规〔2017〕2号", dt.date(2022, 8, 1))
    assert files.items == (ServiceItem("jingzhou.residence_permit.residence_permit", "居住证", ("暂住证",)),)
    assert files.departments[0].jurisdiction == "jingzhou"
    assert files.hotlines == (
        HotlineLine("jingzhou", "8001234", "jingzhou.police", "户政", "merged", document.id, "三(二)", ("办证",)),
    )
    assert isinstance(files.routing_rules[0], RoutingRule)
    assert files.routing_rules[0].note is None


def test_an_entry_gets_its_full_id_place_topic_and_citation(write: Write) -> None:
    limit, scope = read_knowledge_files(write()).entries
    assert limit.id == "jingzhou.residence_permit.time_limit"
    assert (limit.jurisdiction, limit.topic, limit.aspect) == ("jingzhou", "residence_permit", Aspect.TIME_LIMIT)
    assert limit.citations == (Citation("jingzhou.residence_permit", ("第九条",)),)
    assert limit.questions == ("居住证多久能办好？", "几天能拿到证")
    assert (scope.kind, scope.accepted, scope.citations[0].provisions) == (AnswerKind.SCOPE, True, ())


def test_the_files_can_be_used_without_a_database(write: Write) -> None:
    knowledge = read_knowledge_files(write()).as_knowledge()
    assert set(knowledge.documents) == {"jingzhou.residence_permit"}
    assert len(knowledge.entries) == 2


def test_the_shipped_files_are_valid() -> None:
    files = read_knowledge_files(Path(__file__).parents[1] / "data" / "knowledge")
    assert isinstance(files, KnowledgeFiles)
    assert {"jingzhou", "tianmen", "huangshi", "jilin", "pengjiang"} <= {j.id for j in files.jurisdictions if j.covered}


def test_an_item_belongs_to_its_file_so_that_ids_need_not_agree(write: Write) -> None:
    other = _DOCUMENT.replace("residence_permit", "other").replace("多久", "另外多久").replace("归12345", "另外归12345")
    other = other.replace('id = "other"\nname = "居住证"', 'id = "residence_permit"\nname = "居住卡"').replace(
        '["other"]', '["residence_permit"]'
    )
    files = read_knowledge_files(write({"jingzhou/other.toml": other}))
    assert {i.id: i.name for i in files.items} == {
        "jingzhou.residence_permit.residence_permit": "居住证",
        "jingzhou.other.residence_permit": "居住卡",
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('aspect = "time_limit"', 'aspect = "weather"', "[entry jingzhou.residence_permit.time_limit]：aspect 应为"),
        ('answer = "15日内制发。"', 'answer = ""', "answer 应为非空文字"),
        ('answer = "15日内制发。"', "", "缺少 answer"),
        ('answer = "15日内制发。"', 'answer = "15日内制发。"\ncolour = "red"', "不认识的项 colour"),
        ('similar = ["几天能拿到证"]', 'similar = "几天能拿到证"', "similar 应为非空文字的列表"),
        ('similar = ["几天能拿到证"]', 'similar = ["居住证 多久能办好?"]', "重复"),
        ('similar = ["几天能拿到证"]', 'similar = ["居住证归12345管吗"]', "in_scope 的问题"),
        (
            'items = ["residence_permit"]',
            'items = ["passport"]',
            "引用了不存在的 ServiceItem：jingzhou.residence_permit.passport",
        ),
        ('answer = "归。"', 'answer = "归。"\ndepartment = "jingzhou.nobody"', "引用了不存在的 Department"),
        ('provisions = ["第九条"]', 'provisions = ["第 ９条"]', "provisions 应为条款路径"),
        ('provisions = ["第九条"]', "", "provisions 应为条款路径"),
        ('id = "in_scope"', 'id = "time_limit"', "编号重复"),
        ('question = "居住证归12345管吗？"', 'question = "居住证多久能办好"', "与条目"),
        ("accepted = true", "", "accepted"),
        ('kind = "scope"\n', "", "accepted"),
        ('id = "jingzhou.residence_permit"', 'id = "jingzhou.permit"', "辖区.主题"),
        ('topic = "residence_permit"', "", "辖区.主题"),
        ('jurisdiction = "jingzhou"', 'jurisdiction = "tianmen"', "jurisdiction 应与所在目录一致"),
        ("issued_on = 2017-07-17", 'issued_on = "2017-07-17"', "issued_on 应为日期"),
        ("issued_on = 2017-07-17", "issued_on = 2017-07-17T00:00:00", "issued_on 应为日期"),
        ("effective_until = 2022-08-01", "effective_until = 2017-08-01", "effective_until 应晚于"),
        ("[[item]]", "[[thing]]", "不认识的项 thing"),
        ("[document]", "document = 1\n[other]", "document 应写作"),
        ("[document]", "[document", "不是有效的 UTF-8 TOML"),
    ],
)
def test_what_breaks_the_format_is_named(problems: Callable[..., str], old: str, new: str, said: str) -> None:
    message = problems(old, new)
    assert said in message
    assert "residence_permit.toml" in message


@pytest.mark.parametrize(
    ("name", "source", "old", "new", "said"),
    [
        ("jingzhou/hotlines.toml", _HOTLINES, '"merged"', '"gone"', "integration 应为"),
        ("jingzhou/hotlines.toml", _HOTLINES, "jingzhou.police", "jingzhou.nobody", "引用了不存在的 Department"),
        ("jingzhou/hotlines.toml", _HOTLINES, "三(二)", "三（二）", "provision 应为条款路径"),
        (
            "jingzhou/hotlines.toml",
            _HOTLINES,
            "jingzhou.residence_permit",
            "jingzhou.x",
            "引用了不存在的 PolicyDocument",
        ),
        ("jingzhou/routing.toml", _ROUTING, 'keywords = ["假证"]', "", "缺少 keywords"),
        ("jingzhou/departments.toml", _DEPARTMENTS, "[[department]]", "[[departments]]", "不认识的项 departments"),
        ("jurisdictions.toml", _PLACES, 'parent = "hubei"', 'parent = "hunan"', "引用了不存在的 Jurisdiction：hunan"),
        ("jurisdictions.toml", _PLACES, "covered = true", "covered = 1", "covered 应为 true 或 false"),
        ("jurisdictions.toml", _PLACES, 'id = "tianmen"', 'id = "jingzhou"', "编号重复"),
    ],
)
def test_what_breaks_the_other_files_is_named(
    problems: Callable[..., str], name: str, source: str, old: str, new: str, said: str
) -> None:
    message = problems(old, new, name, source)
    assert said in message
    assert name in message


def test_all_problems_of_all_files_are_named_at_once(write: Write) -> None:
    broken = {
        "jingzhou/residence_permit.toml": _DOCUMENT.replace('aspect = "time_limit"', 'aspect = "x"').replace(
            "归。", ""
        ),
        "jingzhou/hotlines.toml": _HOTLINES.replace('"merged"', '"gone"'),
        "jingzhou/broken.toml": "这不是 TOML",
    }
    with pytest.raises(KnowledgeInvalid) as caught:
        read_knowledge_files(write(broken))
    assert len(str(caught.value).splitlines()) == 4


def test_a_missing_list_of_places_is_named(write: Write) -> None:
    folder = write()
    (folder / "jurisdictions.toml").unlink()
    with pytest.raises(KnowledgeInvalid, match=r"jurisdictions\.toml：文件不存在"):
        read_knowledge_files(folder)


def test_one_question_may_be_asked_in_two_places(write: Write) -> None:
    other = _DOCUMENT.replace("jingzhou", "tianmen")
    assert len(read_knowledge_files(write({"tianmen/residence_permit.toml": other})).entries) == 4
