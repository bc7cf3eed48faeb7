"""Who works with the hotline (工作人员), what each role may do, and when an account is locked.

The table `PERMISSIONS` is the only place that says who may do what; every page asks it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from bot.errors import HotlineError
from bot.hotline.work_orders import ROLE_NAMES, Actor, Role

STAFF_ROLES = (Role.OPERATOR, Role.SUPERVISOR, Role.HANDLER, Role.ADMINISTRATOR)
FAILURES = 5  # wrong passwords in a row, after which an account is locked
LOCKED = dt.timedelta(minutes=15)
_SHORTEST_PASSWORD = 10
_LONGEST_PASSWORD = 200
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")


class Permission(str, Enum):
    """Something that not everybody may do."""

    TALK = "talk"  # 接待会话：排队、接听、转接、电话受理
    READ_CONVERSATIONS = "read_conversations"  # 查看会话记录
    FILE_ORDERS = "file_orders"  # 登记工单
    SEE_ORDERS = "see_orders"  # 查看和办理工单，能做哪一步由工单状态机决定
    REVEAL_CONTACTS = "reveal_contacts"  # 写明用途后查看反映人的联系方式
    SEE_REPORTS = "see_reports"  # 查看统计
    SEE_OVERVIEW = "see_overview"  # 查看总览
    HANDLE_ALARMS = "handle_alarms"  # 处理突发集中诉求预警
    EDIT_KNOWLEDGE = "edit_knowledge"  # 维护知识、热线、派单目录
    IMPORT_DOCUMENTS = "import_documents"  # 导入政策文件
    LABEL_MESSAGES = "label_messages"  # 标注没有答好的消息
    TRAIN_MODELS = "train_models"  # 训练、评测、发布、回退模型
    MANAGE_STAFF = "manage_staff"  # 管理人员
    SEE_AUDIT = "see_audit"  # 查看操作记录


_AT_THE_DESK = frozenset({Role.OPERATOR, Role.SUPERVISOR})
_CONSOLE = frozenset({Role.ADMINISTRATOR})

PERMISSIONS: Mapping[Permission, frozenset[Role]] = {
    Permission.TALK: _AT_THE_DESK,
    Permission.READ_CONVERSATIONS: _AT_THE_DESK | _CONSOLE,
    Permission.FILE_ORDERS: _AT_THE_DESK,
    Permission.SEE_ORDERS: _AT_THE_DESK | {Role.HANDLER},
    Permission.REVEAL_CONTACTS: _AT_THE_DESK | {Role.HANDLER},
    Permission.SEE_REPORTS: frozenset({Role.SUPERVISOR, Role.HANDLER, Role.ADMINISTRATOR}),
    Permission.SEE_OVERVIEW: _AT_THE_DESK | _CONSOLE,
    Permission.HANDLE_ALARMS: frozenset({Role.SUPERVISOR}),
    Permission.EDIT_KNOWLEDGE: _CONSOLE,
    Permission.IMPORT_DOCUMENTS: _CONSOLE,
    Permission.LABEL_MESSAGES: _CONSOLE,
    Permission.TRAIN_MODELS: _CONSOLE,
    Permission.MANAGE_STAFF: _CONSOLE,
    Permission.SEE_AUDIT: _CONSOLE,
}


class StaffInvalid(HotlineError):
    """An account cannot be made or changed so; the message says why."""


@dataclass(frozen=True)
class StaffMember:
    """One account. ``jurisdiction`` narrows what is seen to one place; a handler belongs to one ``department``."""

    id: str
    login: str
    name: str  # as colleagues and, at the desk, citizens know them
    role: Role
    jurisdiction: str | None = None
    department: str | None = None
    must_change_password: bool = False
    disabled: bool = False
    version: int = 1

    def may(self, permission: Permission) -> bool:
        """Return whether this person's role has ``permission``."""
        return not self.disabled and self.role in PERMISSIONS[permission]

    @property
    def actor(self) -> Actor:
        """This person as the work orders' record knows them."""
        return Actor(self.id, self.role, self.department)

    @property
    def role_name(self) -> str:
        """The role in Chinese."""
        return ROLE_NAMES[self.role]


def check_member(member: StaffMember) -> None:
    """Raise StaffInvalid where ``member`` cannot be an account."""
    if not _LOGIN.fullmatch(member.login):
        raise StaffInvalid("登录名为2到32个小写字母、数字、点、横线或下划线，以字母或数字开头。")
    if not 1 <= len(member.name.strip()) <= 40:
        raise StaffInvalid("请填写姓名或工号，最多40个字。")
    if member.role not in STAFF_ROLES:
        raise StaffInvalid("这个角色不能登录。")
    if (member.role is Role.HANDLER) != (member.department is not None):
        raise StaffInvalid("承办人要选所在的承办单位，其他角色不选。")


def check_password(password: str, login: str) -> None:
    """Raise StaffInvalid for a password that is too short or easily guessed (NIST SP 800-63B: length over mixture)."""
    if not _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        raise StaffInvalid(f"密码至少{_SHORTEST_PASSWORD}个字符，最多{_LONGEST_PASSWORD}个。")
    if len(set(password)) < 5 or login.lower() in password.lower():
        raise StaffInvalid("这个密码太容易猜到：不要重复少数几个字符，也不要包含登录名。")


def locked_until(failures: int, now: dt.datetime) -> dt.datetime | None:
    """Return until when an account is locked after so many wrong passwords in a row, if it is."""
    return now + LOCKED if failures >= FAILURES else None
