"""Every setting in one table: its environment variable, its default, and one sentence on what it does."""

# ruff: noqa: RUF009 - `_setting` gives a dataclass field

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from bot.errors import HotlineError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_HOST = re.compile(r"[A-Za-z0-9._:\-]+")
_SQLITE = "sqlite:///"
_MODES = ("off", "plain", "compatible", "safe")
_SECRET = re.compile(r"DATABASE_URL|TOKEN|SECRET$|AES_KEY")
_SHORTEST_SECRET = 16  # bytes


def _path(value: str) -> Path:
    path = Path(value).expanduser()
    return path if path.is_absolute() else PROJECT_ROOT / path


def _optional_path(value: str) -> Path | None:
    return _path(value) if value else None


def _database_url(value: str) -> str:
    """Return the address with a relative SQLite path taken from the project root, not from where we were started."""
    if value.startswith(_SQLITE) and len(value) > len(_SQLITE):
        path = _path(value[len(_SQLITE) :])
        if path.is_dir():
            raise ValueError(f"{path} 是文件夹，应写到文件，如 sqlite:///var/hotline.sqlite3")
        return _SQLITE + str(path)
    if re.match(r"postgres(?:ql)?(?:\+psycopg2)?://.", value):
        return re.sub(r"^postgres(?:ql)?(?:\+psycopg2)?://", "postgresql+psycopg2://", value)
    raise ValueError("应写作 sqlite:///路径 或 postgresql://用户:口令@主机/库名")


def _port(value: str) -> int:
    if value.isascii() and value.isdigit() and 1 <= int(value) <= 65535:
        return int(value)
    raise ValueError("应为 1 到 65535 之间的整数")


def _count(value: str) -> int:
    if value.isascii() and value.isdigit() and 1 <= int(value) <= 1_000_000:
        return int(value)
    raise ValueError("应为 1 到 1000000 之间的整数")


def _url(value: str) -> str:
    if not value or re.fullmatch(r"https?://[^\s/?#]+(?:/[^\s?#]*)?", value):
        return value.rstrip("/")
    raise ValueError("应写作 https://主机，不带问号")


def _mode(value: str) -> str:
    if value in _MODES:
        return value
    raise ValueError(f"应为 {'、'.join(_MODES)} 之一")


def _yes(value: str) -> bool:
    if value in {"yes", "no"}:
        return value == "yes"
    raise ValueError("应为 yes 或 no")


def _optional_identifier(value: str) -> str:
    return _identifier(value) if value else ""


def _origins(value: str) -> frozenset[str]:
    origins = frozenset(value.split())
    if bad := [o for o in origins if o != "*" and not re.fullmatch(r"https?://[^\s/?#]+", o)]:
        raise ValueError(f"“{bad[0][:60]}”应写作 https://主机，不带路径")
    return origins


def _days(value: str) -> int:
    if value.isascii() and value.isdigit() and 1 <= int(value) <= 36500:
        return int(value)
    raise ValueError("应为 1 到 36500 之间的天数")


def _host(value: str) -> str:
    if _HOST.fullmatch(value):
        return value
    raise ValueError("应为主机名或 IP 地址，如 127.0.0.1")


def _reachable(host: str) -> str:
    """Return ``host`` as a client on this machine reaches it: a server on every interface answers on loopback."""
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host


def _identifier(value: str) -> str:
    if _IDENTIFIER.fullmatch(value):
        return value
    raise ValueError("应为 data/knowledge/jurisdictions.toml 中的辖区代号，如 jingzhou")


def _setting(variable: str, default: str, read: Callable[[str], Any], sentence: str) -> Any:
    about = {"variable": variable, "default": default, "read": read, "sentence": sentence}
    return field(default_factory=lambda: read(default), metadata=about, repr=not _SECRET.search(variable))


