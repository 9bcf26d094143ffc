"""The guests: who they are, where, until when, invited by whom; inviting, prolonging, moving and removing them."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.access import require, require_admin
from app.lib import address_lists, clock
from app.lib.forms import ChoiceField, Field, FieldError, Form, ManyField, NumberField, TextField
from app.lib.i18n import OFFERED, _, language, ngettext
from app.lib.timezones import end_of_day, last_day
from app.mail import link_base
from app.models.base import NotFound, Refused
from app.models.invitation import guests, pending
from app.models.invitation.inviting import ADDED, FULL, INVITED, PENDING, Outcome, invite_guests
from app.models.invitation.offer import Offer, channels_for
from app.models.invitation.places import Places
from app.models.organisation import Organisation
from app.models.viewer import Viewer
from app.render import fragment, page
from app.routes.manager import dialog, done, wants

ANY_ID = 2**53
MOST_NOTE = 1000


class DayField(Field):
    """A day, as `<input type=date>` sends it."""

    def read(self, text: str) -> date:
        try:
            return date.fromisoformat(text.strip())
        except ValueError:
            raise FieldError(_("This isn’t a date.")) from None


class NewGuests(Form):
    """Whom to bring in, where, and until when."""

    people = TextField(most=20_000)
    channels = ManyField(NumberField(1, ANY_ID), required=True)
    until = DayField(required=False)
    note = TextField(most=MOST_NOTE, required=False)
    language = ChoiceField(OFFERED, default="en", required=False)


class NewEnd(Form):
    """Until when; empty for no end."""

    until = DayField(required=False)


class NewChannels(Form):
    """Where somebody may be."""

    channels = ManyField(NumberField(1, ANY_ID))


@get("/manager/guests", include_in_schema=False)
async def list_guests(request: Request, q: FromQuery[str] = "") -> Response[bytes]:
    """The page: the guests, and those who are invited."""
    viewer = _host(request)
    context = await listed(viewer, q)
    if wants(request, "guests"):
        return fragment(request, "manager/_guests.html", **context)
    return await page(request, "manager/guests.html", **context)


@get("/manager/guests/new", include_in_schema=False)
async def new_guests(request: Request) -> Response[bytes]:
    """The form."""
    viewer = _host(request)
    return await _form(request, viewer, NewGuests(channels=[], language=language()))


@post("/manager/guests", status_code=200, include_in_schema=False)
async def create_guests(request: Request) -> Response[bytes]:
    """Invite them."""
    viewer = _host(request)
    form = NewGuests(await request.form())
    try:
        if form.is_valid:
            return said(request, "/manager/guests", *await invite_by(request, form))
    except NotFound:
        raise
    except Refused as error:
        form.refuse("people", str(error))
    return await _form(request, viewer, form, 422)


@get("/manager/guests/{account_id:int}/end", include_in_schema=False)
async def edit_end(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """The form for a guest's last day."""
    viewer = _host(request)
    guest = await guests.find_guest(viewer, account_id)
    return await _end_form(request, viewer, guest, NewEnd(until=await day_of(viewer, guest["ends_at"])))


