"""CardDAV (RFC 6352): `home.py` the address-book home, `book.py` a book, `card.py` a card, `directory.py` an organisation's directory, which
is looked up in and never given away as a whole; `query.py` addressbook-query, `data.py` which version of vCard a client gets."""

from __future__ import annotations

from app.lib.dav.names import card
from app.lib.dav.writing import href
from app.models.dav import Caller, Colleague
from app.routes.dav import trees
from app.routes.dav.contacts import query
from app.routes.dav.contacts.directory import gateways
from app.routes.dav.contacts.home import Home, Homes
from app.routes.dav.properties import Properties, fixed

__all__ = ["query"]


def _additions(caller: Caller, colleague: Colleague | None) -> Properties:
    if colleague is not None or not caller.using("contacts"):
        return {}
    return {card("addressbook-home-set"): fixed(href(Home.of(caller))), card("directory-gateway"): fixed(gateways(caller))}


trees.register(trees.Tree("contacts", Homes, ("addressbook",), _additions))
