"""One card: looking at it, writing it, its photo, its file, favourite."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from litestar import Request, delete, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery
from litestar.response import Response
from markupsafe import Markup

from app.lib.downloads import attachment
from app.lib.i18n import _
from app.lib.numbers import whole
from app.lib.pictures import PictureError, portrait, square
from app.lib.vcard import as_version, photo, read_card
from app.lib.vcard.details import KINDS, further, read_details, set_photo, write_details
from app.models.base import NotFound, Refused
from app.models.contacts import AddressBook, CardRefused, Contact, LostRace, editing
from app.models.contacts.listing import CARD, Wanted, favourites, see, set_favourite
from app.models.contacts.people import accounts_behind
from app.models.viewer import Viewer
from app.render import fragment, is_htmx, nothing, page, redirect, toast
from app.routes.account.avatar import crop_of
from app.routes.contacts.fields import Bound, age, bind, label_names, months, part_names, safe_link, shown_date, titles
from app.routes.contacts.lists import list_context
from app.routes.contacts.shown import card_url, done, list_url, member, moved, side_of, wants
from app.routes.contacts.together import together

PHOTO_LIMIT = 26_000_000  # bytes that a photo may have before it is made smaller
FILE = "text/vcard"


@get("/contacts/{contact_id:int}", include_in_schema=False)
async def show_card(request: Request, contact_id: FromPath[int], refresh: FromQuery[int] = 0) -> Response[bytes]:
    """A card: in the panel, or with its list beside it."""
    viewer = member(request)
    try:
        contact, book = await editing.find(viewer, contact_id)
    except NotFound:
        if refresh and wants(request, "detail"):
            return fragment(request, "contacts/_closed.html")
        raise
    context = await _shown(viewer, contact, book, _place_of(request))
    if wants(request, "detail"):
        return fragment(request, "contacts/_card.html", **context)
    return await _beside(request, "contacts/_card.html", context)


@post("/contacts/{contact_id:int}/visits", status_code=200, include_in_schema=False)
async def create_visit(request: Request, contact_id: FromPath[int]) -> Response[bytes]:
    """Somebody looks at it; a page that was only fetched beforehand doesn't say so."""
    viewer = member(request)
    contact, _book = await editing.find(viewer, contact_id)
    await see(viewer.account_id, CARD, contact.id)
    return nothing()


@get("/contacts/new", include_in_schema=False)
async def new_card(request: Request, book: FromQuery[int] = 0, name: FromQuery[str] = "", email: FromQuery[str] = "") -> Response[bytes]:
    """The form of a new card."""
    viewer = member(request)
    given, _blank, family = name.strip()[:200].partition(" ")
    sent = {"given": given, "family": family, **({"email.0.value": email[:250]} if email else {})}
    bound = bind(sent)
    bound.errors.clear()
    bound.details.shown = ""
    return await _form(request, viewer, None, bound, book_id=book)


@post("/contacts", status_code=200, include_in_schema=False)
async def create_card(request: Request) -> Response[bytes]:
    """Keep a new card."""
    viewer = member(request)
    sent = await request.form()
    bound = bind(sent)
    book_id = whole(str(sent.get("book", ""))) or 0
    if not bound.errors:
        try:
            book = await AddressBook.seen_by(viewer, book_id) if book_id else await AddressBook.default_for(viewer.account_id, viewer.org_id)
            contact = await editing.create(viewer, book, bound.details, request.state.idempotency_key or None)
            return moved(request, card_url(contact.id, _place_of(request)), _("%(name)s was added.") % {"name": contact.name})
        except CardRefused as refused:
            bound.errors["given"] = str(refused)
    return await _form(request, viewer, None, bound, status=422, book_id=book_id)


@get("/contacts/{contact_id:int}/edit", include_in_schema=False)
async def edit_card(request: Request, contact_id: FromPath[int]) -> Response[bytes]:
    """The form of a card."""
    viewer = member(request)
    contact, book = await editing.find(viewer, contact_id)
    editing.check_may_write(book)
    return await _form(request, viewer, contact, Bound(read_details(editing.editable(contact.vcard))))


