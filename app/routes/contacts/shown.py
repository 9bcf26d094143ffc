"""What the pages of Contacts share: where one is, the side column, and the addresses of lists."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Request
from litestar.response import Response

from app import access
from app.lib.i18n import _
from app.models.command import Command
from app.models.contacts import AddressBook, Directory
from app.models.contacts.listing import ALL, BOOK, FAVOURITES, GROUP, LABEL, RECENT, Wanted, counts, groups, labels
from app.models.contacts.sharing import offered
from app.models.viewer import Viewer
from app.render import fragment, is_htmx, nothing, page, redirect, toast


def member(request: Request) -> Viewer:
    """Whoever uses Contacts; guests don't."""
    viewer: Viewer = request.state.viewer
    access.require_member(viewer, "contacts.use")
    return viewer


def wants(request: Request, target: str) -> bool:
    """Whether htmx asks for what goes into the element with this id."""
    return request.headers.get("hx-target", "").endswith(f"#{target}")


def list_url(wanted: Wanted, **asked: Any) -> str:
    """The address of a list."""
    path = f"/contacts/books/{wanted.which}" if wanted.place == BOOK else "/contacts"
    kept = {"in": wanted.key if wanted.place not in (ALL, BOOK) else "", "q": wanted.search, **asked}
    query = urlencode({name: value for name, value in kept.items() if value})
    return f"{path}?{query}" if query else path


def card_url(contact_id: int, wanted: Wanted) -> str:
    """The address of a card within a list."""
    return f"/contacts/{contact_id}" + (f"?{urlencode({'in': wanted.key})}" if wanted.place != ALL else "")


async def side_of(viewer: Viewer, current: str) -> dict[str, Any]:
    """What the side column shows; `current` is the key of the list that is looked at."""
    books = await AddressBook.all_for(viewer.account_id, viewer.org_id)
    return {
        "books": books, "counts": await counts(books), "offers": await offered(viewer), "directories": await Directory.all_for(viewer.account_id),
        "labels": await labels(books), "groups": await groups(books), "current": current, "list_url": list_url, "Wanted": Wanted,
    }


def title_of(wanted: Wanted, side: dict[str, Any]) -> str:
    """What a list is called."""
    if wanted.place == BOOK:
        return next((book.name for book in side["books"] if str(book.id) == wanted.which), "")
    if wanted.place == LABEL:
        return next((one["name"] for one in side["labels"] if one["key"] == wanted.which), wanted.which)
    if wanted.place == GROUP:
        return next((one["name"] for one in side["groups"] if str(one["id"]) == wanted.which), _("Group"))
    return {FAVOURITES: _("Favourites"), RECENT: _("Recently seen")}.get(wanted.place, _("All contacts"))


def done(request: Request, url: str, said: str, command: Command | None = None, **events: Any) -> Response[bytes]:
    """It was changed: a toast, with Undo for the command; without scripts to a page."""
    if not is_htmx(request):
        return redirect(request, url)
    return nothing(200, **toast(said, undo=command.id if command else None, contacts=True, **events), **{"HX-Reswap": "none"})


def moved(request: Request, url: str, said: str, command: Command | None = None) -> Response[bytes]:
    """It was changed, and the page with it: go to `url`, with a toast."""
    answer = redirect(request, url)
    if is_htmx(request):
        answer.headers.update(toast(said, undo=command.id if command else None, contacts=True))
    return answer


async def dialog(request: Request, template: str, title: str, status: int = 200, **context: Any) -> Response[bytes]:
    """A form in a dialog; without scripts as a page of its own."""
    if is_htmx(request) and not wants(request, "view"):
        return fragment(request, template, status=status, **context)
    side = await side_of(member(request), "")
    return await page(request, "contacts/form.html", status=status, part=template, form_title=title, **{**side, **context})
