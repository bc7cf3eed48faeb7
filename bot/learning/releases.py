"""Which version of the model serves: registering, releasing (发布), rolling back (回退). The database is the truth.

The pointer file is a copy for the processes that must work without a database and for all to ask before each question.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from bot.hotline.learning import ModelVersion, Release, ReleaseRefused, VersionState
from bot.hotline.staff import StaffMember
from bot.learning.teaching import taught_now
from bot.model_files import (
    ModelFiles,
    Pointer,
    model_files,
    read_pointer,
    require_whole,
    training_digest,
    write_pointer,
)
from bot.settings import PROJECT_ROOT, Settings
from bot.storage import (
    Database,
    add_version,
    current_release,
    get_version,
    list_versions,
    note_deed,
    note_version,
    record_release,
    version_before,
)

SEED = 20170717  # of every training
_SERVED = (VersionState.RELEASED, VersionState.RETIRED)
_LONGEST_REASON = 500


def files_of(settings: Settings, version: ModelVersion) -> ModelFiles:
    """Return where the files of ``version`` lie. Raises ReleaseRefused where it has none."""
    if not version.model:
        raise ReleaseRefused(f"第 {version.id} 版还没有训练出模型。")
    return ModelFiles(settings.models_dir / version.model)


def require_usable(settings: Settings, version: ModelVersion) -> ModelFiles:
    """Return the files of ``version``. Raises HotlineError naming the file that is missing, broken or another than it was."""
    from bot.training.dispatcher import load_dispatcher  # with it comes what every start would wait for
    from bot.training.ranker import load_ranker

    files = files_of(settings, version)
    require_whole(files)
    for name, digest in files.digests().items():
        if version.files.get(name) != digest:
            raise ReleaseRefused(f"模型文件 {name} 和训练时的不一样，可能被换过：第 {version.id} 版不能用。")
    load_ranker(files.ranker)
    load_dispatcher(files.dispatcher)
    return files


def release(
    database: Database, settings: Settings, version: int, by: StaffMember | None, reason: str, at: dt.datetime
) -> Release:
    """Let ``version`` serve. Raises ReleaseRefused with the reason: the gate, a broken file, another release meanwhile."""
    reason = _reason(reason)
    _require_free_choice(settings)
    with database.read() as connection:
        require_usable(settings, get_version(connection, version))
    with database.begin() as connection:
        found, current = get_version(connection, version), current_release(connection)
        _require_passed(found, current)
        made = record_release(connection, version, by, at, kind="release", reason=reason)
        note_deed(connection, by, "发布模型", f"第 {version} 版", at=at, 原因=reason)
        _point_to(settings, found)
    return made


def roll_back(database: Database, settings: Settings, by: StaffMember | None, reason: str, at: dt.datetime) -> Release:
    """Let the version serve that the present one was released in place of. Raises ReleaseRefused with the reason."""
    _require_free_choice(settings)
    with database.read() as connection:
        target = version_before(connection)
        if target is None:
            raise ReleaseRefused("正在使用的是第一个发布的模型，没有可以回退的。")
        require_usable(settings, get_version(connection, target))
    with database.begin() as connection:
        if version_before(connection) != target:
            raise ReleaseRefused("刚刚有人发布或回退过，请刷新后再决定。")
        made = record_release(connection, target, by, at, kind="rollback", reason=_reason(reason or "回退"))
        note_deed(connection, by, "回退模型", f"第 {target} 版", at=at, 原因=made.reason)
        _point_to(settings, get_version(connection, target))
    return made


def sync_pointer(database: Database, settings: Settings) -> None:
    """Let the pointer file say what the database says: a release may have been interrupted between both."""
    with database.read() as connection:
        current = current_release(connection)
        version = get_version(connection, current.version) if current else None
    if version and version.model:
        wanted = Pointer(version.model, version.id, version.base)
        if read_pointer(settings.release_file) != wanted and files_of(settings, version).exist:
            write_pointer(settings.release_file, wanted)


def ensure_released(database: Database, settings: Settings, train: Callable[[], ModelFiles], at: dt.datetime) -> None:
    """Let a model be released that belongs to today's program and shipped data; ``train`` makes one where there is none.

    A version that was released with the same program and data goes on serving, whoever chose it.
    """
    today = training_digest(PROJECT_ROOT)
    with database.read() as connection:
        current, versions, taught = current_release(connection), list_versions(connection), taught_now(connection)
        serving = get_version(connection, current.version) if current else None
    fits = any(version.base == today and version.state in _SERVED for version in versions)
    if serving and fits and files_of(settings, serving).exist:
        sync_pointer(database, settings)
        return
    plain = model_files(PROJECT_ROOT, settings.models_dir)
    files = plain if taught.is_plain and plain.exist else train()
    note = "程序或随程序发布的训练数据更新" if serving else "首次启动"
    register(database, settings, files, note, today, at, labels=len(taught.labels), knowledge=taught.version)


def register(
    database: Database, settings: Settings, files: ModelFiles, note: str, base: str, at: dt.datetime, **values: int
) -> ModelVersion:
    """Make the model in ``files`` a version and release it: there is nothing it could be compared with."""
    digests = files.digests()
    with database.begin() as connection:
        version = add_version(
            connection, None, at, origin="start", seed=SEED, base=base, note=note, state=VersionState.READY,
            model=files.rasa.name, files=digests, finished=at, **values,
        )  # fmt: skip
        record_release(connection, version.id, None, at, kind="release", reason=note)
        note_deed(connection, None, "发布模型", f"第 {version.id} 版", at=at, 原因=note)
        _point_to(settings, version)
    return version


def measure_again(database: Database, version: int, by: StaffMember, at: dt.datetime) -> None:
    """Let a trained version be measured anew, beside the one that serves by then. Raises ReleaseRefused."""
    with database.begin() as connection:
        found = get_version(connection, version)
        if not found.model or found.is_open or found.state is VersionState.RELEASED:
            raise ReleaseRefused(f"第 {version} 版现在不能重新评测。")
        note_version(
            connection, version, state=VersionState.QUEUED, problem="", progress="", share=0.0, cancel=False, log=""
        )
        note_deed(connection, by, "重新评测模型", f"第 {version} 版", at=at)


def _require_passed(version: ModelVersion, current: Release | None) -> None:
    if version.state is VersionState.REFUSED:
        raise ReleaseRefused(version.problem or f"第 {version.id} 版没有通过评测，不能发布。")
    if version.state is VersionState.RELEASED:
        raise ReleaseRefused(f"第 {version.id} 版正在使用。")
    if version.state is not VersionState.READY or not version.figures:
        raise ReleaseRefused(f"第 {version.id} 版现在是“{version.state_name}”，评测通过后才能发布。")
    if version.figures.get("against") != (current.version if current else None):
        raise ReleaseRefused(f"第 {version.id} 版评测之后换过正在使用的模型，请重新评测后再发布。")


def _require_free_choice(settings: Settings) -> None:
    if settings.model:
        raise ReleaseRefused("设置了 HOTLINE_MODEL，固定使用那个模型。取消该设置并重启后才能发布和回退。")


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not 2 <= len(reason) <= _LONGEST_REASON:
        raise ReleaseRefused(f"请写明发布或回退的原因，2到{_LONGEST_REASON}个字。")
    return reason


def _point_to(settings: Settings, version: ModelVersion) -> None:
    assert version.model
    write_pointer(settings.release_file, Pointer(version.model, version.id, version.base))
