"""Tables of work orders (工单), their record of moves, and who called about them.

Who called stands apart from the matter: a screen or an export reads it only where a purpose was given, and it goes when
its time is over while the matter stays for the statistics.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.hotline.work_orders import RequestKind, Role, State
from bot.storage.tables.base import metadata, moment, number, one_of, refer, text

_STATES = tuple(state.value for state in State)

work_orders = sa.Table(
    "work_orders",
    metadata,
    text("id"),
    text("number"),
    text("jurisdiction"),
    text("kind"),
    text("category"),
    text("title"),
    text("content"),
    text("place"),
    text("happened"),
    text("channel"),
    moment("received"),
    sa.Column("limit", sa.JSON, nullable=False),
    moment("due", null=True),  # of the next duty; none while its time stands still
    moment("near", null=True),  # from when on that is near
    text("state"),
    text("department", null=True),
    sa.Column("assisting", sa.JSON, nullable=False),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("confidential", sa.Boolean, nullable=False),
    sa.Column("attachments", sa.JSON, nullable=False),
    text("handover"),
    text("filing_key", null=True),  # given by who files, so that filing again files nothing twice
    number("version"),
    moment("dispatched", null=True),
    moment("answered", null=True),
    moment("closed", null=True),
    text("answer"),
    sa.Column("satisfaction", sa.Integer, nullable=True),
    number("extended_days"),
    number("asked_days"),
    sa.Column("pauses", sa.JSON, nullable=False),
    number("urged"),
    sa.Column("supervised", sa.Boolean, nullable=False),
    number("returned"),
    number("reworked"),
    text("merged_into", null=True),
    sa.PrimaryKeyConstraint("id"),
    sa.UniqueConstraint("number"),
    sa.UniqueConstraint("filing_key"),
    refer("jurisdiction", "jurisdictions"),
    refer("department", "departments"),
    refer("merged_into", "work_orders"),
    one_of("kind", (kind.value for kind in RequestKind)),
    one_of("state", _STATES),
    sa.CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction"),
)
sa.Index("ix_work_orders_jurisdiction_received", work_orders.c.jurisdiction, work_orders.c.received)
sa.Index("ix_work_orders_state_received", work_orders.c.state, work_orders.c.received)
# All that the reports read, so that they need not read the orders themselves: by time, by department and time, and in
# the order in which a long report adds them up.
_COUNTED = ("state", "jurisdiction", "answered", "due", "reworked", "satisfaction")
for _name, _first in (
    ("figures", ("received", "department", "category")),
    ("department", ("department", "received", "category")),
    ("topics", ("department", "category", "received")),
):
    sa.Index(f"ix_work_orders_{_name}", *(work_orders.c[column] for column in (*_first, *_COUNTED)))
sa.Index(
    "ix_work_orders_state_near", work_orders.c.state, work_orders.c.near, work_orders.c.due, work_orders.c.category
)
sa.Index("ix_work_orders_jurisdiction_state", work_orders.c.jurisdiction, work_orders.c.state, work_orders.c.category)
sa.Index(  # the few orders with assisting departments
    "ix_work_orders_assisted",
    work_orders.c.id,
    sqlite_where=sa.text("CAST(assisting AS TEXT) != '[]'"),
    postgresql_where=sa.text("CAST(assisting AS TEXT) != '[]'"),
)

work_order_numbers = sa.Table(  # the last number given out on each day in each place
    "work_order_numbers",
    metadata,
    text("prefix"),
    number("last"),
    sa.PrimaryKeyConstraint("prefix"),
)

work_order_events = sa.Table(
    "work_order_events",
    metadata,
    text("work_order"),
    number("version"),
    text("move"),
    text("by"),
    text("role"),
    moment("at"),
    text("before"),
    text("after"),
    text("reason"),
    sa.Column("details", sa.JSON, nullable=False),
    sa.PrimaryKeyConstraint("work_order", "version"),
    refer("work_order", "work_orders"),
    one_of("role", (role.value for role in Role)),
)
sa.Index("ix_work_order_events_at", work_order_events.c.at)

callers = sa.Table(  # everybody who raised the matter; nothing personal is left once they are anonymised
    "work_order_callers",
    metadata,
    text("work_order"),
    number("position"),
    text("conversation", null=True),
    text("channel"),
    text("name", null=True),
    text("phone", null=True),
    moment("at"),
    moment("anonymised", null=True),
    sa.PrimaryKeyConstraint("work_order", "position"),
    refer("work_order", "work_orders"),
)
sa.Index("ix_work_order_callers_conversation", callers.c.conversation)
sa.Index("ix_work_order_callers_at", callers.c.at)

caller_views = sa.Table(  # who looked at whose contact, and for what
    "work_order_caller_views",
    metadata,
    text("id"),
    text("work_order"),
    text("by"),
    text("role"),
    text("purpose"),
    moment("at"),
    sa.PrimaryKeyConstraint("id"),
    refer("work_order", "work_orders"),
)
sa.Index("ix_work_order_caller_views_work_order", caller_views.c.work_order)

alarms = sa.Table(  # that a matter, or a kind of matter, is raised far more often than usual (突发集中诉求)
    "work_order_alarms",
    metadata,
    text("id"),
    text("jurisdiction"),
    text("category"),
    text("work_order", null=True),  # where it is one matter; else the whole category
    number("count"),
    moment("since"),
    moment("raised_at"),
    moment("acknowledged_at", null=True),
    text("acknowledged_by", null=True),
    sa.PrimaryKeyConstraint("id"),
    refer("jurisdiction", "jurisdictions"),
    refer("work_order", "work_orders"),
)
sa.Index("ix_work_order_alarms_raised_at", alarms.c.raised_at)
