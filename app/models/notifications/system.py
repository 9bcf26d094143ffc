"""What administrators are told of the server itself."""

from __future__ import annotations

from app import database
from app.lib import clock
from app.models.notifications.notifying import notices_withdrawn, notify

JOBS, MAIL = "system:jobs", "system:mail"
_REMIND_AFTER = 30 * clock.DAY


async def watch(*, mail_is_configured: bool) -> None:
    """Tell administrators of jobs that were given up in their organisation, once each, and that mail isn't configured, once a month."""
    for row in await database.fetch("SELECT id FROM organisation"):
        async with database.transaction():
            await _tell_of_jobs(row["id"])
            await _tell_of_mail(row["id"], mail_is_configured)


async def _tell_of_jobs(org_id: int) -> None:
    for job in await database.fetch(
        "SELECT id, kind, error FROM job WHERE dead_at IS NOT NULL AND org_id = $1 AND NOT EXISTS"
        " (SELECT 1 FROM notification n WHERE n.org_id = $1 AND n.kind = 'system.jobs' AND n.subject = 'job:' || CAST(job.id AS TEXT))"
        " ORDER BY id LIMIT 20",
        org_id,
    ):
        error = job["error"].splitlines()[0][:200] if job["error"] else ""
        await notify(
            "system.jobs", await _administrators(org_id), org_id, facts={"kind": job["kind"], "error": error}, url="/manager/system",
            source=JOBS, group=f"job:{job['id']}",
        )


async def _tell_of_mail(org_id: int, is_configured: bool) -> None:
    if is_configured:
        return await notices_withdrawn(org_id, MAIL)
    told_at = await database.fetch_value("SELECT MAX(created_at) FROM notification WHERE org_id = $1 AND kind = 'system.mail'", org_id)
    if (told_at or 0) < clock.now() - _REMIND_AFTER:
        await notify("system.mail", await _administrators(org_id), org_id, url="/manager/system", source=MAIL, group=MAIL)
    return None


async def _administrators(org_id: int) -> list[int]:
    rows = await database.fetch("SELECT account_id FROM membership WHERE org_id = $1 AND ended_at IS NULL AND role IN ('legal', 'admin')", org_id)
    return [row["account_id"] for row in rows]
