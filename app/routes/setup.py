"""The first run. Reachable only while there is no organisation."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.response import Response

from app.hosts import Hosts
from app.lib.forms import ChoiceField, EmailField, Form, TextField, TimezoneField
from app.lib.i18n import OFFERED, language, speak
from app.lib.passwords import LEAST, MOST, weakness
from app.lib.timezones import offered_timezones
from app.models.setup import AlreadySetUp, Founder, is_set_up, set_up
from app.render import page, redirect
from app.routes.entrance import enter
from app.routes.guard import OPEN


class Setup(Form):
    """An organisation and the person who answers for it."""

    organisation = TextField(most=120)
    given_name = TextField(most=80)
    family_name = TextField(most=80)
    email = EmailField()
    password = TextField(least=LEAST, most=MOST, strip=False)
    timezone = TimezoneField()
    language = ChoiceField(OFFERED)

    def check(self) -> None:
        personal = (self["organisation"], self["given_name"], self["family_name"], self["email"])
        if why := weakness(self["password"], personal):
            self.refuse("password", why)


@get("/setup", opt=OPEN, include_in_schema=False)
async def show_setup(request: Request) -> Response[bytes]:
    """The form."""
    if await is_set_up():
        return redirect(request, "/", full=True)
    return await _show(request, Setup(language=language(), timezone="UTC"))


@post("/setup", opt=OPEN, status_code=200, include_in_schema=False)
async def create_organisation(request: Request) -> Response[bytes]:
    """Set up, sign in, and go home."""
    if await is_set_up():
        return redirect(request, "/sign-in", full=True)
    form = Setup(await request.form())
    if form.raw.get("language") in OFFERED:
        speak(form.raw["language"])
    if not form.is_valid:
        return await _show(request, form, 422)
    founder = Founder(form["email"], form["given_name"], form["family_name"], form["password"])
    try:
        account = await set_up(form["organisation"], founder, form["language"], form["timezone"])
    except AlreadySetUp:
        return redirect(request, "/sign-in", full=True)
    Hosts.changed()
    return await enter(request, account, "/")


async def _show(request: Request, form: Setup, status: int = 200) -> Response[bytes]:
    return await page(request, "setup/index.html", status=status, form=form, timezones=offered_timezones())


handlers = [show_setup, create_organisation]
