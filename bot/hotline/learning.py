"""What the bot learns from people: labels (标注) on real messages, golden questions (黄金题), versions of the model (模型版本)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from bot.errors import HotlineError
from bot.hotline.understanding import COMPLAINT_INTENT


class LabelInvalid(HotlineError):
    """A label or golden question cannot be kept so; the message says why."""


class ReleaseRefused(HotlineError):
    """A model cannot be trained, released or rolled back to now; the message says why."""


class LabelKind(str, Enum):
    """What somebody decided about a message."""

    ENTRY = "entry"  # 由这个知识条目回答
    CATEGORY = "category"  # 诉求，属于派单目录的这一类
    UNSUPPORTED = "unsupported"  # 不归我们管，库里没有
    EMERGENCY = "emergency"  # 正在发生的险情
    HARMLESS = "harmless"  # 看似险情，其实不是
    INTENT = "intent"  # 只标意图，如问候、要人工
    SIMILAR = "similar"  # 已加为条目的相似问，立即生效，不必训练
    DISMISSED = "dismissed"  # 不处理


LABEL_NAMES: Mapping[LabelKind, str] = {
    LabelKind.ENTRY: "归到条目",
    LabelKind.CATEGORY: "归到派单类别",
    LabelKind.UNSUPPORTED: "不归我们",
    LabelKind.EMERGENCY: "是险情",
    LabelKind.HARMLESS: "不是险情",
    LabelKind.INTENT: "标为意图",
    LabelKind.SIMILAR: "加为相似问",
    LabelKind.DISMISSED: "不处理",
}
TAUGHT = frozenset(LabelKind) - {LabelKind.SIMILAR, LabelKind.DISMISSED}  # what training reads
INTENTS: Mapping[LabelKind, str] = {  # those that follow from the decision
    LabelKind.CATEGORY: COMPLAINT_INTENT,
    LabelKind.UNSUPPORTED: "ask_unsupported",
    LabelKind.EMERGENCY: "report_emergency",
    LabelKind.HARMLESS: "ask_about_emergency",
}


@dataclass(frozen=True)
class Label:
    """One decision about one masked text. ``batch`` joins those that were made, and are undone, together."""

    text: str
    jurisdiction: str
    kind: LabelKind
    intent: str = ""
    entry: str | None = None
    category: str | None = None
    numbers: tuple[str, ...] = ()  # of an emergency: whom to call
    batch: str = ""
    id: int = 0
    at: dt.datetime | None = None
    by: str = ""  # login
    undone: dt.datetime | None = None


@dataclass(frozen=True)
class GoldenQuestion:
    """A question with what a right reply must and must not hold, asked of every model and never learnt from."""

    kind: str
    jurisdiction: str
    turns: tuple[str, ...]
    must: tuple[tuple[str, ...], ...]
    must_not: tuple[str, ...] = ()
    id: int = 0
    at: dt.datetime | None = None
    by: str = ""


class VersionState(str, Enum):
    """Where a version of the model is on its way."""

    QUEUED = "queued"
    TRAINING = "training"
    EVALUATING = "evaluating"
    READY = "ready"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RELEASED = "released"
    RETIRED = "retired"


STATE_NAMES: Mapping[VersionState, str] = {
    VersionState.QUEUED: "排队中",
    VersionState.TRAINING: "训练中",
    VersionState.EVALUATING: "评测中",
    VersionState.READY: "可以发布",
    VersionState.REFUSED: "没有通过评测",
    VersionState.FAILED: "没有成功",
    VersionState.CANCELLED: "已取消",
    VersionState.RELEASED: "正在使用",
    VersionState.RETIRED: "用过",
}
BUSY = frozenset({VersionState.TRAINING, VersionState.EVALUATING})
OPEN = BUSY | {VersionState.QUEUED}


@dataclass(frozen=True)
class ModelVersion:
    """One trained model and how it came about. ``base`` is the digest of the shipped data and code it was made beside."""

    id: int
    created: dt.datetime
    login: str
    origin: str  # console, command, start
    note: str
    state: VersionState
    seed: int
    base: str
    model: str | None = None  # name of the archive in the models folder
    files: Mapping[str, str] = field(default_factory=dict)  # name of each file → SHA-256
    figures: Mapping[str, Any] = field(default_factory=dict)
    progress: str = ""
    share: float = 0.0  # of the work that is done
    log: str = ""
    problem: str = ""
    cancel: bool = False  # somebody asked to stop it
    started: dt.datetime | None = None
    finished: dt.datetime | None = None
    heartbeat: dt.datetime | None = None
    knowledge: int = 0  # version of the knowledge that was learnt
    labels: int = 0  # how many labels were learnt

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return STATE_NAMES[self.state]

    @property
    def is_open(self) -> bool:
        """Whether it is still being worked on or waits for that."""
        return self.state in OPEN


@dataclass(frozen=True)
class Release:
    """A version began to serve: by a release (发布), or by rolling back (回退) to it."""

    at: dt.datetime
    login: str
    kind: str  # release, rollback
    reason: str
    version: int
    previous: int | None
