"""Commands that look after the policy database."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.errors import GazetteRefused, HotlineError
from bot.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from bot.gazette import Gazette, SourceDocument
    from bot.hotline.jurisdictions import Jurisdiction
    from bot.storage import ImportReport


def prepare_database(settings: Settings, say: Callable[[str], object]) -> None:
    """Bring the database to the newest schema and load the shipped knowledge; says only what it changed."""
    from bot.knowledge_files import read_knowledge_files
    from bot.storage import Database, migrate, save_knowledge

    database = Database(settings.database_url)
    new = bool(database.file and not database.file.exists())
    if new:
        say("建立数据库……")
    migrate(database)
    files = read_knowledge_files(settings.knowledge_dir)
    covered = [place.id for place in files.jurisdictions if place.covered]
    if settings.jurisdiction not in covered:
        raise HotlineError(
            f"环境变量 HOTLINE_JURISDICTION 的值“{settings.jurisdiction}”不可用，请改为：{'、'.join(covered)}。"
        )
    with database.begin() as connection:
        changes = save_knowledge(connection, files, by="loader", reason="随程序发布的知识")
    if changes:
        say(f"知识已载入：新增 {len(changes.added)}，修改 {len(changes.changed)}，停用 {len(changes.retired)}。")
    if changes.kept:
        say(f"{len(changes.kept)} 处在后台改过，保留后台的版本。")
    database.dispose()


def forget_old_answers(settings: Settings, say: Callable[[str], object]) -> None:
    """Delete the ledger rows whose time is over (``HOTLINE_LEDGER_DAYS``)."""
    from bot.bootstrap import today
    from bot.storage import Database, delete_ledger_before

    with Database(settings.database_url).begin() as connection:
        deleted = delete_ledger_before(connection, today() - dt.timedelta(days=settings.ledger_days))
    if deleted:
        say(f"账本中超过 {settings.ledger_days} 天的 {deleted} 条记录已删除。")


@click.command(help="把数据库升级到最新结构，并载入随程序发布的知识。重复运行不会改变任何内容。")
def migrate() -> None:
    """Migrate and load the knowledge."""
    prepare_database(Settings.from_environment(), click.echo)
    click.echo("数据库已是最新。")


@click.command("load-knowledge", help="把知识文件写入数据库。默认不覆盖在后台改过的内容。")
@click.option("--overwrite", is_flag=True, help="后台改过的内容也以文件为准。")
@click.option("--retire-missing", is_flag=True, help="停用文件中已经没有的条目（停用的仍可回溯）。")
def load_knowledge_command(overwrite: bool, retire_missing: bool) -> None:
    """Write the knowledge files into the database."""
    from bot.knowledge_files import read_knowledge_files
    from bot.storage import Database, save_knowledge

    settings = Settings.from_environment()
    files = read_knowledge_files(settings.knowledge_dir)
    with Database(settings.database_url).begin() as connection:
        changes = save_knowledge(
            connection, files, by="loader", reason="load-knowledge", overwrite=overwrite, retire_missing=retire_missing
        )
    for label, ids in (("新增", changes.added), ("修改", changes.changed), ("停用", changes.retired)):
        for name in ids:
            click.echo(f"{label}  {name}")
    for name in changes.kept:
        click.echo(f"保留后台版本  {name}（加 --overwrite 以文件为准）")
    for name in changes.missing:
        click.echo(f"文件中已没有  {name}（加 --retire-missing 停用）")
    if not changes:
        click.echo("没有变化。")


@click.command(
    "import-gazette",
    help="读入官方公报（.docx、带文字的 PDF、网页或纯文本），找出其中的文件和条款。一个文件要么整个导入，要么数据库不变。",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--jurisdiction", required=True, help="辖区代号，如 jingzhou。")
@click.option("--title", help="整份文件只有一篇且没有标题时用的标题。")
@click.option("--dry-run", is_flag=True, help="只看会发生什么，不写入数据库。")
@click.option("--verbose", is_flag=True, help="列出每一处清除和还原。")
def import_gazette(files: tuple[Path, ...], jurisdiction: str, title: str | None, dry_run: bool, verbose: bool) -> None:
    """Import each file, or say why not."""
    from bot.storage import Database, load_places, save_gazette

    database = Database(Settings.from_environment().database_url)
    with database.read() as connection:
        place = load_places(connection).by_id.get(jurisdiction)
    if place is None:
        raise HotlineError(f"不认识辖区 {jurisdiction}。可用的代号见 data/knowledge/jurisdictions.toml。")
    refused = 0
    for file in files:
        try:
            gazette = _read(file, place, title)
        except GazetteRefused as error:
            refused += 1
            click.echo(f"{file.name}：没有导入。{error}", err=True)
            continue
        with database.begin() as connection:
            report = save_gazette(connection, gazette, jurisdiction, dry_run=dry_run)
        _show_import(file, gazette, report, dry_run=dry_run, verbose=verbose)
    if refused:
        raise HotlineError(f"{refused} 个文件没有导入，原因见上；数据库没有因它们改变。")


def _read(file: Path, place: Jurisdiction | None, title: str | None) -> Gazette:
    """Return the gazette in ``file``; raises `GazetteRefused` also where the file cannot be read at all."""
    from bot.gazette import read_gazette_file

    try:
        return read_gazette_file(
            file,
            place_names=(place.name, *place.aliases) if place else (),
            authority=f"{place.name}人民政府" if place else None,
            fallback_title=title,
        )
    except OSError as error:
        raise GazetteRefused(f"文件读不了：{error.strerror}。请检查路径和权限。") from error


def _show_import(file: Path, gazette: Gazette, report: ImportReport, *, dry_run: bool, verbose: bool) -> None:
    traditional = "，由繁体转为简体" if gazette.was_traditional else ""
    state = "（试运行，没有写入）" if dry_run else "" if report else "（与库中一致，没有变化）"
    click.echo(f"{file.name}：{len(gazette.documents)} 份文件，按 {gazette.encoding} 读入{traditional}{state}")
    for source, done in zip(gazette.documents, report.documents):
        mark = "新" if done.new else "改" if done.touched else "同"
        click.echo(f"  [{mark}] {source.number or '（无文号）'} 《{source.title}》 {len(source.provisions)} 条款")
        for note in (*done.filled, *(f"与库中不一致，未采用：{conflict}" for conflict in done.conflicts)):
            click.echo(f"       {note}")
        for repealed in done.repealed:
            click.echo(f"       废止 {repealed}")
    click.echo(f"  清除和还原 {len(gazette.removals)} 处" + ("：" if verbose else "（加 --verbose 逐条列出）"))
    if verbose:
        for removal in gazette.removals:
            restored = f" → 还原为“{removal.restored}”" if removal.restored else ""
            click.echo(f"    第 {removal.line} 行：{removal.what[:60]!r} {removal.reason}{restored}")


@click.command("verify-knowledge", help="读入原始公报，逐条核对知识：条款是否存在，数字、日期、电话是否见于所引条款。")
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def verify_knowledge(sources: tuple[Path, ...]) -> None:
    """Check every entry against the provision that it cites; exit status 1 where one fails."""
    from bot.hotline.verification import verify
    from bot.knowledge_files import read_knowledge_files

    files = read_knowledge_files(Settings.from_environment().knowledge_dir)
    report = verify(files.as_knowledge(), _originals(sources, files.jurisdictions))
    for problem in report.problems:
        click.echo(f"{problem.entry}：{problem.fault}")
    click.echo(
        f"核对 {report.checked} 条，问题 {len(report.problems)} 处；"
        f"{len(report.missing)} 份被引文件不在所给的公报中{'：' if report.missing else '。'}{'、'.join(report.missing)}"
    )
    if report.problems:
        raise HotlineError("知识与原文不一致，见上。")


@click.command(
    "knowledge-coverage", help="读入原始公报，列出有数字或职责却没有条目写到的条款，以及看似互相矛盾的条目。"
)
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def knowledge_coverage(sources: tuple[Path, ...]) -> None:
    """List what the knowledge leaves out, and entries that seem to contradict each other."""
    from bot.hotline.coverage import contradictions, gaps, read_reasons
    from bot.knowledge_files import read_knowledge_files

    files = read_knowledge_files(Settings.from_environment().knowledge_dir)
    knowledge = files.as_knowledge()
    reasons = read_reasons(PROJECT_ROOT / "data" / "coverage.toml")
    found = list(gaps(knowledge, _originals(sources, files.jurisdictions)))
    left_out = [gap for gap in found if (gap.document, gap.path) not in reasons]
    for gap in left_out:
        what = f"未写到 {'、'.join(gap.figures)}" if gap.figures else "职责未写到"
        click.echo(f"{gap.document} {gap.path}：{what}｜{gap.text[:60]}")
    against = list(contradictions(knowledge))
    for pair in against:
        click.echo(f"可能矛盾：{pair.first.id}“{pair.first.answer[:40]}”↔ {pair.second.id}“{pair.second.answer[:40]}”")
    click.echo(
        f"没有写到的条款 {len(left_out)} 处，另有 {len(found) - len(left_out)} 处说明了理由（data/coverage.toml），"
        f"可能矛盾 {len(against)} 对。"
    )


def _originals(sources: Sequence[Path], places: Sequence[Jurisdiction]) -> list[SourceDocument]:
    """Return the documents in ``sources``, each file read as a gazette of the covered place that it names most often."""
    found: list[SourceDocument] = []
    for file in (file for source in sources for file in _gazettes(source)):
        try:
            text = "".join(document.text for document in _read(file, None, None).documents)
            covered = [place for place in places if place.covered]
            named = {place.id: sum(map(text.count, (place.name, *place.aliases))) for place in covered}
            found.extend(_read(file, max(covered, key=lambda place: named[place.id]), None).documents)
        except GazetteRefused as error:
            raise HotlineError(f"{file.name}：{error}") from error
    return found


def _gazettes(source: Path) -> list[Path]:
    """Return the files to read: ``source`` itself, or those in the folder that it is, without Word's lock files."""
    from bot.gazette import SUFFIXES

    if not source.is_dir():
        return [source]
    files = (file for file in source.iterdir() if file.suffix.lower() in SUFFIXES)
    return sorted(file for file in files if not file.name.startswith(("~$", ".")))


@click.command(help="按账本编号回放一次答复：当时的问题（已遮盖个人信息）、依据的条目版本和显示的文字。")
@click.argument("ledger")
def replay(ledger: str) -> None:
    """Show what was answered, from what."""
    from bot.storage import Database, entry_versions, read_ledger

    with Database(Settings.from_environment().database_url).read() as connection:
        row = read_ledger(connection, ledger)
        entries = entry_versions(connection, row)
    content = {
        "时间": row.at.isoformat(),
        "辖区": row.jurisdiction,
        "问题": row.message_masked,
        "意图": row.intent,
        "意图分数": dict(row.intent_scores),
        "类型": row.kind,
        "置信度": row.confidence,
        "模型": row.model,
        "上文": dict(row.context),
        "条目": [{"id": e.id, "版本": e.version, "问题": e.question, "答复": e.answer} for e in entries],
        "显示": row.text_shown,
    }
    click.echo(json.dumps(content, ensure_ascii=False, indent=2))
