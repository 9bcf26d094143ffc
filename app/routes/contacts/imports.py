"""Bringing contacts in: a file is read, looked at card by card, then written in the background; all of it can be taken back."""

from __future__ import annotations

from collections import Counter
from typing import Any

from litestar import Request, delete, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.doors import opens_files
from app.lib.contact_columns import OWN
from app.lib.contact_tables import OFFERED, read_table
from app.lib.i18n import _
from app.lib.numbers import whole
from app.models.base import Refused
from app.models.command import Command
from app.models.contacts import AddressBook, importing
from app.models.contacts.importing import BAD, CHANGED, CSV, NEW, SAME, ContactImport
from app.models.viewer import Viewer
from app.render import fragment, page, redirect
from app.routes.contacts.fields import label_names, part_names, titles
from app.routes.contacts.shown import member, moved, side_of, wants

PIECE = 100
SAMPLES = 3

opens_files("contacts", "/contacts/import", {"text/vcard": [".vcf", ".vcard"], "text/csv": [".csv"]})


@get("/contacts/import", include_in_schema=False)
async def new_import(request: Request, book: FromQuery[int] = 0) -> Response[bytes]:
    """The form: a file, and the book that it goes into."""
    return await _form(request, member(request), "", book)


@post("/contacts/import", status_code=200, include_in_schema=False, request_max_body_size=importing.MOST_FILE + 1_000_000)
async def create_import(request: Request) -> Response[bytes]:
    """Read the file and show what would happen. Nothing is written yet."""
    viewer = member(request)
    sent = await request.form()
    file, book_id = sent.get("file"), whole(str(sent.get("book", ""))) or 0
    if not isinstance(file, UploadFile) or not file.filename:
        return await _form(request, viewer, _("Choose a file first."), book_id, 422)
    try:
        book = await AddressBook.seen_by(viewer, book_id) if book_id else await AddressBook.default_for(viewer.account_id, viewer.org_id)
        one = await importing.keep(viewer, book, file.filename, await file.read())
    except Refused as refused:
        return await _form(request, viewer, str(refused), book_id, 422)
    return redirect(request, one.url)


@get("/contacts/imports/{import_id:int}", include_in_schema=False)
async def show_import(request: Request, import_id: FromPath[int], at: FromQuery[int] = 0, kind: FromQuery[str] = "") -> Response[bytes]:
    """What will happen, what is happening, or what happened."""
    viewer = member(request)
    one = await importing.find(viewer, import_id)
    if wants(request, "work"):
        return fragment(request, "contacts/_import_work.html", **await _progress(viewer, one))
    side = await side_of(viewer, "")
    if one.started_at is not None or one.is_over:
        return await page(request, "contacts/import_work.html", **side, **await _progress(viewer, one))
    return await page(request, "contacts/import.html", **side, **await _preview(viewer, one, at, kind))


@post("/contacts/imports/{import_id:int}/mapping", status_code=200, include_in_schema=False)
async def update_mapping(request: Request, import_id: FromPath[int]) -> Response[bytes]:
    """Say what the columns of a table are."""
    one = await importing.find(member(request), import_id)
    sent = await request.form()
    await importing.map_columns(one, [str(sent.get(f"column.{number}", "")) for number in range(len(one.targets))])
    return redirect(request, one.url)


@post("/contacts/imports/{import_id:int}/start", status_code=200, include_in_schema=False)
async def create_start(request: Request, import_id: FromPath[int]) -> Response[bytes]:
    """Write it."""
    viewer = member(request)
    one = await importing.find(viewer, import_id)
    await importing.start(viewer, one)
    return redirect(request, one.url)


@post("/contacts/imports/{import_id:int}/stop", status_code=200, include_in_schema=False)
async def create_import_stop(request: Request, import_id: FromPath[int]) -> Response[bytes]:
    """Write no more of it."""
    viewer = member(request)
    one = await importing.find(viewer, import_id)
    await importing.stop(one)
    if wants(request, "work"):
        return fragment(request, "contacts/_import_work.html", **await _progress(viewer, await importing.find(viewer, import_id)))
    return redirect(request, one.url)


