"""The audit log: who did what to whom, when and from where. Nothing in it can be altered unseen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response, Stream

from app import database
from app.access import require_admin
from app.lib.i18n import _
from app.lib.numbers import whole
from app.lib.quiet import local_instant
from app.lib.tables import BOM, csv_line
from app.models import audit
from app.models.audit import AuditCheck, AuditEntry
from app.models.audit_search import PAGE, Wanted, check, entry_at, every_entry, find_entries, kinds_in, people_in
from app.models.viewer import Viewer
from app.render import fragment, iso, page, toast
from app.routes.manager.log_facts import facts_of
from app.routes.manager.log_words import words_for

_COLUMNS = ("position", "at", "kind", "what", "actor", "subject", "address", "facts", "hash")
_FIELDS = ("text", "kind", "actor", "concerns", "since", "until")


@get("/manager/log", include_in_schema=False)
async def list_log(request: Request) -> Response[bytes]:
    """The entries, newest first; the rows alone for a filter and for what follows."""
    viewer = require_admin(request.state.viewer)
    asked = {name: request.query_params.get(name, "")[:100] for name in _FIELDS}
    entries = await find_entries(viewer.org_id, _wanted(viewer, asked), whole(request.query_params.get("before", "")))
    following = entries[-1].position if len(entries) == PAGE else None
    context: dict[str, Any] = {"entries": shown(entries), "following": following, "asked": asked, "query": _query(asked)}
    target = request.headers.get("hx-target", "")
    if target.endswith(("#log", "#log-more")):
        return fragment(request, "manager/_log.html" if target.endswith("#log") else "manager/_log_rows.html", **context)
    kinds = sorted(((kind, words_for(kind)) for kind in await kinds_in(viewer.org_id)), key=lambda pair: pair[1])
    return await page(request, "manager/log.html", kinds=kinds, people=await people_in(viewer.org_id), check=await AuditCheck.find(viewer.org_id), **context)


@get("/manager/log/{position:int}", include_in_schema=False)
async def show_log_entry(request: Request, position: FromPath[int]) -> Response[bytes]:
    """Everything about one entry."""
    viewer = require_admin(request.state.viewer)
    entry = await entry_at(viewer.org_id, position)
    previous = (await entry_at(viewer.org_id, position - 1)).hash if position > 1 else audit.START
    context: dict[str, Any] = {"entry": shown([entry])[0], "previous": previous, "holds": entry.seal(previous) == entry.hash}
    if request.headers.get("hx-target", "").endswith("#dialog"):
        return fragment(request, "manager/_log_entry.html", **context)
    return await page(request, "manager/log_entry.html", **context)


@post("/manager/log/check", status_code=200, include_in_schema=False)
async def create_log_check(request: Request) -> Response[bytes]:
    """Verify the whole chain now."""
    viewer = require_admin(request.state.viewer)
    found = await check(viewer.org_id)
    said = toast(_("The log holds.")) if found.broken_at is None else toast(_("The log doesn’t hold."), kind="error")
    return fragment(request, "manager/_log_check.html", check=found, headers=said)


# A download changes the log itself, so it is no GET: those are asked for as soon as somebody points at a link.
@post("/manager/log/export", status_code=200, include_in_schema=False)
async def create_log_export(request: Request) -> Stream:
    """The entries that the filter leaves, oldest first, as CSV or JSON lines."""
    viewer = require_admin(request.state.viewer)
    sent = await request.form()
    asked = {name: str(sent.get(name, ""))[:100] for name in _FIELDS}
    is_csv = sent.get("format") != "jsonl"
    await audit.record("log.export", viewer=viewer, format="csv" if is_csv else "jsonl", filter={name: value for name, value in asked.items() if value})
    await database.release_scope()
    entries = every_entry(viewer.org_id, _wanted(viewer, asked))
    name = "audit-log.csv" if is_csv else "audit-log.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Stream(_csv(entries) if is_csv else _lines(entries), media_type="text/csv; charset=utf-8" if is_csv else "application/jsonl", headers=headers)


def shown(entries: list[AuditEntry]) -> list[dict[str, Any]]:
    """Entries as the templates show them, in the language being spoken."""
    return [{"row": entry, "words": words_for(entry.kind), "facts": list(facts_of(entry))} for entry in entries]


def _wanted(viewer: Viewer, asked: dict[str, str]) -> Wanted:
    return Wanted(
        text=asked["text"], kind=asked["kind"], actor=whole(asked["actor"]), concerns=whole(asked["concerns"]),
        since=_midnight(viewer, asked["since"], 0), until=_midnight(viewer, asked["until"], 1),
    )


def _midnight(viewer: Viewer, text: str, later: int) -> int | None:
    """The beginning of that day (or of a later one) on the viewer's clock; None for what is no date."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return local_instant(day, later * 24 * 60, viewer.timezone) if 1970 < day.year < 9000 else None


def _query(asked: dict[str, str]) -> str:
    return urlencode({name: value for name, value in asked.items() if value})


async def _csv(entries: AsyncIterator[AuditEntry]) -> AsyncIterator[str]:
    yield BOM + csv_line(_COLUMNS)
    async for entry in entries:
        texts = (entry.kind, words_for(entry.kind), entry.actor, entry.subject, entry.address, entry.facts)
        yield csv_line((entry.position, iso(entry.created_at), *texts, entry.hash))


async def _lines(entries: AsyncIterator[AuditEntry]) -> AsyncIterator[bytes]:
    async for entry in entries:
        yield msgspec.json.encode(entry.to_dict()) + b"\n"


handlers = [list_log, show_log_entry, create_log_check, create_log_export]
