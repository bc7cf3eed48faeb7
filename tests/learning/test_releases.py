"""What may be released, what every process then takes, and which files are refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import HotlineError
from bot.hotline.learning import ReleaseRefused, VersionState
from bot.learning.releases import ensure_released, measure_again, register, release, roll_back, sync_pointer
from bot.model_files import ModelFiles, Pointer, ReleasedModel, read_pointer, training_digest, write_pointer
from bot.settings import PROJECT_ROOT, Settings
from bot.storage import Database, add_version, current_release, get_version, list_deeds, note_version
from tests.learning.conftest import PARTS, write_model

NOW = dt.datetime(2026, 11, 28, 9, 0, tzinfo=dt.timezone.utc)
Model = Callable[[str], ModelFiles]


def ready(database: Database, files: ModelFiles, **values: object) -> int:
    """Store a version that passed the gate beside the one that serves."""
    given = {"base": "b", "state": VersionState.READY, "model": files.rasa.name, "files": files.digests()} | values
    with database.begin() as connection:
        current = current_release(connection)
        given.setdefault("figures", {"against": current.version if current else None})
        return add_version(connection, None, NOW, origin="console", seed=1, **given).id  # type: ignore[arg-type]


@pytest.fixture
def first(database: Database, settings: Settings, model: Model) -> int:
    """The first version, which serves."""
    return register(database, settings, model("first"), "首次启动", "b", NOW).id


def test_a_release_is_seen_at_once_and_rolled_back_at_once(
    database: Database, settings: Settings, model: Model, first: int
) -> None:
    follower = ReleasedModel(settings)
    assert follower.current().rasa.name == "first.tar.gz"
    version = ready(database, model("second"))
    release(database, settings, version, None, "更好", NOW)
    assert follower.current().rasa.name == "second.tar.gz"
    assert read_pointer(settings.release_file) == Pointer("second.tar.gz", version, "b")
    made = roll_back(database, settings, None, "", NOW)
    assert (made.version, made.kind) == (first, "rollback")
    assert follower.current().rasa.name == "first.tar.gz"
    with database.read() as connection:
        assert [deed.deed for deed in list_deeds(connection)][:2] == ["回退模型", "发布模型"]
    with pytest.raises(ReleaseRefused, match="没有可以回退"):
        roll_back(database, settings, None, "", NOW)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (
            {"state": VersionState.REFUSED, "problem": "没有通过发布门槛：黄金题通过的比例从 90.0% 变为 50.0%。"},
            "50.0%",
        ),
        ({"state": VersionState.FAILED}, "评测通过后才能发布"),
        ({"state": VersionState.TRAINING}, "训练中"),
        ({"figures": {}}, "评测通过后才能发布"),
        ({"figures": {"against": 99}}, "重新评测"),
    ],
)
def test_what_did_not_pass_is_not_released(
    database: Database, settings: Settings, model: Model, first: int, values: dict[str, object], reason: str
) -> None:
    version = ready(database, model("second"), **values)
    with pytest.raises(ReleaseRefused, match=reason):
        release(database, settings, version, None, "就要发布", NOW)
    with database.read() as connection:
        assert current_release(connection).version == first  # type: ignore[union-attr]
    assert read_pointer(settings.release_file).version == first  # type: ignore[union-attr]


def test_a_release_needs_a_reason_and_no_fixed_model(database: Database, settings: Settings, model: Model) -> None:
    version = ready(database, model("second"))
    with pytest.raises(ReleaseRefused, match="原因"):
        release(database, settings, version, None, " ", NOW)
    fixed = Settings(**vars(settings) | {"model": settings.models_dir / "second.tar.gz"})
    with pytest.raises(ReleaseRefused, match="HOTLINE_MODEL"):
        release(database, fixed, version, None, "更好", NOW)


def cut(files: ModelFiles) -> None:
    files.rasa.write_bytes(files.rasa.read_bytes()[:100])


def replaced(files: ModelFiles) -> None:
    write_model(files.rasa, content=b"another")


def no_model(files: ModelFiles) -> None:
    write_model(files.rasa, parts=PARTS[:1])


def not_an_archive(files: ModelFiles) -> None:
    files.rasa.write_text("这不是模型", encoding="utf8")


def no_dispatcher(files: ModelFiles) -> None:
    files.dispatcher.unlink()


def broken_dispatcher(files: ModelFiles) -> None:
    files.dispatcher.write_bytes(files.dispatcher.read_bytes()[:-200])


def another_ranker(files: ModelFiles) -> None:
    files.ranker.write_text("{}", encoding="utf8")


BROKEN = {
    cut: "first.tar.gz 不完整", replaced: "和训练时的不一样", no_model: "缺少 intents.joblib、danger.joblib",
    not_an_archive: "打不开", no_dispatcher: "first.dispatcher.npz 不在了", broken_dispatcher: "first.dispatcher.npz",
    another_ranker: "first.ranker.json",
}  # fmt: skip


@pytest.mark.parametrize("damage", BROKEN, ids=lambda damage: damage.__name__)
def test_a_broken_file_is_refused_by_name_at_release_and_at_roll_back(
    database: Database, settings: Settings, model: Model, damage: Callable[[ModelFiles], None]
) -> None:
    files = model("first")
    older = ready(database, files)
    damage(files)
    with pytest.raises(HotlineError, match=BROKEN[damage]):
        release(database, settings, older, None, "更好", NOW)
    assert read_pointer(settings.release_file) is None
    files = model("first")
    with database.begin() as connection:
        note_version(connection, older, files=files.digests())
    release(database, settings, older, None, "更好", NOW)
    newer = ready(database, model("second"))
    release(database, settings, newer, None, "更好", NOW)
    damage(files)
    with pytest.raises(HotlineError, match=BROKEN[damage]):
        roll_back(database, settings, None, "变差", NOW)
    assert read_pointer(settings.release_file).version == newer  # type: ignore[union-attr]


def test_a_pointer_that_was_lost_or_is_behind_is_put_right(
    database: Database, settings: Settings, model: Model, first: int
) -> None:
    for content in (None, "{", '{"model": "other.tar.gz", "version": 7, "base": "x"}'):
        settings.release_file.unlink(missing_ok=True)
        if content:
            settings.release_file.write_text(content, encoding="utf8")
        sync_pointer(database, settings)
        assert read_pointer(settings.release_file) == Pointer("first.tar.gz", first, "b")


def test_a_pointer_that_cannot_be_written_undoes_the_release(
    database: Database, settings: Settings, model: Model, first: int, tmp_path: Path
) -> None:
    version = ready(database, model("second"))
    blocked = Settings(**vars(settings) | {"release_file": tmp_path / "learning.sqlite3" / "released.json"})
    with pytest.raises(HotlineError, match="HOTLINE_RELEASE_FILE"):
        release(database, blocked, version, None, "更好", NOW)
    with database.read() as connection:
        assert current_release(connection).version == first  # type: ignore[union-attr]


def test_the_first_start_registers_and_later_starts_keep_what_was_chosen(
    database: Database, settings: Settings, model: Model
) -> None:
    trained: list[str] = []

    def train() -> ModelFiles:
        trained.append("once")
        return model("today")

    ensure_released(database, settings, train, NOW)
    with database.read() as connection:
        version = get_version(connection, current_release(connection).version)  # type: ignore[union-attr]
    assert (version.state, version.base, version.model) == (
        VersionState.RELEASED, training_digest(PROJECT_ROOT), "today.tar.gz",
    )  # fmt: skip
    ensure_released(database, settings, train, NOW)
    newer = ready(database, model("newer"), base=version.base)
    release(database, settings, newer, None, "更好", NOW)
    roll_back(database, settings, None, "变差", NOW)
    settings.release_file.unlink()
    ensure_released(database, settings, train, NOW)
    assert read_pointer(settings.release_file).version == version.id  # type: ignore[union-attr]
    assert trained == ["once"]
    with database.begin() as connection:
        for one in (version.id, newer):
            note_version(connection, one, base="an older program")
    ensure_released(database, settings, train, NOW)
    assert trained == ["once", "once"]
    with database.read() as connection:
        assert current_release(connection).reason == "程序或随程序发布的训练数据更新"  # type: ignore[union-attr]


def test_a_model_is_measured_again_but_not_while_it_serves(
    database: Database, settings: Settings, model: Model, first: int
) -> None:
    from bot.hotline.staff import StaffMember
    from bot.hotline.work_orders import Role
    from bot.storage import add_staff

    with database.begin() as connection:
        by = add_staff(connection, StaffMember("", "admin", "管理员", Role.ADMINISTRATOR), "hash", NOW)
    version = ready(database, model("second"), figures={"against": 99})
    measure_again(database, version, by, NOW)
    with database.read() as connection:
        assert get_version(connection, version).state is VersionState.QUEUED
    with pytest.raises(ReleaseRefused):
        measure_again(database, first, by, NOW)


def test_a_pointer_to_a_model_that_is_gone_falls_back(settings: Settings) -> None:
    write_pointer(settings.release_file, Pointer("gone.tar.gz", 1, "b"))
    with pytest.raises(HotlineError, match="make train"):
        ReleasedModel(settings).current()
