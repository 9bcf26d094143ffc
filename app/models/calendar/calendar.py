"""Calendars: whose they are, who sees them, and with which level."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Self

from piccolo.columns import BigInt, ForeignKey, Integer, SmallInt, Text, Varchar

from app import database
from app.lib import clock
from app.lib.dav import slugs
from app.lib.i18n import _, speaking
from app.lib.ids import new_id
from app.models.account import Account
from app.models.base import NotFound, Refused, Row
from app.models.organisation import Organisation
from app.models.resource import Resource
from app.models.viewer import Viewer

BUSY, VIEW, EDIT, SHARE, OWN = 1, 2, 3, 4, 5
OWNED, ROOM, BIRTHDAYS, HOLIDAYS, SUBSCRIPTION = "own", "room", "birthdays", "holidays", "subscription"
READ_ONLY = (BIRTHDAYS, HOLIDAYS, SUBSCRIPTION)
DEFAULT = "default"
RESERVED = re.compile("shared-.*|inbox|outbox|notifications|freebusy|dropbox")
MOST_NAME, MOST_ABOUT = 120, 500
MOST_CALENDARS = 200  # of one person in one organisation
EVENTS_AND_TASKS = "VEVENT VTODO"

_MEMBER = """
  JOIN membership w ON w.org_id = c.org_id AND w.account_id = $1 AND w.ended_at IS NULL AND w.role IN ('legal', 'admin', 'user')
   AND EXISTS (SELECT 1 FROM product_right p WHERE p.membership_id = w.id AND p.product = 'calendar' AND p.level = 'use')
"""
_SHARED_LEVEL = """
(SELECT MAX(s.level) FROM calendar_share s WHERE s.calendar_id = c.id AND s.token_hash IS NULL AND (
   s.account_id = $1 OR (s.account_id IS NULL AND s.team_id IS NULL)
   OR s.team_id IN (SELECT tm.team_id FROM team_member tm JOIN team t ON t.id = tm.team_id WHERE tm.account_id = $1 AND t.deleted_at IS NULL)))
"""
_ROOM_LEVEL = f"CASE WHEN w.role IN ('legal', 'admin') THEN {SHARE} ELSE {VIEW} END"
_SELECT = f"""
SELECT c.*, CASE WHEN c.account_id = $1 THEN {OWN} WHEN c.kind = '{ROOM}' THEN {_ROOM_LEVEL} ELSE {_SHARED_LEVEL} END AS seen_level,
       trim(a.given_name || ' ' || a.family_name) AS owner_name, a.email AS owner_email,
       v.accepted_at AS taken_at, v.hidden_at, v.hue AS seen_hue, v.position AS seen_position
  FROM calendar c LEFT JOIN account a ON a.id = c.account_id LEFT JOIN calendar_look v ON v.calendar_id = c.id AND v.account_id = $1 {_MEMBER}
 WHERE c.deleted_at IS NULL
"""


class CalendarRefused(Refused):
    """A calendar can't be made or changed so; the text says why."""


