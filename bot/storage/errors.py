"""What goes wrong in a database, said in words that name the remedy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy.exc

from bot.errors import KnowledgeInvalid, StorageUnavailable

UNMIGRATED = "数据库尚未建表或版本不符，请运行 make migrate 后重试。"
BAD_ADDRESS = "环境变量 DATABASE_URL 的写法不对，应为 sqlite:///文件路径 或 postgresql://用户:口令@主机/库名（口令中的特殊字符要转义）。"
NEWER = "数据库由更新版本的程序建立，请升级程序，或恢复与本程序相符的备份。"
MISSING = "数据库文件不存在，请运行 make migrate 建立数据库。"
_LOCKED = "数据库正被其他程序占用，请稍后重试；若一直如此，请检查是否有未结束的导入或备份。"
_UNREACHABLE = "连接不上数据库，请确认数据库服务已启动，并检查环境变量 DATABASE_URL。"
_BUSY = "数据库连接已用完，请稍后重试，或减少同时运行的进程。"
_READ_ONLY = "数据库文件不可写，请检查 var/ 目录的权限。"
_FULL = "磁盘已满，数据库无法写入，请清理磁盘空间后重试。"
_DAMAGED = "数据库文件已损坏或不是数据库，请从备份恢复，或移走该文件后运行 make migrate 重建。"
_CONFLICT = "数据违反数据库约束，没有保存。可能刚被他人改动，请刷新后重试。"
_OTHER = "数据库出错，操作没有完成。请稍后重试；若一直如此，请查看日志并检查 DATABASE_URL。"

# What SQLite and PostgreSQL say (lower case) → what we say. The first that fits counts.
_SAYINGS = (
    (("no such table", "no such column", "has no column named"), UNMIGRATED),
    (("database is locked", "database table is locked", "database schema is locked"), _LOCKED),
    (("readonly database", "read-only"), _READ_ONLY),
    (("disk is full", "no space left"), _FULL),
    (("file is not a database", "malformed"), _DAMAGED),
    (("unable to open database file",), MISSING),
    (("could not connect", "connection to server", "connection refused", "could not translate host"), _UNREACHABLE),
    (("server closed the connection", "terminating connection", "connection already closed"), _UNREACHABLE),
)
_POSTGRES_CODES = {"42P01": UNMIGRATED, "42703": UNMIGRATED, "55P03": _LOCKED, "40P01": _LOCKED, "53100": _FULL}


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise StorageUnavailable, or KnowledgeInvalid for a broken constraint, in place of any database error."""
    try:
        yield
    except sqlalchemy.exc.IntegrityError as error:
        raise KnowledgeInvalid(_CONFLICT) from error
    except sqlalchemy.exc.TimeoutError as error:
        raise StorageUnavailable(_BUSY) from error
    except (sqlalchemy.exc.DBAPIError, sqlite3.Error) as error:
        raise StorageUnavailable(_remedy(getattr(error, "orig", error))) from error
    except sqlalchemy.exc.StatementError as error:  # a value that no column takes: the program's fault, not ours
        raise error.orig or error from error
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise StorageUnavailable(_OTHER) from error


def _remedy(error: BaseException) -> str:
    code = getattr(error, "pgcode", None)
    if code in _POSTGRES_CODES:
        return _POSTGRES_CODES[code]
    said = str(error).lower()
    return next((ours for theirs, ours in _SAYINGS if any(words in said for words in theirs)), _OTHER)
