"""Language, time zone and first day of the week (HOME-11)."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.response import Response

from app.lib.forms import ChoiceField, Form, TimezoneField
from app.lib.i18n import OFFERED, _
from app.lib.timezones import offered_timezones
from app.routes.account import done, own_account, show

WEEK_STARTS = ("", "0", "5", "6")


class Language(Form):
    """How dates and words are written."""

    locale = ChoiceField(OFFERED)
    timezone = TimezoneField()
    week_start = ChoiceField(WEEK_STARTS, required=False)


@get("/account/language", include_in_schema=False)
async def show_language(request: Request) -> Response[bytes]:
    """The form."""
    account = await own_account(request)
    week = "" if account.week_start is None else str(account.week_start)
    return await _show(request, Language(locale=account.locale, timezone=account.timezone, week_start=week))


@post("/account/language", status_code=200, include_in_schema=False)
async def update_language(request: Request) -> Response[bytes]:
    """Save; the whole page comes anew in the chosen language."""
    form = Language(await request.form())
    if not form.is_valid:
        return await _show(request, form, 422)
    week = int(form["week_start"]) if form["week_start"] else None
    await (await own_account(request)).prefer(locale=form["locale"], timezone=form["timezone"], week_start=week)
    return done(request, "/account/language", _("Saved."), full=True)


async def _show(request: Request, form: Language, status: int = 200) -> Response[bytes]:
    offered = offered_timezones()
    current = form.raw.get("timezone", "")
    return await show(request, "language", status, form=form, timezones=offered if current in offered else (current, *offered))


handlers = [show_language, update_language]
