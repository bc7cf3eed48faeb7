"""Tables of the people who work with the hotline (工作人员): accounts, who is logged in, and what each of them did."""

from __future__ import annotations

import sqlalchemy as sa

from bot.hotline.staff import STAFF_ROLES
from bot.storage.tables.base import metadata, moment, number, one_of, refer, text

staff = sa.Table(
    "staff",
    metadata,
    text("id"),
    text("login"),
    text("name"),
    text("role"),
    text("jurisdiction", null=True),
    text("department", null=True),
    text("password_hash"),
    sa.Column("must_change_password", sa.Boolean, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    number("failures"),  # wrong passwords in a row
    moment("locked_until", null=True),
    moment("created"),
    moment("last_login", null=True),
    number("version"),
    sa.PrimaryKeyConstraint("id"),
    sa.UniqueConstraint("login"),
    refer("jurisdiction", "jurisdictions"),
    refer("department", "departments"),
    one_of("role", (role.value for role in STAFF_ROLES)),
)

logins = sa.Table(  # who is logged in where (登录会话); only a digest of the cookie is stored
    "staff_logins",
    metadata,
    text("digest"),
    text("staff", null=True),  # none before the password was given
    sa.Column("content", sa.JSON, nullable=False),
    moment("created"),
    moment("seen"),
    sa.PrimaryKeyConstraint("digest"),
    refer("staff", "staff"),
)
sa.Index("ix_staff_logins_seen", logins.c.seen)
sa.Index("ix_staff_logins_staff", logins.c.staff)

audit_log = (
    sa.Table(  # who changed what, and who looked at whose personal data (操作记录); never changed, never personal
        "audit_log",
        metadata,
        sa.Column("row_id", sa.Integer, primary_key=True),
        moment("at"),
        text("staff", null=True),
        text("login"),  # as it was then
        text("role", null=True),
        text("deed"),
        text("object"),
        sa.Column("details", sa.JSON, nullable=False),
        refer("staff", "staff"),
    )
)
sa.Index("ix_audit_log_at", audit_log.c.at)
sa.Index("ix_audit_log_staff_at", audit_log.c.staff, audit_log.c.at)
sa.Index("ix_audit_log_object", audit_log.c.object)
