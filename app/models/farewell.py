"""Leaving for good: an account is deleted a week after its owner asked for it, unless they sign in again before.

What they wrote stays, under "Former member": conversations belong to everybody in them. Everything that says who they were goes: name,
address, picture, phone, ways to sign in, settings, statuses, notifications. The audit log keeps its entries as they were written, because
nothing in it is ever altered.
"""

from __future__ import annotations

from typing import Self

from piccolo.columns import BigInt

from app import database, live
from app.lib import clock
from app.lib.i18n import _, speaking
from app.models import audit
from app.models.account import Account
from app.models.base import Refused, Row
from app.models.departure import hand_over_all
from app.models.organisation import LEGAL, Membership
from app.models.search_people import index_person
from app.models.viewer import Viewer

GRACE = 7 * clock.DAY
FORGOTTEN = (
    "passkey", "application_password", "one_time_secret", "recovery_code", "linked_identity", "known_device", "emailed_link", "challenge", "session",
    "notice_choice", "notice_mute", "push_delivery", "push_device", "notification", "quiet_hours", "member_status", "command",
    "team_member", "mention", "data_export", "dead_property", "sync_program", "dav_lock", "node_favourite", "node_visit",
    "thread_follow", "saved_message", "message_draft", "scheduled_message", "chat_keyword", "chat_reminder", "channel_category", "response_url",
    "contact_import", "contact_apart", "contact_favourite", "contact_seen", "address_book_answer", "address_book_share",
    "calendar_import", "calendar_message", "calendar_alarm", "calendar_look", "calendar_share", "booking_page",
)
"""Tables whose rows of an account go with it, by their account_id."""

KEPT = (
    "membership", "channel_member", "reaction", "audit_entry", "invitation", "invitation_batch", "blob_use", "storage_use", "upload", "read_receipt",
    "poll_vote", "calendar_guest", "calendar_attachment", "integration", "chat_import", "chat_export", "calendar", "address_book",
)
"""Tables with an account_id whose rows stay: what others see of conversations and of the organisation’s history, and files, which are handed over.

Of calendars and address books those stay that others use; what was only theirs is erased (`_SOLE`).
"""

_SOLE = (("calendar", "calendar_share", "calendar_id", "event"), ("address_book", "address_book_share", "book_id", "contact"))
"""Tables of what is only theirs unless it is shared: the table, where its shares are, their column, and the kind of its search entries."""


class Farewell(Row):
    """An account whose owner wants it deleted. The row's id is the account's."""

    asked_at = BigInt(default=0)
    due_at = BigInt(default=0)
    done_at = BigInt(null=True, default=None)

    @classmethod
    async def ask(cls, viewer: Viewer) -> None:
        """Delete the viewer's account in a week; they are signed out everywhere now. Raises `Refused` for a last legal representative."""
        alone = await only_legal_of(viewer.account_id)
        if alone:
            raise Refused(
                _("You are the only legal representative of %(organisations)s. Make somebody else one first, in the Manager under People.")
                % {"organisations": ", ".join(alone)}
            )
        account, now = await Account.get(viewer.account_id), clock.now()
        async with database.transaction():
            await database.execute(
                "INSERT INTO farewell (id, asked_at, due_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE"
                " SET asked_at = excluded.asked_at, due_at = excluded.due_at, done_at = NULL",
                account.id, now, now + GRACE,
            )
            await _record("account.delete", account, viewer)
            await account.sign_out_everywhere()

    @classmethod
    async def call_off(cls, account_id: int) -> bool:
        """Their owner is back: the account stays. Says whether it was about to go."""
        async with database.transaction():
            waiting = await database.execute("DELETE FROM farewell WHERE id = $1 AND done_at IS NULL RETURNING id", account_id)
            if waiting:
                await _record("account.keep", await Account.get(account_id))
        return bool(waiting)

    @classmethod
    async def due(cls) -> list[Self]:
        """Those whose week is over."""
        rows = await database.fetch("SELECT * FROM farewell WHERE done_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT 50", clock.now())
        return [cls.from_row(row) for row in rows]

    async def carry_out(self) -> bool:
        """Make the account nobody's. False where its owner has become a last legal representative meanwhile: then it waits another week."""
        if await only_legal_of(self.id):
            await self.change(due_at=clock.now() + GRACE)
            return False
        account = await Account.get(self.id)
        async with database.transaction():
            await _leave_organisations(account)
            await _forget(account)
            await self.change(done_at=clock.now())
        live.cut_account(account.id)
        Viewer.forget()
        return True


