"""What somebody was told of, or would have been: one row for each event and person, with the reasons."""

from __future__ import annotations

from typing import Any, Self

import msgspec
from piccolo.columns import BigInt, Boolean, ForeignKey, Text, Varchar

from app import database
from app.lib import clock
from app.models.account import Account
from app.models.base import NotFound, Row
from app.models.notifications.kinds import Kind, Words, kind_of, known
from app.models.organisation import Organisation
from app.models.viewer import Viewer

PAGE = 40
HELD_FOR, READ_FOR, KEPT_FOR = 7 * clock.DAY, 60 * clock.DAY, 180 * clock.DAY
_WITH_ACTOR = """
SELECT n.*, a.given_name AS actor_given_name, a.family_name AS actor_family_name, a.avatar AS actor_avatar
  FROM notification n LEFT JOIN account a ON a.id = n.actor_id
"""
UNREAD = "shown = TRUE AND read_at IS NULL"


class Notification(Row):
    """Something that happened, as one person hears of it. Where it wasn't `shown`, it was held back by a rule in `reasons`."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account)
    kind = Varchar(length=40)
    source = Varchar(length=80, default="", help_text="Where it comes from, such as channel:12: what is muted, and grouped.")
    source_name = Varchar(length=200, default="")
    subject = Varchar(length=80, default="", help_text="The thing itself, such as message:34: what changes or withdraws it.")
    actor_id = ForeignKey(Account, null=True, default=None)
    facts = Text(default="{}")
    url = Varchar(length=400, default="")
    shown = Boolean(default=True)
    reasons = Text(default="[]", help_text="JSON: the outcomes of `deciding.decide`.")
    wants_mail = Boolean(default=False)
    mailed_at = BigInt(null=True, default=None)
    read_at = BigInt(null=True, default=None)
    created_at = BigInt(default=0)

    # Of who did it, where it was read with them.
    actor_given_name: str | None = None
    actor_family_name: str | None = None
    actor_avatar: str | None = None

    @property
    def actor_name(self) -> str:
        """Who did it, or an empty word."""
        return f"{self.actor_given_name or ''} {self.actor_family_name or ''}".strip()

    @property
    def about(self) -> Kind:
        """Its kind."""
        return kind_of(self.kind)

    @property
    def words(self) -> Words:
        """Title and body in the language being spoken."""
        return self.about.words(msgspec.json.decode(self.facts))

    @property
    def known_facts(self) -> dict[str, Any]:
        """What `notify` was given."""
        return dict(msgspec.json.decode(self.facts))

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        """Each with `channel`, `goes`, `reason`, and where it applies `device_id` and `until`."""
        return list(msgspec.json.decode(self.reasons))

    @classmethod
    async def found(cls, viewer: Viewer, id_: int) -> Self:
        """A notification of this person in this organisation. Raises `NotFound`."""
        row = await database.fetch_one(
            "SELECT * FROM notification WHERE id = $1 AND account_id = $2 AND org_id = $3", id_, viewer.account_id, viewer.org_id
        )
        if row is None or not known(row["kind"]):
            raise NotFound(f"notification {id_}")
        return cls.from_row(row)

    @classmethod
    async def shown_to(cls, viewer: Viewer, before: int | None = None, *, only_unread: bool = False, most: int = PAGE) -> list[Self]:
        """What is in somebody's notification centre, newest first, before the one with id `before`."""
        unread = " AND n.read_at IS NULL" if only_unread else ""
        rows = await database.fetch(
            f"{_WITH_ACTOR} WHERE n.account_id = $1 AND n.org_id = $2 AND n.shown = TRUE AND n.id < $3{unread} ORDER BY n.id DESC LIMIT $4",
            viewer.account_id, viewer.org_id, before or 2**53, most,
        )
        return [cls.from_row(row) for row in rows if known(row["kind"])]

    @classmethod
    async def one_shown(cls, viewer: Viewer, id_: int) -> Self:
        """One of them, with who did it. Raises `NotFound`."""
        row = await database.fetch_one(f"{_WITH_ACTOR} WHERE n.id = $1 AND n.account_id = $2 AND n.org_id = $3", id_, viewer.account_id, viewer.org_id)
        if row is None or not known(row["kind"]):
            raise NotFound(f"notification {id_}")
        return cls.from_row(row)

    @classmethod
    async def held_back(cls, viewer: Viewer, before: int | None = None, most: int = PAGE) -> list[Self]:
        """What reached somebody on fewer ways than it could have, newest first."""
        rows = await database.fetch(
            "SELECT * FROM notification WHERE account_id = $1 AND org_id = $2 AND id < $3 AND reasons LIKE '%\"held\":true%' ORDER BY id DESC LIMIT $4",
            viewer.account_id, viewer.org_id, before or 2**53, most,
        )
        return [cls.from_row(row) for row in rows if known(row["kind"])]

    @classmethod
    async def all_read(cls, viewer: Viewer, up_to: int) -> None:
        """Everything of this organisation up to an id is read: what came after the list was made stays new."""
        from app.models.notifications.notifying import notices_read

        rows = await database.fetch(
            f"SELECT id FROM notification WHERE account_id = $1 AND org_id = $2 AND id <= $3 AND {UNREAD} ORDER BY id", viewer.account_id, viewer.org_id, up_to
        )
        async with database.transaction():
            for start in range(0, len(rows), 400):
                await notices_read(viewer.account_id, ids=[row["id"] for row in rows[start : start + 400]])

    @classmethod
    async def prune(cls) -> None:
        """Forget what was held back after a week, what was read after two months, and anything after half a year."""
        now = clock.now()
        await database.execute(
            "DELETE FROM notification WHERE (shown = FALSE AND created_at < $1) OR (read_at IS NOT NULL AND created_at < $2) OR created_at < $3",
            now - HELD_FOR, now - READ_FOR, now - KEPT_FOR,
        )


async def unread_count(account_id: int, org_id: int) -> int:
    """How many notices somebody hasn't read in an organisation."""
    sql = f"SELECT COUNT(*) FROM notification WHERE account_id = $1 AND org_id = $2 AND {UNREAD}"
    return int(await database.fetch_value(sql, account_id, org_id) or 0)