@dataclass(frozen=True)
class Settings:
    """The settings of one process. ``Settings()`` holds the defaults; ``from_environment`` reads the variables."""

    database_url: str = _setting(
        "DATABASE_URL", "sqlite:///var/hotline.sqlite3", _database_url, "政策数据库的地址，SQLite 或 PostgreSQL。"
    )
    rasa_host: str = _setting("HOTLINE_RASA_HOST", "127.0.0.1", _host, "Rasa 服务监听的地址，不应对外开放。")
    rasa_port: int = _setting("HOTLINE_RASA_PORT", "5005", _port, "Rasa 服务的端口。")
    actions_host: str = _setting("HOTLINE_ACTIONS_HOST", "127.0.0.1", _host, "动作服务监听的地址，不应对外开放。")
    actions_port: int = _setting("HOTLINE_ACTIONS_PORT", "5055", _port, "动作服务的端口。")
    web_host: str = _setting("HOTLINE_WEB_HOST", "127.0.0.1", _host, "网页、微信回调和坐席台监听的地址。")
    web_port: int = _setting("HOTLINE_WEB_PORT", "8080", _port, "网页、微信回调和坐席台的端口。")
    public_url: str = _setting(
        "HOTLINE_PUBLIC_URL", "", _url, "市民访问本站的地址，用于照片链接和公众号菜单；不设则用网页服务监听的地址。"
    )
    widget_origins: frozenset[str] = _setting(
        "HOTLINE_WIDGET_ORIGINS",
        "",
        _origins,
        "允许嵌入咨询窗口的其他网站，用空格分开，如 https://www.example.gov.cn；* 为任何网站。",
    )
    address_header: str = _setting(
        "HOTLINE_ADDRESS_HEADER", "", str, "自己的反向代理写入访问者地址的请求头，如 X-Real-IP；没有代理时不要设置。"
    )
    wechat_mode: str = _setting(
        "HOTLINE_WECHAT_MODE",
        "off",
        _mode,
        "公众号消息加解密方式：plain 明文、compatible 兼容、safe 安全，off 为不接公众号。",
    )
    wechat_token: str = _setting("HOTLINE_WECHAT_TOKEN", "", str, "公众平台“服务器配置”里的令牌（Token）。")
    wechat_appid: str = _setting("HOTLINE_WECHAT_APPID", "", str, "公众号的开发者ID（AppID）。")
    wechat_secret: str = _setting("HOTLINE_WECHAT_SECRET", "", str, "公众号的开发者密码（AppSecret）。")
    wechat_aes_key: str = _setting("HOTLINE_WECHAT_AES_KEY", "", str, "公众平台“服务器配置”里的消息加解密密钥。")
    wechat_push: bool = _setting(
        "HOTLINE_WECHAT_PUSH",
        "yes",
        _yes,
        "公众号有没有客服消息权限，yes 或 no；没有时超时的答复等市民下一条消息时给出。",
    )
    wechat_jurisdiction: str = _setting(
        "HOTLINE_WECHAT_JURISDICTION",
        "",
        _optional_identifier,
        "公众号默认按哪个辖区回答；不设则同 HOTLINE_JURISDICTION。",
    )
    wechat_api: str = _setting(
        "HOTLINE_WECHAT_API", "https://api.weixin.qq.com", _url, "公众平台接口的地址，试用时可改为模拟平台的地址。"
    )
    wechat_menu: Path = _setting("HOTLINE_WECHAT_MENU", "data/wechat/menu.toml", _path, "公众号菜单文件。")
    citizen_rate: int = _setting("HOTLINE_CITIZEN_RATE", "30", _count, "每位市民每分钟最多发送的消息数。")
    address_rate: int = _setting("HOTLINE_ADDRESS_RATE", "1200", _count, "每个网络地址每分钟最多的请求数。")
    conversation_days: int = _setting(
        "HOTLINE_CONVERSATION_DAYS", "90", _days, "会话最后一句之后保留的天数，到期删除。"
    )
    files_dir: Path = _setting("HOTLINE_FILES_DIR", "var/files", _path, "市民上传的照片所在目录。")
    jurisdiction: str = _setting("HOTLINE_JURISDICTION", "jingzhou", _identifier, "没有点明地方时按哪个辖区回答。")
    knowledge_dir: Path = _setting("HOTLINE_KNOWLEDGE_DIR", "data/knowledge", _path, "随程序发布的知识文件所在目录。")
    time_limits_file: Path = _setting("HOTLINE_TIME_LIMITS", "data/time_limits.toml", _path, "工单办理时限文件。")
    working_hours_file: Path = _setting("HOTLINE_WORKING_HOURS", "data/working_hours.toml", _path, "人工服务时间文件。")
    eligibility_dir: Path = _setting("HOTLINE_ELIGIBILITY_DIR", "data/eligibility", _path, "资格自查文件所在目录。")
    models_dir: Path = _setting("HOTLINE_MODELS_DIR", "models", _path, "训练好的模型所在目录。")
    model: Path | None = _setting(
        "HOTLINE_MODEL", "", _optional_path, "固定使用的模型文件，不随发布而变；不设则用已发布的那个。"
    )
    release_file: Path = _setting(
        "HOTLINE_RELEASE_FILE", "var/released.json", _path, "记着已发布哪个模型的文件，各进程都看它；以数据库为准。"
    )
    ledger_days: int = _setting("HOTLINE_LEDGER_DAYS", "180", _days, "答复账本保留的天数，到期删除。")
    archive_days: int = _setting("HOTLINE_ARCHIVE_DAYS", "15", _days, "工单办结多少天后归档，之前市民可以要求重办。")
    contact_days: int = _setting("HOTLINE_CONTACT_DAYS", "365", _days, "工单办结多少天后删去市民的姓名和联系方式。")
    session_minutes: int = _setting(
        "HOTLINE_SESSION_MINUTES", "60", _count, "工作人员多少分钟没有操作就要重新登录，最长 12 小时。"
    )
    jobs_file: Path = _setting("HOTLINE_JOBS_FILE", "var/jobs.sqlite3", _path, "后台任务队列的文件。")
    secret_file: Path = _setting(
        "HOTLINE_SECRET_FILE", "var/secret.key", _path, "本机密钥文件，用于账本中市民标识的加密摘要，没有时自动生成。"
    )

    @property
    def rasa_url(self) -> str:
        """The Rasa server's address as seen from this machine."""
        return f"http://{_reachable(self.rasa_host)}:{self.rasa_port}"

    @property
    def actions_url(self) -> str:
        """The action server's address as seen from this machine."""
        return f"http://{_reachable(self.actions_host)}:{self.actions_port}"

    @property
    def web_url(self) -> str:
        """The web server's address as seen from this machine."""
        return f"http://{_reachable(self.web_host)}:{self.web_port}"

    @classmethod
    def from_environment(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """Return the settings that ``env`` asks for; a variable that is unset or blank leaves the default.

        Raises HotlineError naming every variable with a bad value and what it should be.
        """
        values, problems = {}, []
        for name, variable, read in ((f.name, f.metadata["variable"], f.metadata["read"]) for f in fields(cls)):
            text = env.get(variable, "").strip()
            if not text:
                continue
            try:
                values[name] = read(text)
            except ValueError as error:
                shown = "" if _SECRET.search(variable) else f"（现在是“{text}”）"  # the address may hold a password
                problems.append(f"环境变量 {variable} 的值不对{shown}：{error}。请改正，或取消该变量以使用默认值。")
        if problems:
            raise HotlineError("\n".join(problems))
        return cls(**values)


class SettingRow(NamedTuple):
    """One line of the table of settings."""

    variable: str
    default: str
    sentence: str


def settings_table() -> Iterator[SettingRow]:
    """Yield every setting in order, for ``--help`` and the documentation."""
    table: tuple[Field[Any], ...] = fields(Settings)
    for row in table:
        yield SettingRow(row.metadata["variable"], row.metadata["default"], row.metadata["sentence"])


def read_secret(path: Path) -> bytes:
    """Return the key kept in ``path``, made there on first use with access for the owner only.

    Several processes may ask at once: the file appears complete or not at all, and all get the same key.
    Raises HotlineError where it can be neither read nor written.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_hex(32), encoding="ascii")
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
        if len(secret) < _SHORTEST_SECRET:
            raise ValueError("too short")
        return secret
    except (OSError, ValueError) as error:
        raise HotlineError(f"密钥文件 {path} 无法使用：请检查目录权限，或删除该文件后重新启动以生成新密钥。") from error
