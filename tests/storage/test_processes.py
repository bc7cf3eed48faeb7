"""Several processes at once, and a process that is killed half-way."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.knowledge_files import KnowledgeFiles
from bot.storage import Database, knowledge_version, load_knowledge, read_ledger, save_knowledge

_ROOT = Path(__file__).resolve().parents[2]
_ROWS = 60
_LOADS = 12

_WRITER = """
import datetime as dt, sys
from bot.hotline.ledger import LedgerRow, new_ledger_id
from bot.storage import Database, knowledge_version, write_ledger
database = Database(sys.argv[1])
for number in range(int(sys.argv[2])):
    with database.read() as connection:
        knowledge_version(connection)
    row = LedgerRow(id=new_ledger_id(), at=dt.datetime.now(dt.timezone.utc), jurisdiction="jingzhou", conversation="c",
                    message_masked=f"{number}", kind="answer", text_shown="是", entries=(
                        ("jingzhou.residence_permit.time_limit", 1),))
    with database.begin() as connection:
        write_ledger(connection, row)
    print(row.id)
"""

_LOADER = """
import pickle, sys
from dataclasses import replace
from bot.storage import Database, load_knowledge, save_knowledge
files = pickle.loads(open(sys.argv[3], "rb").read())
database = Database(sys.argv[1])
for number in range(int(sys.argv[2])):
    entries = (replace(files.entries[0], answer=f"{number}日内。"), *files.entries[1:])
    with database.begin() as connection:
        save_knowledge(connection, replace(files, entries=entries), by="loader", reason="test")
    with database.read() as connection:
        load_knowledge(connection)
"""

# Stops for good right before the last statement of a change, which by then has written everything else.
_INTERRUPTED = """
import pickle, sys, time
from bot.storage import Database, gazettes, save_gazette, save_knowledge, saving
def stop(*args):
    print("middle", flush=True)
    time.sleep(60)
gazettes.record_change = saving.record_change = stop
content = pickle.loads(open(sys.argv[3], "rb").read())
with Database(sys.argv[1]).begin() as connection:
    if sys.argv[2] == "knowledge":
        save_knowledge(connection, content, by="loader", reason="test")
    else:
        from types import SimpleNamespace as S
        provisions = [S(path=f"第{n}条", heading=None, text="内容", order=n) for n in range(500)]
        document = S(number=None, title="荆州市居住证制度实施细则", issuing_authority=None, issued_on=None, effective_from=None,
                     effective_until=None, repeals=("旧文件",), text="全文", annexed_to=None, provisions=provisions)
        save_gazette(connection, S(documents=[document]), "jingzhou")
"""


def _start(script: str, database: Database, *arguments: object) -> subprocess.Popen[str]:
    url = database.url.render_as_string(hide_password=False)
    return subprocess.Popen(
        [sys.executable, "-c", script, url, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _save(database: Database, files: KnowledgeFiles) -> None:
    with database.begin() as connection:
        save_knowledge(connection, files, by="loader", reason="test")


def _content(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    with database.read() as connection:
        names = sa.inspect(connection).get_table_names()
        rows = {name: connection.execute(sa.text(f"SELECT * FROM {name}")).all() for name in names}
    return {name: sorted((tuple(row) for row in found), key=repr) for name, found in rows.items()}


def test_two_writers_and_a_loader_lose_nothing(database: Database, files: KnowledgeFiles, tmp_path: Path) -> None:
    _save(database, files)
    (tmp_path / "files").write_bytes(pickle.dumps(files))
    writers = [_start(_WRITER, database, _ROWS) for _ in range(2)]
    loader = _start(_LOADER, database, _LOADS, tmp_path / "files")
    outputs = [process.communicate(timeout=60) for process in (*writers, loader)]
    assert [process.returncode for process in (*writers, loader)] == [0, 0, 0], outputs
    written = [row for output, _ in outputs for row in output.split()]
    assert len(written) == 2 * _ROWS
    with database.read() as connection:
        assert all(read_ledger(connection, row) for row in written)
        assert knowledge_version(connection) == 1 + _LOADS
        assert len(load_knowledge(connection).entries) == len(files.entries)


def test_two_loaders_of_the_same_files_make_one_change(
    database: Database, files: KnowledgeFiles, tmp_path: Path
) -> None:
    (tmp_path / "files").write_bytes(pickle.dumps(files))
    loaders = [_start(_LOADER, database, 1, tmp_path / "files") for _ in range(2)]
    outputs = [process.communicate(timeout=60) for process in loaders]
    assert [process.returncode for process in loaders] == [0, 0], outputs
    with database.read() as connection:
        assert knowledge_version(connection) == 1


@pytest.mark.parametrize("what", ["knowledge", "gazette"])
def test_a_process_killed_half_way_leaves_the_database_as_before(
    database: Database, files: KnowledgeFiles, tmp_path: Path, what: str
) -> None:
    _save(database, files)
    before = _content(database)
    changed = replace(
        files, elsewhere=("广州",), entries=(replace(files.entries[0], answer="改了。"), *files.entries[1:])
    )
    (tmp_path / "files").write_bytes(pickle.dumps(changed))
    process = _start(_INTERRUPTED, database, what, tmp_path / "files")
    assert process.stdout
    assert process.stdout.readline() == "middle\n", process.communicate()
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    assert _content(database) == before
    _save(database, changed)
    with database.read() as connection:
        assert knowledge_version(connection) == 2
