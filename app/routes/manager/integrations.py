"""Manager › Chat › Integrations: webhooks, commands and bots, their tokens and their logs."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.access import require
from app.lib.forms import ChoiceField, Form, ManyField, NumberField, TextField
from app.lib.i18n import _
from app.lib.safe_http import NotAllowed
from app.models.base import NotFound, Refused
from app.models.chat.integrations import incoming, outgoing
from app.models.chat.integrations.integration import (
    BOT_ACCOUNT,
    COMMAND,
    INCOMING,
    KINDS,
    OUTGOING,
    SCOPES,
    change,
    deliveries,
    find,
    make,
    of,
    remove,
    renew,
    switch,
)
from app.models.chat.integrations.tables import Integration
from app.models.chat.places import public_channels
from app.models.viewer import Viewer
from app.render import fragment, page, redirect, toast
from app.routes.manager import dialog, done

HERE = "/manager/chat/integrations"


class Details(Form):
    """What all of them have, and what only some do."""

    name = TextField(most=60)
    description = TextField(most=300, required=False)
    channel_id = NumberField(0, 2**53, required=False, default=0)
    word = TextField(most=40, required=False)
    url = TextField(most=2000, required=False)
    scopes = ManyField(ChoiceField(SCOPES))

    def facts(self, kind: str) -> dict[str, Any]:
        """The columns of a kind. Says at the fields what is missing."""
        word = self["word"].strip().lstrip("/").lower()
        if kind == COMMAND and not (word and word.replace("-", "").replace("_", "").isalnum() and word.isascii()):
            self.refuse("word", _("A command is one word of small letters and digits."))
        if kind == INCOMING and not self["channel_id"]:
            self.refuse("channel_id", _("Please choose one of the offered values."))
        if kind in (OUTGOING, COMMAND) and not self["url"]:
            self.refuse("url", _("Please fill this in."))
        if kind == BOT_ACCOUNT and not self["scopes"]:
            self.refuse("scopes", _("Please choose at least one."))
        found: dict[str, Any] = {"description": self["description"]}
        if kind in (INCOMING, OUTGOING, BOT_ACCOUNT):
            found["channel_id"] = self["channel_id"] or None
        if kind in (OUTGOING, COMMAND):
            found |= {"word": word if kind == COMMAND else self["word"].strip(), "url": self["url"]}
        return found | ({"scopes": " ".join(self["scopes"])} if kind == BOT_ACCOUNT else {})


@get(HERE, include_in_schema=False)
async def list_integrations(request: Request) -> Response[bytes]:
    """All of them."""
    viewer = _manager(request)
    return await page(request, "manager/integrations.html", integrations=await of(viewer), names=kind_names())


@get(f"{HERE}/new", include_in_schema=False)
async def new_integration(request: Request, kind: FromQuery[str] = INCOMING) -> Response[bytes]:
    """The form of a kind."""
    viewer = _manager(request)
    if kind not in KINDS:
        raise NotFound(kind)
    return await _form(request, viewer, kind, Details(scopes=["read", "write"]))


@post(HERE, status_code=200, include_in_schema=False)
async def create_integration(request: Request, kind: FromQuery[str] = INCOMING) -> Response[bytes]:
    """Make it, and show its token or secret, once."""
    viewer = _manager(request)
    if kind not in KINDS:
        raise NotFound(kind)
    form = Details(await request.form())
    made = await _try(form, lambda facts: make(viewer, kind, form["name"], **facts), kind, viewer)
    if made is None:
        return await _form(request, viewer, kind, form, status=422)
    return await _shown_once(request, made[0], made[1])


@get(f"{HERE}/{{integration_id:int}}", include_in_schema=False)
async def show_integration(request: Request, integration_id: FromPath[int]) -> Response[bytes]:
    """One of them, with its log."""
    one = await find(_manager(request), integration_id)
    return await page(request, "manager/integration.html", **await _details(request, one))


@get(f"{HERE}/{{integration_id:int}}/log", include_in_schema=False)
async def list_deliveries(request: Request, integration_id: FromPath[int]) -> Response[bytes]:
    """Its calls, anew."""
    one = await find(_manager(request), integration_id)
    return fragment(request, "manager/_deliveries.html", deliveries=await deliveries(one), one=one)


@get(f"{HERE}/{{integration_id:int}}/edit", include_in_schema=False)
async def edit_integration(request: Request, integration_id: FromPath[int]) -> Response[bytes]:
    """Its form."""
    viewer = _manager(request)
    one = await find(viewer, integration_id)
    raw = {name: getattr(one, name) for name in ("name", "description", "channel_id", "word", "url")}
    return await _form(request, viewer, one.kind, Details(**raw, scopes=one.scopes.split()), one)


@post(f"{HERE}/{{integration_id:int}}", status_code=200, include_in_schema=False)
async def update_integration(request: Request, integration_id: FromPath[int]) -> Response[bytes]:
    """Change it."""
    viewer = _manager(request)
    one = await find(viewer, integration_id)
    form = Details(await request.form())
    async def edit(facts: dict[str, Any]) -> bool:
        await change(viewer, one, form["name"], **facts)
        return True

    if not await _try(form, edit, one.kind, viewer):
        return await _form(request, viewer, one.kind, form, one, status=422)
    return redirect(request, f"{HERE}/{one.id}")


@post(f"{HERE}/{{integration_id:int}}/pause", status_code=200, include_in_schema=False)
async def create_pause(request: Request, integration_id: FromPath[int]) -> Response[bytes]:
    """Let it not work for now."""
    return await _switched(request, integration_id, False, _("It is switched off."))


@delete(f"{HERE}/{{integration_id:int}}/pause", status_code=200, include_in_schema=False)
async def delete_pause(request: Request, integration_id: FromPath[int]) -> Response[bytes]:
    """Let it work again."""
    return await _switched(request, integration_id, True, _("It works again."))


@post(f"{HERE}/{{integration_id:int}}/token", status_code=200, include_in_schema=False)
async def create_token(request: Request, integration_id: FromPath[int]) -> Response[bytes]:
    """A new token or secret, shown once."""
    viewer = _manager(request)
    one = await find(viewer, integration_id)
    return await _shown_once(request, one, await renew(viewer, one))


@post(f"{HERE}/{{integration_id:int}}/test", status_code=200, include_in_schema=False)
async def create_test(request: Request, integration_id: FromPath[int]) -> Response[bytes]:
    """Send something through it now."""
    one = await find(_manager(request), integration_id)
    return done(request, f"{HERE}/{one.id}", await _test(one), deliveries=True)


@delete(f"{HERE}/{{integration_id:int}}", status_code=200, include_in_schema=False)
async def delete_integration(request: Request, integration_id: FromPath[int]) -> Response[bytes]:
    """Take it away for good."""
    viewer = _manager(request)
    await remove(viewer, await find(viewer, integration_id))
    answer = redirect(request, HERE)
    answer.headers.update(toast(_("It is gone. What it wrote stays.")))
    return answer


def kind_names() -> dict[str, tuple[str, str, str]]:
    """Title, explanation and icon of each kind."""
    return {
        INCOMING: (_("Incoming webhook"), _("A program writes into a channel: alerts, builds, orders. Takes what Slack’s take."), "download"),
        OUTGOING: (_("Outgoing webhook"), _("A program hears what is said in a channel, or after a word, and may answer."), "upload"),
        COMMAND: (_("Command"), _("Somebody types /word, a program answers."), "code"),
        BOT_ACCOUNT: (_("Bot"), _("A program of its own, with the HTTP API."), "bot"),
    }


async def _try(form: Details, work: Any, kind: str, viewer: Viewer) -> Any:
    """What came of it, or None with the reason in the form."""
    facts = form.facts(kind) if form.is_valid else {}
    if form.is_valid and facts.get("channel_id") and facts["channel_id"] not in {row["id"] for row in await _channels(viewer)}:
        form.refuse("channel_id", _("Please choose one of the offered values."))
    if not form.is_valid:
        return None
    try:
        return await work(facts)
    except Refused as refused:
        at_url = kind in (COMMAND, OUTGOING) and "https" in str(refused)
        form.refuse("url" if at_url else "word" if kind in (COMMAND, OUTGOING) else "name", str(refused))
        return None


async def _test(one: Integration) -> str:
    if one.kind == INCOMING:
        await incoming.deliver(one, incoming.test_payload())
        return _("A test message stands in the channel.")
    if one.kind == BOT_ACCOUNT:
        return _("A bot is tested with its token: see the API’s page.")
    try:
        status = await outgoing.send(one, outgoing.test_of(one), one.channel_id or 0)
    except (outgoing.Unheard, NotAllowed) as error:
        return _("It couldn’t be reached: %(why)s") % {"why": str(error)[:200]}
    return _("It answered %(status)s.") % {"status": status} if status else _("This address can’t be called: it must begin with https:// and be public.")


async def _switched(request: Request, integration_id: int, on: bool, said: str) -> Response[bytes]:
    viewer = _manager(request)
    command = await switch(viewer, await find(viewer, integration_id), on)
    answer = redirect(request, f"{HERE}/{integration_id}")
    answer.headers.update(toast(said, undo=command.id))
    return answer


async def _shown_once(request: Request, one: Integration, text: str) -> Response[bytes]:
    base = request.app.state.settings.base_url.rstrip("/") or request.state.origin
    shown = f"{base}/hooks/{text}" if one.kind == INCOMING else text
    return await dialog(request, "manager/_integration_token.html", one.name, one=one, shown=shown, base=base)


async def _details(request: Request, one: Integration) -> dict[str, Any]:
    rows = {row["id"]: row for row in await of(_manager(request))}
    return {"one": one, "row": rows[one.id], "deliveries": await deliveries(one), "names": kind_names()}


async def _channels(viewer: Viewer) -> list[dict[str, Any]]:
    return await public_channels(viewer, most=1000)


async def _form(request: Request, viewer: Viewer, kind: str, form: Details, one: Integration | None = None, status: int = 200) -> Response[bytes]:
    return await dialog(
        request, "manager/_integration_form.html", kind_names()[kind][0], status=status, kind=kind, names=kind_names(), form=form, one=one,
        options=[(row["id"], f"#{row['name']}") for row in await _channels(viewer)], scopes=scope_names(),
    )


def scope_names() -> dict[str, tuple[str, str]]:
    """What each scope of a bot’s token allows."""
    return {
        "read": (_("Read"), _("Messages of the channels that it is in")), "write": (_("Write"), _("Post, change and delete its own messages")),
        "react": (_("React"), _("Put emoji on messages")), "channels": (_("Channels"), _("Start, join and describe channels")),
        "members": (_("Members"), _("See who is in a channel, and add people")),
    }


def _manager(request: Request) -> Viewer:
    viewer: Viewer = request.state.viewer
    require(viewer, "chat.manage")
    if viewer.is_external:
        raise NotFound("chat")
    return viewer


handlers = [
    list_integrations, new_integration, create_integration, show_integration, list_deliveries, edit_integration, update_integration, create_pause,
    delete_pause, create_token, create_test, delete_integration,
]
