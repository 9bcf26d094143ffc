"""The cards of people and contacts in a conversation."""

from __future__ import annotations

from app import access
from app.cards import Card, card_of
from app.lib.i18n import _
from app.models.contacts import editing, person_seen_by
from app.models.viewer import Viewer


@card_of(r"/contacts/(\d{1,16})")
async def _contact(viewer: Viewer, contact_id: str) -> Card | None:
    access.require_member(viewer, "contacts.use")
    contact, book = await editing.find(viewer, int(contact_id))
    picture = f"{contact.url}/photo" if contact.has_photo else ""
    return Card(_("Contact"), contact.name, contact.url, "contact-round", _line(contact.title, contact.organisation, contact.email), book.name, picture)


@card_of(r"/contacts/people/(\d{1,16})")
async def _person(viewer: Viewer, membership_id: str) -> Card | None:
    access.require_member(viewer, "contacts.use")
    person = await person_seen_by(viewer, int(membership_id))
    picture = f"/avatars/{person.avatar}/small" if person.avatar else ""
    return Card(_("Person"), person.name, person.url, "user", _line(person.title, *person.teams, person.email), person.org_name, picture)


def _line(*parts: str) -> str:
    return " · ".join(filter(None, parts))
