"""Address books: making, naming, deleting; sharing them, and answering to what is shared."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath
from litestar.response import Response

from app.lib.forms import CheckField, ChoiceField, Form, ManyField, NumberField, TextField
from app.lib.i18n import _
from app.models.base import NotFound, Refused
from app.models.contacts import AddressBook, BookRefused, shelf
from app.models.contacts.book import MOST_DESCRIPTION, MOST_NAME
from app.models.contacts.sharing import answer, change_level, offer, share, shares_of
from app.models.notifications import notices_read
from app.models.team import team_names
from app.models.viewer import Viewer
from app.render import fragment, page
from app.routes.contacts.shown import dialog, member, moved, side_of, wants

ANY_ID = 2**53


class BookForm(Form):
    """What a book is called and about."""

    name = TextField(most=MOST_NAME)
    description = TextField(most=MOST_DESCRIPTION, required=False)
    hue = NumberField(0, 23, required=False, default=14)


class ShareForm(Form):
    """With whom, and how far."""

    people = ManyField(NumberField(1, ANY_ID))
    teams = ManyField(NumberField(1, ANY_ID))
    everyone = CheckField()
    level = ChoiceField(("1", "2", "3"))


class LevelForm(Form):
    """How far from now on; 0 not at all."""

    level = ChoiceField(("0", "1", "2", "3"))


_HUES = (14, 4, 9, 19, 0, 7, 11, 16, 21, 2)  # far from each other


@get("/contacts/books/new", include_in_schema=False)
async def new_book(request: Request) -> Response[bytes]:
    """The form, in a dialog."""
    viewer = member(request)
    taken = {book.hue for book in await AddressBook.all_for(viewer.account_id, viewer.org_id)}
    hue = next((one for one in _HUES if one not in taken), _HUES[0])
    return await dialog(request, "contacts/_book_form.html", _("New address book"), form=BookForm(hue=hue), book=None)


@post("/contacts/books", status_code=200, include_in_schema=False)
async def create_book(request: Request) -> Response[bytes]:
    """Make a book and go there."""
    viewer = member(request)
    form = BookForm(await request.form())
    if form.is_valid:
        try:
            book = await shelf.create_book(viewer, form["name"], form["hue"], form["description"], request.state.idempotency_key or None)
            return moved(request, book.url, _("The address book was made."))
        except BookRefused as refused:
            form.refuse("name", str(refused))
    return await dialog(request, "contacts/_book_form.html", _("New address book"), status=422, form=form, book=None)


@get("/contacts/books/{book_id:int}/edit", include_in_schema=False)
async def edit_book(request: Request, book_id: FromPath[int]) -> Response[bytes]:
    """The form for name, colour and description."""
    book = await _administered(member(request), book_id)
    form = BookForm(name=book.name, description=book.description, hue=book.hue)
    return await dialog(request, "contacts/_book_form.html", _("Address book"), form=form, book=book)


@post("/contacts/books/{book_id:int}", status_code=200, include_in_schema=False)
async def update_book(request: Request, book_id: FromPath[int]) -> Response[bytes]:
    """Give it another name, colour or description."""
    viewer = member(request)
    book = await _administered(viewer, book_id)
    form = BookForm(await request.form())
    if form.is_valid:
        try:
            command = await shelf.describe_book(viewer, book, form["name"], form["hue"], form["description"])
            return moved(request, book.url, _("Saved."), command)
        except BookRefused as refused:
            form.refuse("name", str(refused))
    return await dialog(request, "contacts/_book_form.html", _("Address book"), status=422, form=form, book=book)


@delete("/contacts/books/{book_id:int}", status_code=200, include_in_schema=False)
async def delete_book(request: Request, book_id: FromPath[int]) -> Response[bytes]:
    """Delete it with everything in it. It can be taken back."""
    viewer = member(request)
    book = await AddressBook.seen_by(viewer, book_id)
    command = await shelf.delete_book(viewer, book)
    return moved(request, "/contacts", _("%(book)s was deleted.") % {"book": book.name}, command)


@get("/contacts/books/{book_id:int}/sharing", include_in_schema=False)
async def show_sharing(request: Request, book_id: FromPath[int]) -> Response[bytes]:
    """Whom it is shared with, in a dialog."""
    viewer = member(request)
    return await _sharing(request, viewer, await _administered(viewer, book_id), ShareForm(level="1"))


@post("/contacts/books/{book_id:int}/shares", status_code=200, include_in_schema=False)
async def create_share(request: Request, book_id: FromPath[int]) -> Response[bytes]:
    """Share it with people, teams or everyone."""
    viewer = member(request)
    book = await _administered(viewer, book_id)
    form = ShareForm(await request.form())
    if form.is_valid:
        try:
            await share(viewer, book, form["people"], form["teams"], form["everyone"], int(form["level"]))
            return await _sharing(request, viewer, book, ShareForm(level="1"))
        except Refused as refused:
            if isinstance(refused, NotFound):
                raise
            form.refuse("people", str(refused))
    return await _sharing(request, viewer, book, form, 422)


@post("/contacts/books/{book_id:int}/shares/{share_id:int}", status_code=200, include_in_schema=False)
async def update_share(request: Request, book_id: FromPath[int], share_id: FromPath[int]) -> Response[bytes]:
    """Let a share go further or less far, or end it."""
    viewer = member(request)
    book = await _administered(viewer, book_id)
    form = LevelForm(await request.form())
    if form.is_valid:
        await change_level(viewer, book, share_id, int(form["level"]))
    return await _sharing(request, viewer, book, ShareForm(level="1"), 200 if form.is_valid else 422)


@get("/contacts/books/{book_id:int}/offer", include_in_schema=False)
async def show_offer(request: Request, book_id: FromPath[int]) -> Response[bytes]:
    """A book that somebody shares: take it or not."""
    viewer = member(request)
    offered = await offer(viewer, book_id)
    await notices_read(viewer.account_id, source=f"book:{book_id}")
    if wants(request, "dialog"):
        return fragment(request, "contacts/_offer.html", offer=offered)
    return await page(request, "contacts/form.html", part="contacts/_offer.html", form_title=offered["name"], offer=offered, **await side_of(viewer, ""))


@post("/contacts/books/{book_id:int}/answer", status_code=200, include_in_schema=False)
async def create_answer(request: Request, book_id: FromPath[int]) -> Response[bytes]:
    """Take a book that is shared."""
    viewer = member(request)
    command = await answer(viewer, book_id, True)
    return moved(request, f"/contacts/books/{book_id}", _("%(book)s is among your address books now.") % {"book": command.what})


@delete("/contacts/books/{book_id:int}/answer", status_code=200, include_in_schema=False)
async def delete_answer(request: Request, book_id: FromPath[int]) -> Response[bytes]:
    """Withdraw from a book that is shared, or don't take it."""
    viewer = member(request)
    command = await answer(viewer, book_id, False)
    return moved(request, "/contacts", _("%(book)s is no longer among your address books.") % {"book": command.what}, command)


async def _administered(viewer: Viewer, book_id: int) -> AddressBook:
    book = await AddressBook.seen_by(viewer, book_id)
    if not book.can_administer:
        raise NotFound(f"book {book_id}")
    return book


async def _sharing(request: Request, viewer: Viewer, book: AddressBook, form: ShareForm, status: int = 200) -> Response[bytes]:
    context: dict[str, Any] = {"book": book, "shares": await shares_of(book), "teams": await team_names(viewer.org_id), "form": form}
    return await dialog(request, "contacts/_sharing.html", _("Share %(book)s") % {"book": book.name}, status=status, **context)


handlers = [
    new_book, create_book, edit_book, update_book, delete_book, show_sharing, create_share, update_share, show_offer, create_answer, delete_answer,
]
