"""Every storage test runs on SQLite and on PostgreSQL, each test on a fresh database.

PostgreSQL is the server that TEST_POSTGRES_URL names, else a throw-away one from Debian's binaries.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from bot.hotline.jurisdictions import Jurisdiction
from bot.hotline.knowledge import (
    AnswerKind,
    Aspect,
    Citation,
    Department,
    HotlineLine,
    KnowledgeEntry,
    PolicyDocument,
    RoutingRule,
    ServiceItem,
)
from bot.knowledge_files import KnowledgeFiles
from bot.storage import Database, migrate
from bot.storage.tables import metadata

_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c listen_addresses='' -c max_connections=30"


def _binary(name: str) -> str:
    found = shutil.which(name) or next(
        (str(p) for p in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None
    )
    if not found:
        pytest.fail(
            f"PostgreSQL 的 {name} 不存在：请运行 apt-get install postgresql，或设置 TEST_POSTGRES_URL。", pytrace=False
        )
    return found


def _as_postgres(*command: str) -> None:
    """Run ``command`` as a user that PostgreSQL accepts: it refuses root."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*user, *command], capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server where databases may be made and dropped."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        yield given
        return
    initdb, pg_ctl = _binary("initdb"), _binary("pg_ctl")
    folder = Path(tempfile.mkdtemp(prefix="hotline-postgres-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
        data = str(folder / "data")
        _as_postgres(initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        _as_postgres(pg_ctl, "-D", data, "-w", "-l", str(folder / "log"), "-o", f"-k {folder} {_FAST}", "start")
        yield f"postgresql://postgres@/postgres?host={folder}"
        _as_postgres(pg_ctl, "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(server: str, statement: str) -> None:
    url = make_url(server)
    connection = psycopg2.connect(
        dbname=url.database,
        user=url.username,
        password=url.password,
        host=url.query.get("host", url.host),
        port=url.port,
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Gives the address of another database without any table at each call."""
    if request.param == "sqlite":
        factory = request.getfixturevalue("tmp_path_factory")
        yield lambda: f"sqlite:///{factory.mktemp('database') / 'hotline.sqlite3'}"
        return
    server = request.getfixturevalue("postgres_server")
    made: list[str] = []

    def make() -> str:
        made.append(f"test_{uuid.uuid4().hex}")
        _run(server, f"CREATE DATABASE {made[-1]}")
        url = make_url(server).set(drivername="postgresql+psycopg2", database=made[-1])
        return url.render_as_string(hide_password=False)

    yield make
    for name in made:
        _run(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def module_database(new_url: Callable[[], str]) -> Iterator[Database]:
    """A migrated database for all tests of one module."""
    database = Database(new_url())
    migrate(database)
    yield database
    database.dispose()


@pytest.fixture
def database(module_database: Database) -> Iterator[Database]:
    """A migrated database that holds nothing."""
    yield module_database
    with module_database.begin() as connection:
        connection.execute(sa.update(metadata.tables["jurisdictions"]).values(parent=None))
        connection.execute(sa.update(metadata.tables["work_orders"]).values(merged_into=None))
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))
        connection.execute(sa.insert(metadata.tables["knowledge_version"]).values(id=1, version=0))


@pytest.fixture
def make_entry() -> Callable[..., KnowledgeEntry]:
    """Makes knowledge entries about the sample document."""

    def make(name: str, **values: object) -> KnowledgeEntry:
        given: dict[str, object] = {
            "id": f"jingzhou.residence_permit.{name}",
            "jurisdiction": "jingzhou",
            "topic": "residence_permit",
            "aspect": Aspect.TIME_LIMIT,
            "question": "居住证多久能办好？",
            "answer": "受理之日起15日内制发。",
            "citations": (Citation("jingzhou.residence_permit", ("第九条",)),),
            "similar": ("几天能拿到证",),
            "items": ("residence_permit",),
            **values,
        }
        return KnowledgeEntry(**given)  # type: ignore[arg-type]

    return make


@pytest.fixture
def files(make_entry: Callable[..., KnowledgeEntry]) -> KnowledgeFiles:
    """A small but complete set of knowledge files."""
    return KnowledgeFiles(
        jurisdictions=(
            Jurisdiction("jingzhou", "荆州市", "hubei", ("荆州",), ("沙市", "江陵"), covered=True),
            Jurisdiction("hubei", "湖北省", None, ("湖北",)),
            Jurisdiction("tianmen", "天门市", "hubei", ("天门",), covered=True),
        ),
        elsewhere=("北京", "上海"),
        documents=(
            PolicyDocument(
                id="jingzhou.residence_permit",
                jurisdiction="jingzhou",
                title="荆州市居住证制度实施细则",
                number="荆政规〔2017〕2号",
                issuing_authority="荆州市人民政府",
            ),
        ),
        items=(ServiceItem("residence_permit", "居住证", ("暂住证",)),),
        entries=(
            make_entry("time_limit"),
            make_entry("number", question="文号是多少？", citations=(Citation("jingzhou.residence_permit"),), items=()),
            make_entry(
                "scope", question="居住证归12345管吗？", aspect=Aspect.SCOPE, kind=AnswerKind.SCOPE, accepted=False
            ),
        ),
        departments=(Department("jingzhou.police", "jingzhou", "荆州市公安局", ("市公安局", "公安")),),
        hotlines=(
            HotlineLine(
                "jingzhou",
                "8001234",
                "jingzhou.police",
                "户政",
                "transferred",
                "jingzhou.residence_permit",
                "第三条",
                ("办证",),
            ),
        ),
        routing_rules=(
            RoutingRule(
                "fake_permit",
                "jingzhou",
                "公安/假证",
                "jingzhou.police",
                ("假证",),
                ("有人卖假居住证",),
                "jingzhou.residence_permit",
                "第三条",
                "8001234",
            ),
        ),
    )
