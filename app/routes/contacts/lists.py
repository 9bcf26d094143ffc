"""Lists: everything, a book, a label, favourites, what was seen last; while one types, and for printing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Request, get
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.lib.numbers import whole
from app.lib.searching import words
from app.models.contacts import AddressBook, Contact
from app.models.contacts.directory import Person
from app.models.contacts.listing import (
    ALL,
    BOOK,
    FAVOURITES,
    PIECE,
    RECENT,
    After,
    Wanted,
    favourites,
    groups,
    labels,
    letters,
    list_contacts,
    marked,
)
from app.models.contacts.people import accounts_behind
from app.models.viewer import Viewer
from app.render import fragment, page
from app.routes.contacts.shown import card_url, list_url, member, side_of, title_of, wants

MOST_SHOWN = 600
MOST_PRINTED = 2_000


@get("/contacts", include_in_schema=False)
async def list_all(
    request: Request, q: FromQuery[str] = "", after: FromQuery[str] = "", letter: FromQuery[str] = "", loaded: FromQuery[int] = 0, refresh: FromQuery[int] = 0
) -> Response[bytes]:
    """The list that `in` names, everything by default: the page, the list, or its next piece."""
    return await _answer(request, Wanted.of(request.query_params.get("in", ""), q.strip()[:100]), after, letter, loaded, refresh)


@get("/contacts/books/{book_id:int}", include_in_schema=False)
async def show_book(
    request: Request, book_id: FromPath[int], q: FromQuery[str] = "", after: FromQuery[str] = "", letter: FromQuery[str] = "", loaded: FromQuery[int] = 0,
    refresh: FromQuery[int] = 0,
) -> Response[bytes]:
    """A book."""
    await AddressBook.seen_by(member(request), book_id)
    return await _answer(request, Wanted(BOOK, str(book_id), q.strip()[:100]), after, letter, loaded, refresh)


@get("/contacts/side", include_in_schema=False)
async def show_side(request: Request, current: FromQuery[str] = "") -> Response[bytes]:
    """The side column alone, when something about it has changed."""
    return fragment(request, "contacts/_side.html", **await side_of(member(request), current[:200]))


@get("/contacts/print", include_in_schema=False)
async def print_list(request: Request, q: FromQuery[str] = "") -> Response[bytes]:
    """A list on paper."""
    viewer = member(request)
    wanted = Wanted.of(request.query_params.get("in", ""), q.strip()[:100])
    books = await AddressBook.all_for(viewer.account_id, viewer.org_id)
    shown, following = await _piece(viewer, books, wanted, None, MOST_PRINTED)
    side = await side_of(viewer, wanted.key)
    return await page(request, "contacts/print.html", **side, contacts=shown, is_cut=following is not None, wanted=wanted, place_title=title_of(wanted, side))


async def list_context(viewer: Viewer, side: dict[str, Any], wanted: Wanted, after: str = "", letter: str = "", most: int = PIECE) -> dict[str, Any]:
    """What a list shows."""
    books = side["books"]
    place = place_after(after) or ((letter[:1].lower(), 0) if letter.strip("\x00#") else None)
    contacts, following = await _piece(viewer, books, wanted, place, most)
    cards = [one for one in contacts if isinstance(one, Contact)]
    book = next((one for one in books if wanted.place == BOOK and str(one.id) == wanted.which), None)
    is_by_name = wanted.place not in (FAVOURITES, RECENT)
    return {
        "contacts": contacts, "following": f"{following[0]}|{following[1]}" if following else "", "wanted": wanted, "letter": letter,
        "accounts": await accounts_behind(viewer.org_id, cards), "starred": await favourites(viewer.account_id), "book": book,
        "letters": await letters([book] if book else books) if not wanted.search and wanted.place in (ALL, BOOK) else [],
        "place_title": title_of(wanted, side), "card_url": card_url, "loaded": 0, "is_by_name": is_by_name,
        "own_books": [one for one in books if one.can_write],
        "topics": " ".join(f"book:{one.id}" for one in books if book is None or one.id == book.id),
    }


async def _piece(
    viewer: Viewer, books: Sequence[AddressBook], wanted: Wanted, after: After | None, most: int
) -> tuple[list[Any], After | None]:
    if wanted.place not in (FAVOURITES, RECENT):
        found, following = await list_contacts(books, wanted, after, most)
        return list(found), following
    kept: list[Contact | Person] = await marked(viewer.account_id, books, "contact_favourite" if wanted.place == FAVOURITES else "contact_seen")
    sought = words(wanted.search)
    return [one for one in kept if all(any(word.startswith(part) for word in words(f"{one.name} {one.email}")) for part in sought)], None


def place_after(after: str) -> After | None:
    """Where a piece begins: a name and an id, as the last piece said it; None at the start and for anything else."""
    name, bar, text = after.replace("\x00", "").rpartition("|")
    id_ = whole(text)
    return (name[:250], id_) if bar and id_ is not None else None


async def _answer(request: Request, wanted: Wanted, after: str, letter: str, loaded: int, refresh: int) -> Response[bytes]:
    viewer = member(request)
    if wants(request, "detail"):  # it is being closed
        return fragment(request, "contacts/_closed.html")
    if wants(request, "contacts-more") or wants(request, "contacts"):
        books = await AddressBook.all_for(viewer.account_id, viewer.org_id)
        side: dict[str, Any] = {"books": books, "labels": await labels(books), "groups": await groups(books), "list_url": list_url}
    else:
        side = await side_of(viewer, wanted.key)
    most = min(max(loaded, PIECE), MOST_SHOWN) if refresh else PIECE
    context = {**side, **await list_context(viewer, side, wanted, after, letter, most)}
    if wants(request, "contacts-more"):
        return fragment(request, "contacts/_rows.html", **{**context, "loaded": max(loaded, 0)})
    if wants(request, "contacts"):
        return fragment(request, "contacts/_list.html", **context)
    return await page(request, "contacts/index.html", panel_html="", **context)


handlers = [list_all, show_book, show_side, print_list]
