"""Training and releasing as administrators do it in the browser; real training is in tests/servers/test_learning.py."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient

from bot.bootstrap import now
from bot.hotline.learning import LabelKind, VersionState
from bot.hotline.work_orders import Role
from bot.learning.releases import register
from bot.model_files import read_pointer
from bot.settings import Settings
from bot.storage import (
    Database,
    add_version,
    current_release,
    get_version,
    list_deeds,
    list_golden,
    list_versions,
    note_version,
    standing_labels,
)
from tests.learning.conftest import write_model
from tests.web.staff import logged_in

SIDE = {"kind": "answer", "text": "15日。<b>", "fault": "", "confidence": 0.9, "wrong": False}
CURVE = {
    "name": "新模型", "risk": {"thresholds": [0.0, 0.5], "coverage": [1.0, 0.5], "risk": [0.2, 0.0]},
    "calibration": {"confidence": [0.9], "right": [0.8], "count": [5], "error": 0.1},
}  # fmt: skip
GROUP = {"name": "全部", "asked": 10, "answered": 0.9, "passed": 0.8, "wrong": 0.1}
FIGURES = {
    "measures": {"passed": 0.8, "wrong": 0.1, "emergency_recall": 1.0, "intent_accuracy": 0.7}, "groups": [GROUP],
    "groups_before": [GROUP | {"passed": 0.7}], "before": {"passed": 0.7}, "intents_before": {"ask_fee": {"recall": 0.4}},
    "changed": [{"id": "q", "kind": "answer", "turns": ["<script>几天"], "effect": "worse", "before": SIDE,
                 "after": SIDE | {"fault": "缺少：15", "wrong": True, "confidence": None}}],
    "intents": {"ask_fee": {"examples": 3, "precision": 0.5, "recall": 0.6}}, "confusions": [["ask_fee", "ask_amount", 4]],
    "failures": [{"id": "q", "turns": ["几天"], **SIDE, "fault": "缺少：15"}], "curves": [CURVE, CURVE | {"name": "正在使用的模型"}],
    "threshold": 0.6, "refusal": "", "gate": [
        {"title": "通过的比例", "before": 0.7, "after": 0.8, "allowed": "最多下降 1.0%", "passed": True},
        {"title": "意图", "before": None, "after": 0.8, "allowed": "最多下降 1.0%", "passed": True}],
}  # fmt: skip
PATHS = [
    "/admin/training",
    "/admin/training/1",
    "/admin/training/golden",
    "/admin/training/labels",
    "/admin/training/labels.yml",
]


@pytest.fixture
def settings(settings: Settings, tmp_path: Any) -> Settings:
    """The settings, with folders of the test for models and release."""
    (tmp_path / "models").mkdir()
    return Settings(**vars(settings) | {"models_dir": tmp_path / "models", "release_file": tmp_path / "released.json"})


@pytest.fixture
def first(database: Database, settings: Settings) -> int:
    """The version that serves."""
    return register(database, settings, write_model(settings.models_dir / "one.tar.gz"), "首次启动", "b", now()).id


@pytest.fixture
def second(database: Database, settings: Settings, first: int) -> int:
    """A version that may be released."""
    files = write_model(settings.models_dir / "two.tar.gz")
    with database.begin() as connection:
        return add_version(
            connection, None, now(), origin="console", seed=1, base="b", state=VersionState.READY, model="two.tar.gz",
            files=files.digests(), figures=FIGURES | {"against": first}, labels=2, log="05:00 训练<b>",
        ).id  # fmt: skip


async def page(client: TestClient, path: str) -> str:
    response = await client.get(path)
    assert response.status == 200, await response.text()
    return await response.text()


async def post(client: TestClient, path: str, **form: str) -> Any:
    return await client.post(path, data=form, allow_redirects=False)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR])
async def test_only_administrators_train_and_release(
    client: TestClient, database: Database, second: int, role: Role
) -> None:
    await logged_in(client, database, role)
    for path in (*PATHS, "/admin/training/queue", "/admin/training/1/progress"):
        assert (await client.get(path)).status == 403
    for path in (
        "",
        "/rollback",
        f"/{second}/release",
        f"/{second}/cancel",
        f"/{second}/measure",
        "/golden",
        "/labels",
    ):
        assert (await post(client, f"/admin/training{path}", reason="就要")).status == 403
    with database.read() as connection:
        assert len(list_versions(connection)) == 2


async def test_a_version_is_queued_followed_and_cancelled(client: TestClient, database: Database, first: int) -> None:
    await logged_in(client, database, Role.ADMINISTRATOR)
    response = await post(client, "/admin/training", note="补充<i>问法")
    assert (response.status, response.headers["Location"]) == (303, "/admin/training/2")
    assert "补充&lt;i&gt;问法" in await page(client, "/admin/training")
    assert "排队中" in await page(client, "/admin/training/queue")
    with database.begin() as connection:
        note_version(connection, 2, state=VersionState.TRAINING, progress="训练意图识别……", share=0.4, log="05:00 <b>")
    part = await client.get("/admin/training/2/progress")
    assert "HX-Refresh" not in part.headers
    assert 'value="0.4"' in await part.text()
    assert "05:00 &lt;b&gt;" in await part.text()
    assert (await post(client, "/admin/training/2/cancel")).status == 303
    with database.begin() as connection:
        assert get_version(connection, 2).cancel
        note_version(connection, 2, state=VersionState.CANCELLED, problem="已按要求取消。")
    assert (await client.get("/admin/training/2/progress")).headers["HX-Refresh"] == "true"
    assert "已按要求取消。" in await page(client, "/admin/training/2")
    assert (await post(client, "/admin/training/2/cancel")).status == 409


async def test_more_than_a_few_do_not_wait(client: TestClient, database: Database, first: int) -> None:
    await logged_in(client, database, Role.ADMINISTRATOR)
    answers = [(await post(client, "/admin/training")).status for _ in range(6)]
    assert answers == [303] * 5 + [409]


async def test_a_version_is_shown_released_and_rolled_back(
    client: TestClient, database: Database, settings: Settings, second: int
) -> None:
    await logged_in(client, database, Role.ADMINISTRATOR)
    html = await page(client, f"/admin/training/{second}")
    for shown in (
        "通过的比例",
        "没有可比的",
        "变差",
        "&lt;script&gt;几天",
        "15日。&lt;b&gt;",
        "+20.0",
        "“问收费”认成“问数额、标准”",
    ):
        assert shown in html
    assert "<script>几天" not in html
    assert (await post(client, f"/admin/training/{second}/release", reason="")).status == 409
    assert (await post(client, f"/admin/training/{second}/release", reason="更好")).status == 303
    assert read_pointer(settings.release_file).version == second  # type: ignore[union-attr]
    html = await page(client, "/admin/training")
    assert "回退到第 1 版" in html
    assert "由 administrator 发布：更好" in html
    assert (await post(client, f"/admin/training/{second}/release", reason="更好")).status == 409
    assert (await post(client, "/admin/training/rollback", reason="变差了")).status == 303
    assert read_pointer(settings.release_file).version == 1  # type: ignore[union-attr]
    assert (await post(client, "/admin/training/rollback")).status == 409
    with database.read() as connection:
        assert [deed.deed for deed in list_deeds(connection)][:2] == ["回退模型", "发布模型"]


async def test_a_refused_or_stale_version_has_no_release(
    client: TestClient, database: Database, settings: Settings, second: int
) -> None:
    await logged_in(client, database, Role.ADMINISTRATOR)
    with database.begin() as connection:
        note_version(
            connection, second, state=VersionState.REFUSED, problem="没有通过发布门槛：通过从 90.0% 变为 50.0%。"
        )
    html = await page(client, f"/admin/training/{second}")
    assert "发布的原因" not in html
    assert "50.0%" in html
    response = await post(client, f"/admin/training/{second}/release", reason="就要")
    assert response.status == 409
    assert "50.0%" in (await response.json())["error"]
    with database.begin() as connection:
        note_version(connection, second, state=VersionState.READY, figures=FIGURES | {"against": 7})
    assert "重新比较后才能发布" in await page(client, f"/admin/training/{second}")
    assert (await post(client, f"/admin/training/{second}/measure")).status == 303
    with database.read() as connection:
        assert get_version(connection, second).state is VersionState.QUEUED
        assert current_release(connection).version == 1  # type: ignore[union-attr]


async def test_a_broken_model_file_is_named(
    client: TestClient, database: Database, settings: Settings, second: int
) -> None:
    await logged_in(client, database, Role.ADMINISTRATOR)
    (settings.models_dir / "two.tar.gz").write_bytes(b"\x1f\x8bbroken")
    response = await post(client, f"/admin/training/{second}/release", reason="更好")
    assert response.status in (409, 500)
    assert "two.tar.gz" in (await response.json())["error"]


async def test_golden_questions_are_added_and_retired(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.ADMINISTRATOR)
    form = {
        "jurisdiction": "yunjiang",
        "kind": "answer",
        "turns": "我叫欧阳建国，电话13712345678，几天办好\n要钱吗",
        "must": "15日｜十五日\n免费",
    }
    assert (await post(client, "/admin/training/golden", **form)).status == 303
    with database.read() as connection:
        (question,) = list_golden(connection)
    assert question.must == (("15日", "十五日"), ("免费",))
    assert "13712345678" not in question.turns[0]
    for wrong in ({"turns": " "}, {"must": ""}, {"jurisdiction": "atlantis"}):
        response = await post(client, "/admin/training/golden", **(form | wrong))
        assert response.status == 400
        assert 'role="alert"' in await response.text()
    assert (await post(client, f"/admin/training/golden/{question.id}/retire")).status == 303
    assert (await post(client, f"/admin/training/golden/{question.id}/retire")).status == 404


async def upload(client: TestClient, content: bytes) -> Any:
    form = FormData()
    form.add_field("file", content, filename="labelled.yml")
    return await client.post("/admin/training/labels", data=form)


async def test_labels_go_out_and_come_in(client: TestClient, database: Database) -> None:
    await logged_in(client, database, Role.ADMINISTRATOR)
    content = (
        "nlu:\n- intent: ask_unsupported\n  examples: |\n    - 火星怎么去，我的电话13712345678\n    - ？？\n"
        "- intent: ask_fee\n  examples:\n  - text: 几多钱\n    metadata: {entry: no.such.entry}\n"
    )
    response = await upload(client, content.encode())
    told = await response.text()
    assert "已导入 1 条标注" in told
    with database.read() as connection:
        labels = standing_labels(connection)
    assert "13712345678" not in repr(labels)
    assert [one.kind for one in labels] == [LabelKind.UNSUPPORTED]
    assert "没有这个知识条目" in told
    exported = await page(client, "/admin/training/labels.yml")
    assert "ask_unsupported" in exported
    assert "13712345678" not in exported
    assert (await upload(client, exported.encode())).status == 200


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "请选择"), ("不是".encode("gbk"), "UTF-8"), (b"a: [", "不是有效"), (b"nlu: []", "没有 nlu"),
     (b"nlu:\n- intent: no_such\n  examples: |\n    - x\n", "没有的意图"), (b"x" * 2_200_000, "太大"),
     (b"nlu:\n- intent: say_thanks\n  examples:\n  - text: x\n    metadata: {place: atlantis}\n", "辖区")],
)  # fmt: skip
async def test_a_file_that_is_none_is_refused_with_the_reason(
    client: TestClient, database: Database, content: bytes, reason: str
) -> None:
    await logged_in(client, database, Role.ADMINISTRATOR)
    response = await upload(client, content)
    assert response.status == 400
    assert reason in (await response.json())["error"]
    with database.read() as connection:
        assert standing_labels(connection) == []


async def test_nothing_happens_with_a_forged_token(client: TestClient, database: Database, second: int) -> None:
    await logged_in(client, database, Role.ADMINISTRATOR)
    client.session.headers["X-CSRF-Token"] = "forged"
    for path in ("", "/rollback", f"/{second}/release"):
        assert (await post(client, f"/admin/training{path}", reason="更好")).status == 403
    assert not re.search("two", str(read_pointer(Settings().release_file)))