async def only_legal_of(account_id: int) -> list[str]:
    """Names of the organisations that would have no legal representative without this account."""
    rows = await database.fetch(
        "SELECT o.name FROM membership m JOIN organisation o ON o.id = m.org_id WHERE m.account_id = $1 AND m.role = $2 AND m.ended_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM membership n JOIN account a ON a.id = n.account_id WHERE n.org_id = m.org_id AND n.role = $2"
        " AND n.ended_at IS NULL AND n.account_id <> $1 AND a.disabled_at IS NULL) ORDER BY o.name",
        account_id, LEGAL,
    )
    return [row["name"] for row in rows]


async def _leave_organisations(account: Account) -> None:
    """End each membership; apps hand over what they must."""
    for row in await database.fetch("SELECT * FROM membership WHERE account_id = $1 AND ended_at IS NULL ORDER BY id", account.id):
        membership = Membership.from_row(row)
        await hand_over_all(await as_viewer(account, membership), membership, None)
        await membership.change(ended_at=clock.now(), title="")
        await audit.record("account.deleted", "", org_id=membership.org_id, concerns=account.id)


async def _forget(account: Account) -> None:
    for table, shares, column, kind in _SOLE:
        only_theirs = f"SELECT t.id FROM {table} t WHERE t.account_id = $1 AND NOT EXISTS (SELECT 1 FROM {shares} s WHERE s.{column} = t.id)"
        await database.execute(f"DELETE FROM search_entry WHERE kind = '{kind}' AND scope IN ({only_theirs})", account.id)
        await database.execute(f"DELETE FROM {table} WHERE id IN ({only_theirs})", account.id)
    for table in FORGOTTEN:
        await database.execute(f"DELETE FROM {table} WHERE account_id = $1", account.id)
    await database.execute("DELETE FROM availability WHERE id = $1", account.id)
    await database.execute("DELETE FROM calendar_preferences WHERE id = $1", account.id)
    await database.execute("DELETE FROM drive_preferences WHERE id = $1", account.id)
    with speaking(account.locale, account.timezone):
        name = _("Former member")
    await account.change(
        email=f"{account.id}@deleted.invalid", given_name=name, family_name="", phone="", pronouns="", avatar="", password_hash=None,
        disabled_at=clock.now(),
    )
    await index_person(account.id)
    await account._tell_people()


async def as_viewer(account: Account, membership: Membership) -> Viewer:
    """The person as the one who acts, without a session."""
    org_name = await database.fetch_value("SELECT name FROM organisation WHERE id = $1", membership.org_id)
    return Viewer(
        session_id=0, account_id=account.id, membership_id=membership.id, org_id=membership.org_id, org_name=org_name, role=membership.role,
        email=account.email, given_name=account.given_name, family_name=account.family_name, avatar=account.avatar, locale=account.locale,
        timezone=account.timezone, week_start=account.week_start, theme=account.theme, rights=frozenset(), organisations=(), expires_at=0, seen_at=0,
    )


async def _record(kind: str, account: Account, viewer: Viewer | None = None) -> None:
    """In the log of each organisation that they belong to."""
    for row in await database.fetch("SELECT org_id FROM membership WHERE account_id = $1 AND ended_at IS NULL", account.id):
        here = viewer if viewer is not None and viewer.org_id == row["org_id"] else None
        await audit.record(kind, account.name, viewer=here, org_id=row["org_id"], concerns=account.id)
