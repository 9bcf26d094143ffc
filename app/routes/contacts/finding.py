"""Contacts in the palette of Ctrl K: whoever has what was typed, and what one may do."""

from __future__ import annotations

from app.lib.i18n import _
from app.models.contacts import AddressBook
from app.models.contacts.listing import Wanted, list_contacts
from app.models.viewer import Viewer
from app.routes.search import COMMAND, Offer, offers

_MOST = 5


@offers
async def _contacts(viewer: Viewer, typed: str) -> list[Offer]:
    if viewer.is_external or not viewer.can_use("contacts"):
        return []
    commands = [
        Offer(_("New contact"), "/contacts/new", "user-plus", COMMAND, app="contacts"),
        Offer(_("Import contacts"), "/contacts/import", "upload", COMMAND, app="contacts"),
    ]
    if not typed.strip():
        return commands
    books = await AddressBook.all_for(viewer.account_id, viewer.org_id)
    found, _following = await list_contacts(books, Wanted(search=typed), most=_MOST)
    return commands + [
        Offer(one.name, one.url, "contact-round", app="contacts", about=one.organisation or one.email, other_words=f"{one.email} {one.phone}") for one in found
    ]
