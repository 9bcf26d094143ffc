"""Several cards at once: move, copy, label, delete; and files of many cards (CONT-01 to CONT-03)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response, Stream

from app.lib.downloads import attachment
from app.lib.forms import Form, ManyField, NumberField, TextField
from app.lib.i18n import _, ngettext
from app.lib.numbers import whole
from app.lib.vcard import as_version, read_card
from app.models.base import NotFound, Refused
from app.models.command import Command
from app.models.contacts import AddressBook, editing, shelf
from app.models.contacts.listing import CARD, set_favourite
from app.models.viewer import Viewer
from app.render import redirect
from app.routes.contacts.cards import FILE, file_of
from app.routes.contacts.shown import done, member

VERSIONS = ("3.0", "4.0")


class Changes(Form):
    """Which cards, and what to do with them: `delete:`, `move:12`, `copy:12`, `label:Name`, `unlabel:Name`, `favourite:`, `merge:`."""

    ids = ManyField(NumberField(1, 2**53), most=editing.MOST_CHOSEN, required=True)
    change = TextField(most=200)
    label = TextField(most=120, required=False)


class Chosen(Form):
    """Which cards."""

    ids = ManyField(NumberField(1, 2**53), most=editing.MOST_CHOSEN, required=True)


@post("/contacts/changes", status_code=200, include_in_schema=False)
async def create_changes(request: Request) -> Response[bytes]:
    """Change every card that was chosen."""
    viewer = member(request)
    form = Changes(await request.form())
    if not form.is_valid:
        raise Refused(_("Choose somebody first."))
    kind, _colon, value = form["change"].partition(":")
    if kind == "merge":
        return redirect(request, "/contacts/duplicates/merge?" + "&".join(f"ids={id_}" for id_ in form["ids"][:20]))
    command, said = await _change(viewer, form["ids"], kind, value or form["label"])
    return done(request, "/contacts", said, command)


@post("/contacts/export", status_code=200, include_in_schema=False)
async def create_export(request: Request) -> Response[bytes]:
    """The chosen cards as one file."""
    viewer = member(request)
    form = Chosen(await request.form())
    if not form.is_valid:
        raise Refused(_("Choose somebody first."))
    found = await editing.chosen(viewer, form["ids"])
    if not found:
        raise NotFound("contacts")
    return file_of("".join(_whole(contact.vcard) for contact, _book in found).encode(), found[0][0].name if len(found) == 1 else _("Contacts"))


@get("/contacts/books/{book_id:int}/export", include_in_schema=False)
async def export_book(request: Request, book_id: FromPath[int], version: FromQuery[str] = "") -> Stream:
    """Every card of a book as one file: each as it is, or in version 3.0 or 4.0. It is written while it is read."""
    book = await AddressBook.seen_by(member(request), book_id)
    headers = {
        "Content-Disposition": attachment(f"{book.name}.vcf"), "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Stream(_pieces(book, version if version in VERSIONS else ""), media_type=f"{FILE}; charset=utf-8", headers=headers)


async def _pieces(book: AddressBook, version: str) -> AsyncIterator[bytes]:
    async for text in shelf.texts(book):
        yield _whole(as_version(read_card(text), version).text if version else text).encode()


def _whole(text: str) -> str:
    """A card that another may follow."""
    return text if text.endswith("\n") else f"{text}\r\n"


async def _change(viewer: Viewer, ids: list[int], kind: str, value: str) -> tuple[Command | None, str]:
    if kind == "delete":
        command = await editing.delete_many(viewer, ids)
        said = ngettext("%(count)s contact was deleted.", "%(count)s contacts were deleted.", len(ids))
    elif kind in ("move", "copy") and (book_id := whole(value)) is not None:
        book = await AddressBook.seen_by(viewer, book_id)
        command = await (editing.move if kind == "move" else editing.copy)(viewer, ids, book)
        moved = ngettext("%(count)s contact was moved to %(book)s.", "%(count)s contacts were moved to %(book)s.", len(ids))
        copied = ngettext("%(count)s contact was copied to %(book)s.", "%(count)s contacts were copied to %(book)s.", len(ids))
        said = (moved if kind == "move" else copied).replace("%(book)s", book.name.replace("%", "%%"))
    elif kind in ("label", "unlabel"):
        command = await editing.label(viewer, ids, value, kind == "label")
        given, taken = _("The label “%(label)s” was given."), _("The label “%(label)s” was taken away.")
        said = (given if kind == "label" else taken) % {"label": value.replace("%", "%%")}
    elif kind == "favourite":
        for contact, _book in await editing.chosen(viewer, ids):
            await set_favourite(viewer.account_id, CARD, contact.id, True)
        return None, _("They are among your favourites.")
    else:
        raise NotFound(kind)
    return command, said % {"count": len(ids)}


handlers = [create_changes, create_export, export_book]