@delete("/contacts/imports/{import_id:int}", status_code=200, include_in_schema=False)
async def delete_import(request: Request, import_id: FromPath[int]) -> Response[bytes]:
    """Throw a file away that wasn't written."""
    one = await importing.find(member(request), import_id)
    if one.started_at is None:
        await importing.stop(one)
    return moved(request, "/contacts", _("The file was thrown away. Nothing was written."))


async def _form(request: Request, viewer: Viewer, error: str, book_id: int, status: int = 200) -> Response[bytes]:
    side = await side_of(viewer, "import")
    return await page(
        request, "contacts/import_form.html", status=status, error=error, book_id=book_id, targets=[book for book in side["books"] if book.can_write], **side
    )


async def _preview(viewer: Viewer, one: ContactImport, at: int, kind: str) -> dict[str, Any]:
    foreseen = await importing.foresee(one)
    counts = Counter(entry.kind for entry in foreseen)
    some = [entry for entry in foreseen if not kind or entry.kind == kind]
    start = max(0, min(at, len(some) - 1)) // PIECE * PIECE
    return {
        "one": one, "book": await AddressBook.seen_by(viewer, one.book_id), "sums": counts, "to_write": counts[NEW] + counts[CHANGED],
        "rows": some[start:start + PIECE], "start": start, "piece": PIECE, "total": len(some), "kind": kind, "kinds": (NEW, CHANGED, SAME, BAD),
        "columns": _columns(one) if one.kind == CSV else [], "offered": _offered(one),
    }


def _columns(one: ContactImport) -> list[tuple[int, str, str, list[str]]]:
    """The columns of a table that something is in: number, heading, target, and some of what stands there."""
    table = read_table(one.content)
    found = []
    for number, (name, target) in enumerate(zip(table.columns, one.targets, strict=False)):
        samples = dict.fromkeys(cells[number][:60] for _line, cells in table.rows if cells[number])
        if samples:
            found.append((number, name, target, list(samples)[:SAMPLES]))
    return found


def _offered(one: ContactImport) -> list[tuple[str, str]]:
    """What a column may be, in words."""
    return [(target, target_name(target)) for target in dict.fromkeys([*OFFERED, *(target for target in one.targets if target)])]


def target_name(target: str) -> str:
    """What a target of a column is called."""
    names = {
        "given": _("First name"), "family": _("Last name"), "middle": _("Middle name"), "prefix": _("Title before the name"), "suffix": _("Suffix"),
        "shown": _("Full name"), "nickname": _("Nickname"), "phonetic_given": _("Phonetic first name"), "phonetic_family": _("Phonetic last name"),
        "pronouns": _("Pronouns"), "labels": _("Labels"), OWN: _("A field of its own, called as here"),
    }
    if target in names:
        return names[target]
    kind, token, part = target.split(".")
    label = label_names().get(token.rstrip("0123456789"), "")
    words = [] if kind in ("address", "organisation") and part != "label" else [titles()[kind] if kind != "date" else label or titles()[kind]]
    if part == "label":
        words.append(_("Label"))
    elif part in part_names():
        words.append(part_names()[part])
    said = label if kind != "date" else ""
    number = token.lstrip("abcdefghijklmnopqrstuvwxyz")
    return " · ".join(words) + (f" ({said})" if said else f" {number}" if number not in ("", "1") else "")


async def _progress(viewer: Viewer, one: ContactImport) -> dict[str, Any]:
    command = await Command.find(one.command_id) if one.command_id else None
    return {
        "one": one, "book": await AddressBook.seen_by(viewer, one.book_id), "outcome": one.counts, "bad": one.bad_lines[:500],
        "undo": command.id if command and command.is_undoable else 0, "is_undone": bool(command and command.undone_at),
    }


handlers = [new_import, create_import, show_import, update_mapping, create_start, create_import_stop, delete_import]
