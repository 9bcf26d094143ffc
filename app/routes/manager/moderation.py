"""Manager › Moderation: reported messages, words that aren't said, how long messages are kept, legal holds."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath
from litestar.response import Response

from app.access import require
from app.lib.forms import ChoiceField, Form, NumberField, TextField
from app.lib.i18n import _
from app.models.base import NotFound, Refused
from app.models.chat import administration
from app.models.chat.moderation import reports, retention, words
from app.models.chat.moderation.reports import OUTCOMES
from app.models.chat.moderation.words import ACTIONS
from app.models.chat.rules import ChatRules
from app.models.viewer import Viewer
from app.render import fragment, is_htmx, page, redirect, toast
from app.routes.chat.reports import reason_words

HERE = "/manager/chat/moderation"


class Words(Form):
    """Words to forbid."""

    words = TextField(most=20_000)
    action = ChoiceField(ACTIONS)


class Decision(Form):
    """What becomes of a reported message."""

    outcome = ChoiceField(OUTCOMES)


class Retention(Form):
    """Days; empty for ever."""

    days = NumberField(retention.SHORTEST, retention.LONGEST, required=False)


class Hold(Form):
    """Why everything is kept, and where."""

    reason = TextField(most=300)
    channel_id = NumberField(0, 2**53, required=False, default=0)


@get(HERE, include_in_schema=False)
async def show_moderation(request: Request) -> Response[bytes]:
    """The page."""
    return await _page(request)


@post(f"{HERE}/reports/{{report_id:int}}", status_code=200, include_in_schema=False)
async def settle_report(request: Request, report_id: FromPath[int]) -> Response[bytes]:
    """Decide about a report."""
    viewer = _manager(request)
    form = Decision(await request.form())
    if not form.is_valid:
        raise Refused(next(iter(form.errors.values())))
    await reports.settle(viewer, report_id, form["outcome"])
    said = {"dismissed": _("The message stays."), "removed": _("The message is gone."), "warned": _("The message is gone, and its author was told.")}
    return await _again(request, said[form["outcome"]])


@post(f"{HERE}/words", status_code=200, include_in_schema=False)
async def create_words(request: Request) -> Response[bytes]:
    """Forbid words."""
    viewer = _manager(request)
    form = Words(await request.form())
    try:
        if form.is_valid:
            command = await words.forbid(viewer, form["words"], form["action"])
            return await _again(request, _("Saved."), command.id)
    except Refused as refused:
        form.refuse("words", str(refused))
    return await _page(request, 422, words_form=form)


@delete(f"{HERE}/words/{{word_id:int}}", status_code=200, include_in_schema=False)
async def delete_word(request: Request, word_id: FromPath[int]) -> Response[bytes]:
    """Allow a word again."""
    command = await words.allow(_manager(request), word_id)
    return await _again(request, _("“%(word)s” is allowed again.") % {"word": command.what}, command.id)


@post(f"{HERE}/retention", status_code=200, include_in_schema=False)
async def update_retention(request: Request) -> Response[bytes]:
    """Decide how long messages are kept."""
    viewer = _manager(request)
    form = Retention(await request.form())
    if not form.is_valid:
        return await _page(request, 422, retention_form=form)
    command = await retention.keep_for(viewer, form["days"])
    return await _again(request, _("Saved."), command.id)


@post(f"{HERE}/holds", status_code=200, include_in_schema=False)
async def create_hold(request: Request) -> Response[bytes]:
    """Keep everything for now."""
    viewer = _manager(request)
    form = Hold(await request.form())
    if not form.is_valid:
        return await _page(request, 422, hold_form=form)
    await retention.hold(viewer, form["reason"], form["channel_id"] or None)
    return await _again(request, _("From now on nothing is erased there."))


@delete(f"{HERE}/holds/{{hold_id:int}}", status_code=200, include_in_schema=False)
async def delete_hold(request: Request, hold_id: FromPath[int]) -> Response[bytes]:
    """End a hold."""
    await retention.end_hold(_manager(request), hold_id)
    return await _again(request, _("The hold has ended."))


async def _again(request: Request, said: str, undo: int | None = None) -> Response[bytes]:
    if not is_htmx(request):
        return redirect(request, HERE)
    return fragment(request, "manager/_moderation.html", headers=toast(said, undo=undo), **await _context(request))


async def _page(request: Request, status: int = 200, **forms: Form) -> Response[bytes]:
    context = {**await _context(request), **forms}
    if is_htmx(request) and request.headers.get("hx-target", "").endswith("#moderation"):
        return fragment(request, "manager/_moderation.html", status=status, **context)
    return await page(request, "manager/moderation.html", status=status, **context)


async def _context(request: Request) -> dict[str, Any]:
    viewer = _manager(request)
    return {
        "reports": await reports.waiting(viewer), "words": await words.listed(viewer), "rules": await ChatRules.of(viewer.org_id),
        "holds": await retention.holds(viewer), "channels": await administration.channels(viewer), "reasons": reason_words(),
        "words_form": Words(action="refuse"), "retention_form": None, "hold_form": Hold(),
    }


def _manager(request: Request) -> Viewer:
    viewer: Viewer = request.state.viewer
    require(viewer, "chat.manage")
    if viewer.is_external:
        raise NotFound("chat")
    return viewer


handlers = [show_moderation, settle_report, create_words, delete_word, update_retention, create_hold, delete_hold]
