"""What an organisation is called and speaks, and how much of its plan it uses. The plan itself is changed on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app import live
from app.models import audit
from app.models.announcements import announce
from app.models.base import NotFound
from app.models.command import Command, undoes
from app.models.member.rights import own_role
from app.models.organisation import Organisation
from app.models.viewer import Viewer

MOST_NAME = 120


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be changed about an organisation. Newcomers begin with its language and time zone."""

    name: str
    locale: str
    timezone: str


async def settle(viewer: Viewer, wanted: Settings) -> Command:
    """Call it otherwise, or let newcomers begin with another language and zone. Can be undone."""
    if not viewer.is_admin:
        raise NotFound("administration")
    async with Command.once(viewer, "organisation.edit") as command:
        await own_role(viewer)
        organisation = await Organisation.get(viewer.org_id)
        before = {"name": organisation.name, "locale": organisation.locale, "timezone": organisation.timezone}
        await _write(organisation, wanted)
        await audit.record(
            "organisation.edit", wanted.name, viewer=viewer, before=before, after={"name": wanted.name, "locale": wanted.locale, "timezone": wanted.timezone}
        )
        command.done(what=wanted.name, url="/manager/organisation", inverse=before)
    return command


async def _write(organisation: Organisation, wanted: Settings) -> None:
    await organisation.change(name=wanted.name, locale=wanted.locale, timezone=wanted.timezone)
    live.broadcast_internal("hosts")  # the default brand is named after the only organisation
    Viewer.forget()
    announce("organisation.changed", organisation.id)


@undoes("organisation.edit")
async def _settle_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await own_role(viewer)
    organisation = await Organisation.get(viewer.org_id)
    await _write(organisation, Settings(**inverse))
    await audit.record("organisation.edit", organisation.name, viewer=viewer, after=inverse)
