"""The inbox as administrators use it: grouped, masked, decided, undone; for nobody else."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from bot.bootstrap import now
from bot.hotline.jurisdictions import Jurisdiction
from bot.hotline.knowledge import Aspect, Citation, Department, KnowledgeEntry, PolicyDocument, RoutingRule
from bot.hotline.learning import LabelKind
from bot.hotline.ledger import LedgerRow
from bot.hotline.ranking import DOUBTS, FEATURES, Ranker, Weights
from bot.hotline.routing import FEATURES as MATTERS
from bot.hotline.routing import Dispatcher, MatterTexts
from bot.hotline.work_orders import Role
from bot.knowledge_files import KnowledgeFiles, wording_key
from bot.model_files import ModelFiles
from bot.settings import Settings
from bot.storage import Database, get_entry, list_deeds, save_knowledge, standing_labels, write_ledger
from bot.training.curves import calibration, risk_coverage
from bot.training.dispatcher import gather_evidence, save_dispatcher
from bot.training.ranker import TrainedRanker, save_ranker
from tests.web.staff import logged_in

ENTRY = KnowledgeEntry(
    "yunjiang.permit.time_limit", "yunjiang", "permit", Aspect.TIME_LIMIT, "居住证多久能办好？", "15日内办好。",
    (Citation("yunjiang.permit", ("第九条",)),), ("几天能拿到证",),
)  # fmt: skip
KNOWLEDGE = KnowledgeFiles(
    jurisdictions=(
        Jurisdiction("yunjiang", "云江市", None, ("云江",), (), covered=True),
        Jurisdiction("beihe", "北河市", None, ("北河",), (), covered=True),
    ),
    documents=(
        PolicyDocument("yunjiang.permit", "yunjiang", "居住证办法"), PolicyDocument("yunjiang.hotline", "yunjiang", "热线方案"),
    ),
    entries=(ENTRY,),
    departments=(Department("yunjiang.city", "yunjiang", "云江市城管局"),),
    routing_rules=(
        RoutingRule("stall", "yunjiang", "城市管理/占道经营", "yunjiang.city", ("摆摊",), ("路边摆摊",), "yunjiang.permit", "第一条"),
    ),
)  # fmt: skip
PERSON = "我叫欧阳建国，电话13712345678，小本子几天到手"


@pytest.fixture
def settings(settings: Settings, tmp_path: Any) -> Settings:
    """The settings, with a small model."""
    ranker = Ranker(*(Weights((1.0,) * n, (0.0,) * n, (1.0,) * n) for n in (len(FEATURES), len(DOUBTS))))
    curve, bins = risk_coverage([0.2, 0.9], [False, True]), calibration([0.2, 0.9], [False, True])
    files = ModelFiles(tmp_path / "small.tar.gz")
    files.rasa.touch()
    save_ranker(TrainedRanker(ranker, curve, bins), files.ranker, {})
    texts = MatterTexts(
        {"城市管理/占道经营": ("摆摊",), "其他": ("别的",)}, [("路边摆摊", "城市管理/占道经营"), ("别的事", "其他")]
    )
    weights = Weights((1.0,) * len(MATTERS), (0.0,) * len(MATTERS), (1.0,) * len(MATTERS))
    save_dispatcher(Dispatcher(gather_evidence(texts), weights), files.dispatcher)
    return Settings(**vars(settings) | {"model": files.rasa})


@pytest.fixture
def missed(database: Database) -> Database:
    """A database in which several messages were missed."""
    with database.begin() as connection:
        save_knowledge(connection, KNOWLEDGE, by="loader", reason="start")
        rows = [
            ("小本子几天到手", "unsupported", 3), ("小本子几天到手呀", "unsupported", 1), ("河边跳广场舞太吵", "handoff", 1),
            ("<script>alert(1)</script>想问个事", "unsupported", 1), ("北河的路怎么走", "unsupported", 1),
        ]  # fmt: skip
        for number, (text, kind, times) in enumerate(rows):
            for turn in range(times):
                place = "beihe" if text.startswith("北河") else "yunjiang"
                at = now() - dt.timedelta(hours=1, minutes=10 * number + turn)
                write_ledger(
                    connection,
                    LedgerRow(
                        f"row{number}-{turn}", at, place, f"c{number}", text, kind, "抱歉，没有收录。",
                        intent="report_problem" if kind == "handoff" else "ask_time_limit",
                        intent_scores={"ask_time_limit": 0.8},
                    ),
                )  # fmt: skip
    return database


async def page(client: TestClient, path: str = "/admin/inbox") -> str:
    response = await client.get(path)
    assert response.status == 200, await response.text()
    return await response.text()


def group_of(html: str) -> str:
    found = re.search(r'name="group" value="(\w+)"', html)
    assert found
    return found[1]


async def decide(client: TestClient, html: str, choice: str, *texts: str, **more: Any) -> Any:
    form = [("group", group_of(html)), ("choice", choice), *(("wording", wording_key(t)) for t in texts), *more.items()]
    return await client.post("/admin/inbox/label", data=form, allow_redirects=False)


async def ready(client: TestClient, path: str = "/admin/inbox") -> str:
    """Return the page once its proposals are there."""
    for _ in range(200):
        html = await page(client, path)
        if "正在准备建议" not in html:
            return html
    raise AssertionError(html)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR, Role.HANDLER])
@pytest.mark.parametrize("path", ["/admin/inbox", "/admin/inbox/decided", "/admin/inbox/entries?q=x"])
async def test_only_administrators_see_it(client: TestClient, missed: Database, role: Role, path: str) -> None:
    more = {"department": "yunjiang.city"} if role is Role.HANDLER else {}
    await logged_in(client, missed, role, **more)
    assert (await client.get(path)).status == 403
    assert (await client.post("/admin/inbox/label", data={"choice": "dismissed"})).status == 403


async def test_alike_messages_stand_together_with_why_and_with_a_proposal(client: TestClient, missed: Database) -> None:
    await logged_in(client, missed, Role.ADMINISTRATOR)
    html = await ready(client)
    assert "4 组，7 条消息" in html
    assert html.index("小本子几天到手") < html.index("河边跳广场舞太吵")
    assert "<strong>4 次</strong>" in html
    assert "居住证多久能办好？" in html
    assert "最接近的问法" in html
    assert "<script>alert" not in html
    assert "3 条消息" not in await page(client, "/admin/inbox?place=beihe")
    assert "1 组，1 条消息" in await page(client, "/admin/inbox?why=unrouted")


async def test_an_administrator_of_one_place_sees_and_decides_only_there(client: TestClient, missed: Database) -> None:
    await logged_in(client, missed, Role.ADMINISTRATOR, jurisdiction="beihe")
    html = await page(client)
    assert "北河的路怎么走" in html
    assert "小本子" not in html
    assert (await decide(client, html, "dismissed", "小本子几天到手")).status == 400
    assert (await decide(client, html, "dismissed", "北河的路怎么走")).status == 303


async def test_a_whole_group_is_labelled_and_undone(client: TestClient, missed: Database) -> None:
    await logged_in(client, missed, Role.ADMINISTRATOR)
    html = await page(client)
    response = await decide(client, html, f"entry:{ENTRY.id}", "小本子几天到手", "小本子几天到手呀")
    assert response.status == 303
    with missed.read() as connection:
        labels = standing_labels(connection)
        assert list_deeds(connection)[0].deed == "标注：归到条目"
    assert {(one.text, one.kind, one.intent, one.entry, one.by) for one in labels} == {
        (text, LabelKind.ENTRY, "ask_time_limit", ENTRY.id, "administrator") for text in ("小本子几天到手", "小本子几天到手呀")
    }  # fmt: skip
    html = await page(client, response.headers["Location"])
    assert "已把 2 条标为“归到条目”" in html
    assert "3 组，3 条消息" in html
    batch = re.search(r'name="batch" value="(\w+)"', html)
    assert batch
    assert (await client.post("/admin/inbox/undo", data={"batch": batch[1]})).status == 200
    assert "4 组，7 条消息" in await page(client)
    assert (await client.post("/admin/inbox/undo", data={"batch": batch[1]})).status == 404


async def test_a_similar_question_goes_into_the_knowledge_at_once_and_out_again(
    client: TestClient, missed: Database
) -> None:
    await logged_in(client, missed, Role.ADMINISTRATOR)
    response = await decide(client, await page(client), f"similar:{ENTRY.id}", "小本子几天到手")
    assert response.status == 303
    with missed.read() as connection:
        assert get_entry(connection, ENTRY.id).similar == ("几天能拿到证", "小本子几天到手")
        (label,) = standing_labels(connection)
    await client.post("/admin/inbox/undo", data={"batch": label.batch})
    with missed.read() as connection:
        entry = get_entry(connection, ENTRY.id)
    assert (entry.similar, entry.version) == (("几天能拿到证",), 3)


@pytest.mark.parametrize(
    ("choice", "more", "reason"),
    [("entry:no.such.entry", {}, "没有这个知识条目"), ("category:没有这类", {}, "没有这个类别"), ("emergency", {}, "号码"),
     ("emergency", {"numbers": "911"}, "号码"), ("nonsense", {}, "请选择"), ("", {}, "请选择")],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_with_the_reason(
    client: TestClient, missed: Database, choice: str, more: dict[str, str], reason: str
) -> None:
    await logged_in(client, missed, Role.ADMINISTRATOR)
    response = await decide(client, await page(client), choice, "小本子几天到手", **more)
    assert response.status == 400
    assert reason in (await response.json())["error"]
    with missed.read() as connection:
        assert standing_labels(connection) == []


@pytest.mark.parametrize(
    ("choice", "more", "kind", "intent"),
    [("unsupported", {}, LabelKind.UNSUPPORTED, "ask_unsupported"), ("harmless", {}, LabelKind.HARMLESS, "ask_about_emergency"),
     ("emergency", {"numbers": "119"}, LabelKind.EMERGENCY, "report_emergency"), ("dismissed", {}, LabelKind.DISMISSED, ""),
     ("category:城市管理/占道经营", {}, LabelKind.CATEGORY, "report_problem"),
     ("entry:yunjiang.routing.stall", {}, LabelKind.CATEGORY, "report_problem")],
)  # fmt: skip
async def test_every_decision_is_kept_with_its_intent(
    client: TestClient, missed: Database, choice: str, more: dict[str, str], kind: LabelKind, intent: str
) -> None:
    await logged_in(client, missed, Role.ADMINISTRATOR)
    assert (await decide(client, await page(client), choice, "小本子几天到手", **more)).status == 303
    with missed.read() as connection:
        (label,) = standing_labels(connection)
    assert (label.kind, label.intent) == (kind, intent)
    listed = await page(client, f"/admin/inbox/decided?kind={kind.value}")
    assert "小本子几天到手" in listed


async def test_golden_questions_are_not_learnt(client: TestClient, missed: Database) -> None:
    await logged_in(client, missed, Role.ADMINISTRATOR)
    form = {"jurisdiction": "yunjiang", "kind": "answer", "turns": "小本子几天到手", "must": "15日"}
    assert (await client.post("/admin/training/golden", data=form)).status == 200
    html = await page(client)
    response = await decide(client, html, f"entry:{ENTRY.id}", "小本子几天到手")
    assert response.status == 400
    assert "黄金题" in (await response.json())["error"]
    assert (await decide(client, html, "dismissed", "小本子几天到手")).status == 303


async def test_the_search_finds_entries(client: TestClient, missed: Database) -> None:
    await logged_in(client, missed, Role.ADMINISTRATOR)
    await ready(client)
    assert f'value="entry:{ENTRY.id}"' in await page(client, "/admin/inbox/entries?q=居住证办好&place=yunjiang")


async def test_a_forged_token_changes_nothing(client: TestClient, missed: Database) -> None:
    await logged_in(client, missed, Role.ADMINISTRATOR)
    html = await page(client)
    client.session.headers["X-CSRF-Token"] = "forged"
    assert (await decide(client, html, "dismissed", "小本子几天到手")).status == 403
    with missed.read() as connection:
        assert standing_labels(connection) == []
