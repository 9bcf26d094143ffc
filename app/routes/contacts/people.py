"""Directories: the members of each organisation that one belongs to. Nobody edits their cards, and no address gives all of them away."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.lib import blobs
from app.lib.i18n import _
from app.lib.numbers import whole
from app.lib.pictures import portrait
from app.models.base import NotFound
from app.models.contacts import AddressBook, Directory, Person, editing, person_seen_by
from app.models.contacts.directory import PIECE
from app.models.contacts.listing import PERSON, favourites, see, set_favourite
from app.models.contacts.people import people_and_contacts
from app.models.member import people_like
from app.models.viewer import Viewer
from app.render import fragment, nothing, page
from app.routes.contacts.cards import file_of, panel_html
from app.routes.contacts.lists import place_after
from app.routes.contacts.shown import done, member, moved, side_of, wants
from app.routes.contacts.together import together


@get("/contacts/directories/{org_id:int}", include_in_schema=False)
async def show_directory(
    request: Request, org_id: FromPath[int], q: FromQuery[str] = "", team: FromQuery[int] = 0, after: FromQuery[str] = ""
) -> Response[bytes]:
    """The members of an organisation, all or those of a team: the page, the list, or its next piece."""
    viewer = member(request)
    if wants(request, "detail"):  # it is being closed
        return fragment(request, "contacts/_closed.html")
    directory = await Directory.seen_by(viewer.account_id, org_id)
    context = await _listed(viewer, directory, q.strip()[:100], team, after)
    if wants(request, "contacts-more"):
        return fragment(request, "contacts/_directory_rows.html", **context)
    if wants(request, "contacts"):
        return fragment(request, "contacts/_directory.html", **context)
    return await page(request, "contacts/directory.html", panel_html="", **await side_of(viewer, f"directory:{org_id}"), **context)


@get("/contacts/people/{membership_id:int}", include_in_schema=False)
async def show_person(request: Request, membership_id: FromPath[int], refresh: FromQuery[int] = 0) -> Response[bytes]:
    """A member's card: in the panel, or with the directory beside it."""
    viewer = member(request)
    try:
        person = await person_seen_by(viewer, membership_id)
    except NotFound:
        if refresh and wants(request, "detail"):
            return fragment(request, "contacts/_closed.html")
        raise
    context = await _shown(viewer, person)
    if wants(request, "detail"):
        return fragment(request, "contacts/_person.html", **context)
    directory = await Directory.seen_by(viewer.account_id, person.org_id)
    listed = await _listed(viewer, directory, "", 0, "")
    side = await side_of(viewer, f"directory:{person.org_id}")
    return await page(request, "contacts/directory.html", panel_html=panel_html(request, "contacts/_person.html", context), **side, **listed)


@post("/contacts/people/{membership_id:int}/visits", status_code=200, include_in_schema=False)
async def create_person_visit(request: Request, membership_id: FromPath[int]) -> Response[bytes]:
    """Somebody looks at a member's card."""
    viewer = member(request)
    person = await person_seen_by(viewer, membership_id)
    await see(viewer.account_id, PERSON, person.id)
    return nothing()


@post("/contacts/people/{membership_id:int}/favourite", status_code=200, include_in_schema=False)
async def create_person_favourite(request: Request, membership_id: FromPath[int]) -> Response[bytes]:
    """Keep a member among the favourites (DIR-09)."""
    return await _star(request, membership_id, True)


@delete("/contacts/people/{membership_id:int}/favourite", status_code=200, include_in_schema=False)
async def delete_person_favourite(request: Request, membership_id: FromPath[int]) -> Response[bytes]:
    """No longer."""
    return await _star(request, membership_id, False)


@get("/contacts/people/{membership_id:int}/card", include_in_schema=False)
async def show_person_file(request: Request, membership_id: FromPath[int]) -> Response[bytes]:
    """The card of one member as a file (DIR-07)."""
    person = await person_seen_by(member(request), membership_id)
    return file_of(person.card(await _picture(person)).encode(), person.name)


@post("/contacts/people/{membership_id:int}/copies", status_code=200, include_in_schema=False)
async def create_person_copy(request: Request, membership_id: FromPath[int]) -> Response[bytes]:
    """Copy a member's card into an address book of one's own (DIR-06)."""
    viewer = member(request)
    person = await person_seen_by(viewer, membership_id)
    chosen = whole(str((await request.form()).get("book", ""))) or 0
    book = await AddressBook.seen_by(viewer, chosen) if chosen else await AddressBook.default_for(viewer.account_id, viewer.org_id)
    command, made = await editing.copy_text(viewer, person.card(await _picture(person)), book)
    return moved(request, made.url, _("%(name)s was copied to %(book)s.") % {"name": person.name, "book": book.name}, command)


@get("/contacts/colleagues", include_in_schema=False)
async def list_colleagues(request: Request, q: FromQuery[str] = "") -> Response[bytes]:
    """Options of a people picker: colleagues, by what was typed."""
    viewer = member(request)
    return fragment(request, "shared/_people_options.html", people=await people_like(viewer, q, but=viewer.account_id))


@get("/contacts/addressees", include_in_schema=False)
async def list_addressees(request: Request, q: FromQuery[str] = "") -> Response[bytes]:
    """People and contacts by what was typed, for whoever is to be invited or written to."""
    return fragment(request, "contacts/_addressees.html", found=await people_and_contacts(member(request), q))


async def _listed(viewer: Viewer, directory: Directory, q: str, team: int, after: str) -> dict[str, Any]:
    people = await directory.people(q, team if 0 < team < 2**53 else 0, place_after(after))
    last = people[-1] if len(people) == PIECE else None
    return {
        "directory": directory, "people": people, "q": q, "team": team, "following": f"{last.sort_name}|{last.id}" if last else "",
        "teams": await directory.teams(), "count": await directory.count(), "starred": await favourites(viewer.account_id, PERSON),
    }


async def _shown(viewer: Viewer, person: Person) -> dict[str, Any]:
    books = await AddressBook.all_for(viewer.account_id, viewer.org_id)
    return {
        "person": person, "targets": [one for one in books if one.can_write], "is_favourite": person.id in await favourites(viewer.account_id, PERSON),
        "is_here": person.org_id == viewer.org_id,
        **await together(viewer, [person.email], person.account_id if person.org_id == viewer.org_id else 0),
    }


async def _star(request: Request, membership_id: int, on: bool) -> Response[bytes]:
    viewer = member(request)
    person = await person_seen_by(viewer, membership_id)
    await set_favourite(viewer.account_id, PERSON, person.id, on)
    if wants(request, "detail"):
        return fragment(request, "contacts/_person.html", headers={"HX-Trigger": '{"contacts":true}'}, **await _shown(viewer, person))
    said = _("%(name)s is among your favourites.") if on else _("%(name)s is no longer among your favourites.")
    return done(request, person.url, said % {"name": person.name})


async def _picture(person: Person) -> bytes | None:
    """Their picture as JPEG, which every address book reads."""
    kept = await blobs.store().get(person.avatar) if person.avatar else None
    return await portrait(kept) if kept else None


handlers = [
    show_directory, show_person, create_person_visit, create_person_favourite, delete_person_favourite, show_person_file, create_person_copy, list_colleagues,
    list_addressees,
]
