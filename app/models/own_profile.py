"""What a person says about themselves, changed by themselves."""

from __future__ import annotations

from app import database
from app.models import audit
from app.models.account import Account, Profile
from app.models.organisation import Membership
from app.models.search_people import index_person
from app.models.viewer import Viewer


async def introduce_self(viewer: Viewer, profile: Profile, title: str) -> None:
    """Take on a name, a phone number, pronouns, and a title in this organisation. A new name is noted in the audit log."""
    account = await Account.get(viewer.account_id)
    before = account.name
    async with database.transaction():
        await account.introduce(profile)
        await (await Membership.get(viewer.membership_id)).change(title=title)
        await index_person(account.id)
        if account.name != before:
            await audit.record("account.name", account.name, viewer=viewer, concerns=account.id, before=before, after=account.name)
