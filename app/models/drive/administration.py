"""What those who manage Drive decide and see: the rules, the organisation's drives, and who uses how much."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from app import database
from app.lib.i18n import _
from app.lib.names import full_name
from app.models import audit
from app.models.base import Refused
from app.models.command import Command, undoes
from app.models.drive.rules import put_rules, rules_of
from app.models.organisation import Organisation
from app.models.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Rules:
    """All of them. `per_person` is in bytes; None for no limit."""

    per_person: int | None
    trash_days: int
    version_days: int
    versions_kept: int
    link_makers: str
    link_days: int | None
    drive_makers: str
    recordings_id: int | None


async def decide(viewer: Viewer, wanted: Rules) -> Command:
    """Decide anew. Raises `Refused` for who doesn't manage Drive, or for a folder of another organisation."""
    if not viewer.can_manage("drive") or viewer.is_external:
        raise Refused(_("Only who manages Drive decides this."))
    if wanted.recordings_id is not None and not await database.fetch_value(
        "SELECT n.id FROM node n JOIN drive d ON d.id = n.drive_id WHERE n.id = $1 AND n.org_id = $2 AND n.is_file = 0 AND d.kind = 'shared'",
        wanted.recordings_id, viewer.org_id,
    ):
        raise Refused(_("Recordings go to a drive of the organisation."))
    async with Command.once(viewer, "drive.rules") as command:
        before = await _now(viewer.org_id)
        await _put(viewer.org_id, wanted)
        changed = [name for name, value in asdict(wanted).items() if value != asdict(before)[name]]
        await audit.record("drive.rules", "", viewer=viewer, what=", ".join(changed))
        command.done(what=_("Rules of Drive"), url="/manager/drive", inverse=asdict(before))
    return command


async def drives_in(org_id: int) -> list[dict[str, Any]]:
    """The organisation's drives by name, with `files` and `size`."""
    return await database.fetch(
        "SELECT d.id, d.name, d.root_id, COUNT(n.id) AS files, COALESCE(SUM(n.size), 0) AS size FROM drive d"
        " LEFT JOIN node n ON n.drive_id = d.id AND n.is_file = 1 WHERE d.org_id = $1 AND d.kind = 'shared' AND d.archived_at IS NULL"
        " GROUP BY d.id, d.name, d.root_id ORDER BY d.name", org_id,
    )


async def largest_users(org_id: int, most: int = 10) -> list[dict[str, Any]]:
    """Who uses most: id, name, avatar, used."""
    rows = await database.fetch(
        "SELECT a.id, a.given_name, a.family_name, a.avatar, s.used FROM storage_use s JOIN account a ON a.id = s.account_id"
        " WHERE s.org_id = $1 AND s.used > 0 ORDER BY s.used DESC LIMIT $2", org_id, most,
    )
    return [{**row, "name": full_name(row)} for row in rows]


async def recordings_folder(org_id: int) -> int | None:
    """The folder that recorded meetings go to (DRV-13); None where none was chosen."""
    return (await rules_of(org_id)).recordings_id


async def _now(org_id: int) -> Rules:
    rules, organisation = await rules_of(org_id), await Organisation.get(org_id)
    return Rules(
        organisation.storage_per_person, rules.trash_days, rules.version_days, rules.versions_kept, rules.link_makers, rules.link_days, rules.drive_makers,
        rules.recordings_id,
    )


async def _put(org_id: int, wanted: Rules) -> None:
    values = asdict(wanted)
    await (await Organisation.get(org_id)).change(storage_per_person=values.pop("per_person"))
    await put_rules(org_id, **values)


@undoes("drive.rules")
async def _back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    if not viewer.can_manage("drive"):
        raise Refused(_("Only who manages Drive decides this."))
    await _put(viewer.org_id, Rules(**inverse))