@post("/manager/guests/{account_id:int}/end", status_code=200, include_in_schema=False)
async def update_end(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """Let a guest stay until then."""
    viewer = _host(request)
    form = NewEnd(await request.form())
    guest = await guests.find_guest(viewer, account_id)
    try:
        if form.is_valid:
            command = await guests.set_end(viewer, account_id, await end_of(viewer, form["until"]))
            return done(request, "/manager/guests", _("Saved."), command, guests=True, **{"dialog:close": True})
    except NotFound:
        raise
    except Refused as error:
        form.refuse("until", str(error))
    return await _end_form(request, viewer, guest, form, 422)


@get("/manager/guests/{account_id:int}/channels", include_in_schema=False)
async def edit_channels(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """The form for a guest's channels."""
    viewer = _host(request)
    guest = await guests.find_guest(viewer, account_id)
    return await dialog(
        request, "manager/_guest_channels.html", _("Channels"), guest=guest, channels=await channels_for(viewer, guests=True),
        chosen=[channel["id"] for channel in guest["channels"]],
    )


@post("/manager/guests/{account_id:int}/channels", status_code=200, include_in_schema=False)
async def update_channels(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """Put a guest into these channels."""
    viewer = _host(request)
    form = NewChannels(await request.form())
    if not form.is_valid:
        raise Refused(form.errors["channels"])
    command = await guests.set_channels(viewer, account_id, form["channels"])
    return done(request, "/manager/guests", _("The channels were changed."), command, guests=True, **{"dialog:close": True})


@delete("/manager/guests/{account_id:int}", status_code=200, include_in_schema=False)
async def delete_guest(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """Take a guest out."""
    command = await guests.remove_guest(_host(request), account_id)
    return done(request, "/manager/guests", _("%(name)s was removed.") % {"name": command.what}, command, guests=True)


@post("/manager/guests/{account_id:int}/promotion", status_code=200, include_in_schema=False)
async def create_promotion(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """Make a guest a member."""
    command = await guests.promote(require_admin(request.state.viewer), account_id)
    return done(request, "/manager/guests", _("%(name)s is a member now.") % {"name": command.what}, command, guests=True)


@delete("/manager/guests/{account_id:int}/promotion", status_code=200, include_in_schema=False)
async def delete_promotion(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """Make a member a guest."""
    command = await guests.demote(require_admin(request.state.viewer), account_id)
    return done(request, "/manager/people", _("%(name)s is a guest now.") % {"name": command.what}, command, people=True, guests=True)


async def listed(viewer: Viewer, q: str) -> dict[str, Any]:
    """What the page shows."""
    return {
        "people": await guests.list_guests(viewer.org_id, q), "rows": await pending.pending(viewer.org_id, guests=True, typed=q, most=500),
        "places": await Places.of(viewer.org_id), "q": q, "has_more": False,
    }


async def invite_by(request: Request, form: Any) -> tuple[Any, list[Outcome]]:
    """Invite the people of a form that has people, channels, until, note and language. Raises `Refused`."""
    viewer: Viewer = request.state.viewer
    read = address_lists.read(form["people"])
    if read.bad:
        raise Refused(_("“%(text)s”: %(why)s") % {"text": read.bad[0].text, "why": read.bad[0].why})
    if not read.lines:
        raise Refused(_("Please write at least one email address."))
    ends_at = await end_of(viewer, form["until"])
    if ends_at is not None and ends_at <= clock.now():
        raise Refused(_("The last day is over already."))
    offer = Offer(channels=tuple(form["channels"]), note=form["note"], locale=form["language"], ends_at=ends_at)
    base = link_base(request.app.state.settings, request.state.origin)
    return await invite_guests(viewer, read.lines, offer, base, request.state.idempotency_key or None)


def said(request: Request, url: str, command: Any, outcomes: list[Outcome]) -> Response[bytes]:
    """What came of it, in words."""
    def count(kind: str) -> int:
        return sum(outcome.kind == kind for outcome in outcomes)

    invited, added, before, full = count(INVITED), count(ADDED), count(PENDING), count(FULL)
    sentences = [
        (invited, ngettext("%(num)s guest is invited.", "%(num)s guests are invited.", invited)),
        (added, ngettext("%(num)s person is here already and was added.", "%(num)s people are here already and were added.", added)),
        (before, ngettext("%(num)s was invited before; the channels were added.", "%(num)s were invited before; the channels were added.", before)),
        (full, ngettext("For %(num)s person there is no place in the plan.", "For %(num)s people there is no place in the plan.", full)),
    ]
    words = " ".join(sentence % {"num": number} for number, sentence in sentences if number)
    return done(request, url, words or _("Done."), command, guests=True, members=True, **{"dialog:close": True})


async def end_of(viewer: Viewer, day: date | None) -> int | None:
    """The end of a guest's last day on the clock of the organisation, as an instant."""
    return None if day is None else end_of_day(day, (await Organisation.get(viewer.org_id)).timezone)


async def day_of(viewer: Viewer, ends_at: int | None) -> str:
    """The last day before an instant on the clock of the organisation, as a date field wants it."""
    return "" if ends_at is None else last_day(ends_at, (await Organisation.get(viewer.org_id)).timezone).isoformat()


def _host(request: Request) -> Viewer:
    viewer: Viewer = request.state.viewer
    require(viewer, "chat.manage")
    if viewer.is_external:
        raise NotFound("guests")
    return viewer


async def _form(request: Request, viewer: Viewer, form: NewGuests, status: int = 200) -> Response[bytes]:
    return await dialog(
        request, "manager/_guest_form.html", _("Invite guests"), status, form=form, channels=await channels_for(viewer, guests=True),
        plan=await Places.of(viewer.org_id), today=await day_of(viewer, clock.now()), most_note=MOST_NOTE,
    )


async def _end_form(request: Request, viewer: Viewer, guest: dict[str, Any], form: NewEnd, status: int = 200) -> Response[bytes]:
    return await dialog(request, "manager/_guest_end.html", _("Last day"), status, guest=guest, form=form, today=await day_of(viewer, clock.now()))


handlers = [
    list_guests, new_guests, create_guests, edit_end, update_end, edit_channels, update_channels, delete_guest, create_promotion, delete_promotion,
]
