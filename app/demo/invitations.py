"""Who is invited to Alpina and hasn't answered, which channels newcomers join, and until when its guest stays."""

from __future__ import annotations

from app import database
from app.demo.calendar import Calendar
from app.lib import clock
from app.lib.ids import new_id
from app.models.account import Account
from app.models.invitation.tables import Invitation
from app.models.job import Job
from app.models.organisation import EXTERNAL, PRODUCTS, USE, Organisation

GUEST_STAYS = 75 * clock.DAY
OPEN_FOR = 12 * clock.DAY
RIGHTS = " ".join(f"{product}.{USE}" for product in PRODUCTS)
NOTE = "We look forward to having you with us from January. Your desk is by the window."


async def fill(alpina: Organisation, cast: dict[str, Account], days: Calendar, origin: str) -> None:
    """Invite a colleague and a photographer, and give Mira of the agency a last day."""
    await database.execute(
        "UPDATE channel SET default_since = $1 WHERE org_id = $2 AND name = 'announcements'", days.at(44, 9, 0), alpina.id
    )
    await database.execute(
        "UPDATE membership SET ends_at = $1, invited_by = $2 WHERE org_id = $3 AND account_id = $4",
        clock.now() + GUEST_STAYS, cast["elin"].id, alpina.id, cast["mira"].id,
    )
    colleague = await _invite(
        alpina, cast["katja"], days.at(1, 10, 20), email="noemi.frei@mail.example", given_name="Noemi", family_name="Frei", rights=RIGHTS, note=NOTE
    )
    photographer = await _invite(
        alpina, cast["anna"], days.ago(130), email="oskar@lindqvist.example", given_name="Oskar", family_name="Lindqvist", role=EXTERNAL, rights="chat.use",
        ends_at=clock.now() + GUEST_STAYS,
    )
    await database.execute(
        "INSERT INTO invitation_channel (id, invitation_id, channel_id) SELECT $1, $2, id FROM channel WHERE org_id = $3 AND name = 'agency-nord'",
        new_id(), photographer.id, alpina.id,
    )
    for invitation in (colleague, photographer):  # written by the server that starts: into the outbox folder, where no mail server is set
        await Job.enqueue("mail_invitation", invitation_id=invitation.id, origin=origin)


async def _invite(alpina: Organisation, by: Account, at: int, **about: str | int) -> Invitation:
    return await Invitation.insert_new(
        org_id=alpina.id, invited_by=by.id, created_at=at, expires_at=clock.now() + OPEN_FOR, **about
    )