@post("/contacts/{contact_id:int}", status_code=200, include_in_schema=False)
async def update_card(request: Request, contact_id: FromPath[int]) -> Response[bytes]:
    """Write a card. What wasn't changed in the form isn't touched."""
    viewer = member(request)
    contact, book = await editing.find(viewer, contact_id)
    sent = await request.form()
    bound = bind(sent, read_details(editing.editable(contact.vcard)))
    if bound.errors:
        return await _form(request, viewer, contact, bound, status=422)
    try:
        command = await editing.edit(
            viewer, contact, book, str(sent.get("etag", "")), lambda card: write_details(card, bound.details), request.state.idempotency_key or None
        )
    except LostRace:
        bound.errors["form"] = _("Somebody changed this contact meanwhile. What you typed is still here; compare with the contact in another tab.")
        return await _form(request, viewer, contact, bound, status=422)
    except CardRefused as refused:
        bound.errors["form"] = str(refused)
        return await _form(request, viewer, contact, bound, status=422)
    return await _again(request, viewer, contact.id, _("Saved.") if command else "", command.id if command else None)


@delete("/contacts/{contact_id:int}", status_code=200, include_in_schema=False)
async def delete_card(request: Request, contact_id: FromPath[int]) -> Response[bytes]:
    """Delete a card. It can be taken back."""
    viewer = member(request)
    contact, _book = await editing.find(viewer, contact_id)
    command = await editing.delete_many(viewer, [contact.id])
    return moved(request, list_url(_place_of(request)), _("%(name)s was deleted.") % {"name": contact.name}, command)


@post("/contacts/{contact_id:int}/favourite", status_code=200, include_in_schema=False)
async def create_favourite(request: Request, contact_id: FromPath[int]) -> Response[bytes]:
    """Keep it among the favourites."""
    return await _star(request, contact_id, True)


@delete("/contacts/{contact_id:int}/favourite", status_code=200, include_in_schema=False)
async def delete_favourite(request: Request, contact_id: FromPath[int]) -> Response[bytes]:
    """No longer."""
    return await _star(request, contact_id, False)


@get("/contacts/{contact_id:int}/card", include_in_schema=False)
async def show_file(request: Request, contact_id: FromPath[int], version: FromQuery[str] = "") -> Response[bytes]:
    """The card as a file: as it is, or in version 3.0 or 4.0."""
    contact, _book = await editing.find(member(request), contact_id)
    text = as_version(read_card(contact.vcard), version).text if version in ("3.0", "4.0") else contact.vcard
    return file_of(text.encode(), contact.name)


@get("/contacts/{contact_id:int}/photo", include_in_schema=False)
async def show_photo(request: Request, contact_id: FromPath[int]) -> Response[bytes]:
    """The photo that is inside of a card, cut to a square and written anew."""
    contact, _book = await editing.find(member(request), contact_id)
    found = photo(read_card(contact.vcard))
    if found is None:
        raise NotFound("photo")
    try:
        large, _small = await square(found[0])
    except PictureError:
        raise NotFound("photo") from None
    headers = {
        "Cache-Control": "private, max-age=31536000, immutable" if request.query_params.get("v") == contact.etag else "private, no-cache",
        "Content-Security-Policy": "default-src 'none'; sandbox", "Content-Disposition": "inline",
    }
    return Response(large, media_type="image/webp", headers=headers)


@get("/contacts/{contact_id:int}/photo/edit", include_in_schema=False)
async def edit_photo(request: Request, contact_id: FromPath[int]) -> Response[bytes]:
    """Choose a photo and cut it, in a dialog."""
    contact, book = await editing.find(member(request), contact_id)
    editing.check_may_write(book)
    if not is_htmx(request) or wants(request, "view"):
        return redirect(request, contact.url)
    return fragment(request, "contacts/_photo.html", contact=contact)


@post("/contacts/{contact_id:int}/photo", status_code=200, include_in_schema=False, request_max_body_size=PHOTO_LIMIT)
async def replace_photo(request: Request, contact_id: FromPath[int]) -> Response[bytes]:
    """Put a photo into a card, made small enough for every phone."""
    viewer = member(request)
    contact, book = await editing.find(viewer, contact_id)
    sent = await request.form()
    file = sent.get("picture")
    try:
        jpeg = await portrait(await file.read() if isinstance(file, UploadFile) else b"", crop_of(sent))
    except PictureError as error:
        raise Refused(str(error)) from error
    octets = base64.b64encode(jpeg).decode()
    command = await editing.edit(viewer, contact, book, contact.etag, lambda card: set_photo(card, octets))
    return moved(request, contact.url, _("The photo was changed."), command)