class Calendar(Row):
    """Some events and tasks under one name. Its `modseq` grows with every change in it (what CalDAV calls ctag)."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account, null=True, default=None, help_text="Whose it is; null: a room's.")
    resource_id = ForeignKey(Resource, null=True, default=None)
    kind = Varchar(length=12, default=OWNED)
    name = Varchar(length=MOST_NAME)
    slug = Varchar(length=slugs.MOST, help_text="Segment of its address for DAV clients, unique among the owner's.")
    sole_key = Varchar(length=24, null=True, default=None, help_text="`default` for the one that new events go into; unique for the owner.")
    hue = SmallInt(default=14)
    colour = Varchar(length=9, default="", help_text="What a client chose, as #RRGGBB or #RRGGBBAA; empty: the hue; none: it took it away.")
    about = Varchar(length=MOST_ABOUT, default="")
    position = Integer(default=0)
    timezone = Varchar(length=64, default="UTC")
    timezone_ics = Text(null=True, default=None, help_text="The VTIMEZONE that a client gave it, as it came.")
    components = Varchar(length=40, default=EVENTS_AND_TASKS)
    is_transparent = SmallInt(default=0, help_text="1: what is in it makes nobody busy (RFC 6638 §9.1).")
    reminders = Varchar(length=120, default="10", help_text="Minutes before, with commas, that new events start with.")
    modseq = BigInt(default=0)
    forgotten_modseq = BigInt(default=0, help_text="Up to here it was forgotten what was removed; who knows less reads everything anew.")
    source = Varchar(length=2000, default="", help_text="Of a subscription: its address; of holidays: the country.")
    fetched_at = BigInt(null=True, default=None)
    fetch_failure = Varchar(length=300, default="")
    fetch_etag = Varchar(length=300, default="")
    created_at = BigInt(default=0)
    deleted_at = BigInt(null=True, default=None)

    # Of whoever it was found for.
    level: int = 0
    owner_name: str = ""
    owner_email: str = ""
    is_taken: bool = False
    is_hidden: bool = False

    @property
    def url(self) -> str:
        """Its address."""
        return f"/calendar/calendars/{self.id}"

    @property
    def is_own(self) -> bool:
        """Whether it belongs to whoever it was found for."""
        return self.level == OWN

    @property
    def is_default(self) -> bool:
        """Whether new events go into it; it can't be deleted."""
        return self.sole_key == DEFAULT

    @property
    def is_read_only(self) -> bool:
        """Whether nobody changes what is in it: it comes from elsewhere."""
        return self.kind in READ_ONLY

    @property
    def can_see(self) -> bool:
        """Whether they see more than that somebody is busy."""
        return self.level >= VIEW

    @property
    def can_write(self) -> bool:
        """Whether they may change what is in it."""
        return self.level >= EDIT and not self.is_read_only

    @property
    def can_share(self) -> bool:
        """Whether they may rename and share it."""
        return self.level >= SHARE

    @property
    def segment(self) -> str:
        """The segment of its address below the home of whoever it was found for: the slug of their own, else one that can't collide."""
        return self.slug if self.is_own else slugs.shared_slug(self.id)

    # -- finding

    @classmethod
    async def seen_by(cls, viewer: Viewer, id_: int) -> Self:
        """A calendar of the viewer's, of a room, or one that is shared with them, in the organisation they look at. Raises `NotFound`."""
        found = [] if viewer.is_external else await cls._seen("c.org_id = $2 AND c.id = $3", viewer.account_id, viewer.org_id, id_)
        if not found:
            raise NotFound(f"calendar {id_}")
        return found[0]

    @classmethod
    async def all_for(cls, account_id: int, org_id: int | None = None) -> list[Self]:
        """The calendars that somebody works with: their own, the default one first, then those of others that they took.

        In one organisation, or in all that they belong to and use Calendar in. A default one is made where there is none.
        """
        await cls._make_defaults(account_id, org_id)
        found = await cls._seen(
            "(c.account_id = $1 OR v.accepted_at IS NOT NULL) AND (CAST($2 AS bigint) = 0 OR c.org_id = $2)", account_id, org_id or 0
        )
        return found

    @classmethod
    async def offered_to(cls, viewer: Viewer) -> list[Self]:
        """Those shared with somebody that they neither took nor declined, and the rooms'."""
        found = await cls._seen("c.org_id = $2 AND c.account_id IS DISTINCT FROM $1 AND v.id IS NULL AND c.kind <> 'room'", viewer.account_id, viewer.org_id)
        return found

    @classmethod
    async def by_segment(cls, account_id: int, segment: str) -> Self:
        """The calendar at an address below somebody's home. Raises `NotFound`."""
        found = await cls._seen("c.account_id = $1 AND c.slug = $2", account_id, segment)
        if not found and (shared := slugs.shared_id(segment)):
            found = await cls._seen("c.account_id IS DISTINCT FROM $1 AND c.id = $2 AND v.accepted_at IS NOT NULL", account_id, shared)
        if not found:
            raise NotFound(f"calendar {segment}")
        return found[0]

    @classmethod
    async def default_for(cls, account_id: int, org_id: int) -> Self:
        """The calendar that somebody's new events go into, made at the first call. Raises `NotFound` for who doesn't use Calendar."""
        await cls._make_defaults(account_id, org_id)
        found = await cls._seen("c.org_id = $2 AND c.account_id = $1 AND c.sole_key = 'default'", account_id, org_id)
        if not found:
            raise NotFound(f"calendars of {account_id}")
        return found[0]

    @classmethod
    async def for_room(cls, resource: Resource) -> Self:
        """The calendar in which a room's or a thing's bookings are, made at the first call."""
        row = await database.fetch_one("SELECT * FROM calendar WHERE resource_id = $1", resource.id)
        if row is None:
            await database.execute(
                "INSERT INTO calendar (id, org_id, resource_id, kind, name, slug, sole_key, hue, colour, about, position, timezone, components,"
                " is_transparent, reminders, modseq, forgotten_modseq, source, fetch_failure, fetch_etag, created_at)"
                " SELECT $1, o.id, $2, 'room', $3, $4, $5, $6, '', '', 0, o.timezone, 'VEVENT', 0, '', 0, 0, '', '', '', $7"
                " FROM organisation o WHERE o.id = $8 ON CONFLICT DO NOTHING",
                new_id(), resource.id, resource.name, f"room-{resource.id}", f"room-{resource.id}", resource.hue, clock.now(), resource.org_id,
            )
            row = await database.fetch_one("SELECT * FROM calendar WHERE resource_id = $1", resource.id)
        assert row is not None
        found = cls.from_row(row)
        found.level = EDIT
        if found.name != resource.name:  # it was renamed since
            await found.change(name=resource.name)
        return found

    @classmethod
    async def _seen(cls, condition: str, *arguments: int | str) -> list[Self]:
        rows = await database.fetch(f"{_SELECT} AND {condition} ORDER BY c.created_at, c.id", *arguments)
        calendars = [cls._of_viewer(row) for row in rows if row["seen_level"]]
        return sorted(calendars, key=lambda one: (not one.is_own, one.position, not one.is_default))

    @classmethod
    def _of_viewer(cls, row: dict[str, Any]) -> Self:
        level, owner_name, taken_at, hidden_at = row.pop("seen_level"), row.pop("owner_name"), row.pop("taken_at"), row.pop("hidden_at")
        owner_email = row.pop("owner_email") or ""
        hue, position = row.pop("seen_hue"), row.pop("seen_position")
        found = cls.from_row(row)
        found.level, found.owner_name, found.owner_email = level, owner_name or "", owner_email
        found.is_taken, found.is_hidden = level == OWN or taken_at is not None, hidden_at is not None
        if hue is not None:
            found.hue = hue
        elif not found.is_own and found.account_id is not None:
            found.hue = (found.account_id // 4096 + found.account_id % 64) % 24  # as their picture: everybody's default is the same
        if position is not None:
            found.position = position
        return found

    @classmethod
    async def _make_defaults(cls, account_id: int, org_id: int | None) -> None:
        for row in await database.fetch(
            "SELECT w.org_id FROM membership w JOIN product_right p ON p.membership_id = w.id AND p.product = 'calendar' AND p.level = 'use'"
            " WHERE w.account_id = $1 AND w.ended_at IS NULL AND w.role IN ('legal', 'admin', 'user') AND (CAST($2 AS bigint) = 0 OR w.org_id = $2)"
            " AND NOT EXISTS (SELECT 1 FROM calendar c WHERE c.org_id = w.org_id AND c.account_id = $1 AND c.sole_key = 'default')",
            account_id, org_id or 0,
        ):
            await cls._make_default(account_id, row["org_id"])

    @classmethod
    async def _make_default(cls, account_id: int, org_id: int) -> None:
        account = await Account.get(account_id)
        with speaking(account.locale):
            name = _("Calendar")
        async with database.transaction():
            await database.execute(
                "INSERT INTO calendar (id, org_id, account_id, kind, name, slug, sole_key, hue, colour, about, position, timezone, components,"
                " is_transparent, reminders, modseq, forgotten_modseq, source, fetch_failure, fetch_etag, created_at)"
                " VALUES ($1, $2, $3, 'own', $4, $5, 'default', 14, '', '', 0, $6, $7, 0, '10', 0, 0, '', '', '', $8) ON CONFLICT DO NOTHING",
                new_id(), org_id, account_id, name, await free_slug(account_id, "calendar"), account.timezone, EVENTS_AND_TASKS, clock.now(),
            )

    # -- making

    @classmethod
    async def make(cls, account_id: int, org_id: int, name: str, *, slug: str = "", timezone: str | None = None, **columns: Any) -> Self:
        """Another calendar of somebody's, without a command: for DAV clients, and inside of commands. Raises `CalendarRefused`."""
        name = check_name(name)
        count = await database.fetch_value("SELECT COUNT(*) FROM calendar WHERE org_id = $1 AND account_id = $2 AND deleted_at IS NULL", org_id, account_id)
        if count >= MOST_CALENDARS:
            raise CalendarRefused(_("These are as many calendars as there can be: %(most)s.") % {"most": MOST_CALENDARS})
        async with database.transaction():
            made = await cls.insert_new(
                org_id=org_id, account_id=account_id, name=name, slug=await free_slug(account_id, slug or name),
                timezone=timezone or (await Account.get(account_id)).timezone, position=columns.pop("position", count), created_at=clock.now(),
                **columns,
            )
        return await cls._reread(made.id, account_id)

    @classmethod
    async def _reread(cls, id_: int, account_id: int) -> Self:
        found = await cls._seen("c.id = $2", account_id, id_)
        if not found:
            raise NotFound(f"calendar {id_}")
        return found[0]


def check_name(name: str) -> str:
    """A calendar's name without what can't be seen. Raises `CalendarRefused`."""
    name = " ".join(name.split())
    if not name:
        raise CalendarRefused(_("Please give the calendar a name."))
    if len(name) > MOST_NAME:
        raise CalendarRefused(_("This name is too long: at most %(most)s characters.") % {"most": MOST_NAME})
    return name


async def free_slug(account_id: int, wanted: str) -> str:
    """A segment like `wanted` that none of somebody's calendars has, deleted ones among them: an address isn't used for another one."""
    taken = {row["slug"] for row in await database.fetch("SELECT slug FROM calendar WHERE account_id = $1", account_id)}
    return slugs.slug_like(wanted, taken, RESERVED, "calendar")


async def readable_ids(viewer: Viewer) -> Collection[int]:
    """The calendars whose contents a viewer may read, for the search over everything."""
    if viewer.is_external or not viewer.can_use("calendar"):
        return []
    return [one.id for one in await Calendar._seen("c.org_id = $2", viewer.account_id, viewer.org_id) if one.can_see]
