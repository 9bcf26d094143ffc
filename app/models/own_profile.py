"""What a person says about themselves, changed by themselves."""

from __future__ import annotations

from typing import Any

import msgspec

from app import database
from app.lib.i18n import _
from app.models import audit
from app.models.account import Account, Profile
from app.models.base import Refused
from app.models.command import Command, undoes
from app.models.organisation import Membership
from app.models.search_people import index_person
from app.models.viewer import Viewer

Facts = dict[str, str]
"""Names, title, pronouns and phone, by their field."""

_FIELDS = ("given_name", "family_name", "title", "pronouns", "phone")


class ProfileChangedMeanwhile(Refused):
    """What somebody changed was changed elsewhere meanwhile. `theirs` has these fields as they are now, `base` is of all of them."""

    def __init__(self, theirs: Facts, base: str) -> None:
        super().__init__(_("Your profile was changed elsewhere meanwhile."))
        self.theirs = theirs
        self.base = base


async def own_facts(viewer: Viewer) -> Facts:
    """What somebody says about themselves in this organisation."""
    account, membership = await Account.get(viewer.account_id), await Membership.get(viewer.membership_id)
    return {field: membership.title if field == "title" else getattr(account, field) for field in _FIELDS}


def base_of(facts: Facts) -> str:
    """What a form was filled with, to be sent along with what it says then."""
    return msgspec.json.encode(facts, order="sorted").decode()


async def introduce_self(viewer: Viewer, wanted: Facts, base: str = "", key: str | None = None) -> Command:
    """Change what differs from `base`, and nothing else. Can be undone. A new name is noted in the audit log.

    Raises `ProfileChangedMeanwhile` where the same field says something else by now.
    """
    async with Command.once(viewer, "profile.change", key) as command:
        if command.repeated:
            return command
        await database.execute("UPDATE account SET email = email WHERE id = $1", viewer.account_id)  # others wait for their turn
        now = await own_facts(viewer)
        known = _read(base) or now
        changed = {field: wanted[field] for field in _FIELDS if wanted[field] != known.get(field, now[field])}
        theirs = {field: now[field] for field, value in changed.items() if now[field] not in (known.get(field, now[field]), value)}
        if theirs:
            raise ProfileChangedMeanwhile(theirs, base_of(now))
        await _write(viewer, now, changed)
        before = {field: now[field] for field, value in changed.items() if now[field] != value}
        if before:
            command.done(what=", ".join(value for field, value in changed.items() if field in before and value) or "–", url="/account",
                         inverse={"before": before, "after": {field: changed[field] for field in before}})
    return command


async def _write(viewer: Viewer, now: Facts, changed: Facts) -> None:
    facts = {**now, **changed}
    if facts == now:
        return
    account = await Account.get(viewer.account_id)
    before = account.name
    await account.introduce(Profile(facts["given_name"], facts["family_name"], facts["phone"], facts["pronouns"]))
    if facts["title"] != now["title"]:
        await (await Membership.get(viewer.membership_id)).change(title=facts["title"])
    await index_person(account.id)
    if account.name != before:
        await audit.record("account.name", account.name, viewer=viewer, concerns=account.id, before=before, after=account.name)


def _read(base: str) -> Facts:
    try:
        return msgspec.json.decode(base, type=dict[str, str]) if base else {}
    except msgspec.DecodeError:
        return {}


@undoes("profile.change")
async def _change_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    now = await own_facts(viewer)
    if any(now[field] != value for field, value in inverse["after"].items()):
        raise Refused(_("This can’t be undone any more."))
    await _write(viewer, now, inverse["before"])