@delete("/contacts/{contact_id:int}/photo", status_code=200, include_in_schema=False)
async def delete_photo(request: Request, contact_id: FromPath[int]) -> Response[bytes]:
    """Take the photo out of a card."""
    viewer = member(request)
    contact, book = await editing.find(viewer, contact_id)
    command = await editing.edit(viewer, contact, book, contact.etag, lambda card: set_photo(card, None))
    return moved(request, contact.url, _("The photo was removed."), command)


def file_of(content: bytes, name: str) -> Response[bytes]:
    """A .vcf to keep."""
    headers = {
        "Content-Disposition": attachment(f"{name or 'contact'}.vcf"), "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(content, media_type=f"{FILE}; charset=utf-8", headers=headers)


def panel_html(request: Request, panel: str, context: dict[str, Any]) -> Markup:
    """A panel as part of a whole page: the same fragment that htmx puts there."""
    return Markup(fragment(request, panel, **context).content.decode())


async def _shown(viewer: Viewer, contact: Contact, book: AddressBook, wanted: Wanted) -> dict[str, Any]:
    card = read_card(contact.vcard)
    details = read_details(card)
    account = (await accounts_behind(viewer.org_id, [contact])).get(contact.id)
    met = await together(viewer, [one.value for one in details.of("email")], account["id"] if account else 0)
    books = await AddressBook.all_for(viewer.account_id, viewer.org_id)
    return {
        "contact": contact, "book": book, "details": details, "further": further(card), "account": account, "wanted": wanted, **met,
        "is_favourite": contact.id in await favourites(viewer.account_id), "targets": [one for one in books if one.can_write], "titles": titles(),
        "label_names": label_names(), "shown_date": shown_date, "age": age, "today": datetime.now(UTC).date(), "safe_link": safe_link,
        "card_url": card_url, "list_url": list_url, "version": card.version,
    }


async def _beside(request: Request, panel: str, context: dict[str, Any], status: int = 200) -> Response[bytes]:
    """The page of a list with a panel."""
    viewer = member(request)
    wanted = context["wanted"]
    side = await side_of(viewer, wanted.key)
    listed = await list_context(viewer, side, wanted)
    return await page(request, "contacts/index.html", status=status, panel_html=panel_html(request, panel, context), **{**side, **listed})


async def _form(request: Request, viewer: Viewer, contact: Contact | None, bound: Bound, status: int = 200, book_id: int = 0) -> Response[bytes]:
    books = [one for one in await AddressBook.all_for(viewer.account_id, viewer.org_id) if one.can_write]
    context: dict[str, Any] = {
        "contact": contact, "details": bound.details, "errors": bound.errors, "targets": books, "book_id": book_id, "wanted": _place_of(request),
        "titles": titles(), "label_names": label_names(), "part_names": part_names(), "months": months(), "kinds": KINDS, "card_url": card_url,
        "list_url": list_url,
    }
    if wants(request, "detail"):
        return fragment(request, "contacts/_form.html", status=status, **context)
    return await _beside(request, "contacts/_form.html", context, status)


async def _again(request: Request, viewer: Viewer, contact_id: int, said: str, undo: int | None) -> Response[bytes]:
    if not wants(request, "detail"):
        return redirect(request, f"/contacts/{contact_id}")
    contact, book = await editing.find(viewer, contact_id)
    headers = toast(said, undo=undo, contacts=True) if said else None
    return fragment(request, "contacts/_card.html", headers=headers, **await _shown(viewer, contact, book, _place_of(request)))


async def _star(request: Request, contact_id: int, on: bool) -> Response[bytes]:
    viewer = member(request)
    contact, _book = await editing.find(viewer, contact_id)
    await set_favourite(viewer.account_id, CARD, contact.id, on)
    if wants(request, "detail"):
        return await _again(request, viewer, contact.id, "", None)
    said = _("%(name)s is among your favourites.") if on else _("%(name)s is no longer among your favourites.")
    return done(request, contact.url, said % {"name": contact.name})


def _place_of(request: Request) -> Wanted:
    return Wanted.of(request.query_params.get("in", ""))


handlers = [
    show_card, create_visit, new_card, create_card, edit_card, update_card, delete_card, create_favourite, delete_favourite, show_file, show_photo, edit_photo,
    replace_photo, delete_photo,
]
