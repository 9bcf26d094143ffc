"""The root, and the people: where a client that knows only the server's name finds everything of its own (RFC 3744 §4, RFC 5397, RFC 6764)."""

from __future__ import annotations

from collections.abc import Sequence

from app.lib.dav.names import cs, d
from app.lib.dav.writing import elements, escape, href
from app.lib.numbers import whole
from app.models.dav import Caller, Colleague, colleagues
from app.routes.dav import trees
from app.routes.dav.nodes import Collection, Node
from app.routes.dav.properties import READ, Properties, Property, fixed, for_everyone, supported_reports

SEARCH, SEARCHABLE, EXPAND = d("principal-property-search"), d("principal-search-property-set"), d("expand-property")
_REPORTS = (SEARCH, SEARCHABLE, EXPAND)


class Root(Collection):
    """`/dav/`."""

    reports = _REPORTS

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, "/dav/")

    @property
    def properties(self) -> Properties:
        return {
            d("resourcetype"): fixed(elements(d("collection")), in_allprop=True),
            d("displayname"): fixed(b"Chalet", in_allprop=True),
            d("principal-URL"): fixed(href(self.caller.principal)),
            d("supported-report-set"): fixed(supported_reports(self.reports)),
            **for_everyone(self.caller, self.caller.principal, READ),
            **_additions(self.caller),
        }

    async def find(self, name: str) -> Node | None:
        if name == "principals":
            return Principals(self.caller)
        return next((tree.root(self.caller) for tree in trees.all_trees() if tree.name == name), None)

    async def nodes(self) -> Sequence[Node]:
        roots = [await tree.root(self.caller).real() for tree in trees.all_trees()]
        return [Principals(self.caller), *(root for root in roots if root is not None)]


class Principals(Collection):
    """`/dav/principals/`: the caller, and whom they may look up."""

    reports = _REPORTS

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, "/dav/principals/")

    @property
    def properties(self) -> Properties:
        return {
            d("resourcetype"): fixed(elements(d("collection")), in_allprop=True),
            d("displayname"): fixed(b"Principals", in_allprop=True),
            d("supported-report-set"): fixed(supported_reports(self.reports)),
            **for_everyone(self.caller, self.caller.principal, READ),
        }

    async def find(self, name: str) -> Node | None:
        if name.upper() == self.caller.sync_name:
            return Me(self.caller)
        if name.startswith("u") and (account_id := whole(name[1:])) is not None:
            found = await colleagues(self.caller, account_id=account_id)
            return Other(self.caller, found[0]) if found else None
        return None

    async def nodes(self) -> Sequence[Node]:
        return [Me(self.caller)]


class Person(Collection):
    """A principal. It is a collection only in so far as its address ends with a slash."""

    reports = _REPORTS

    async def find(self, name: str) -> Node | None:
        return None


class Other(Person):
    """A colleague's principal: their name and address."""

    def __init__(self, caller: Caller, colleague: Colleague) -> None:
        super().__init__(caller, caller.principal_of(colleague.account_id))
        self.colleague = colleague

    @property
    def properties(self) -> Properties:
        return {
            **_of_person(self, self.colleague.name, self.colleague.email),
            **_additions(self.caller, self.colleague),
        }


class Me(Person):
    """The caller's own principal, with the homes of all apps: setting up one kind of account finds the other, too (DAV-07)."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, caller.principal)

    @property
    def properties(self) -> Properties:
        return {**_of_person(self, self.caller.name, self.caller.email), **_additions(self.caller)}


def _additions(caller: Caller, colleague: Colleague | None = None) -> dict[str, Property]:
    return {name: one for tree in trees.all_trees() for name, one in tree.additions(caller, colleague).items()}


def _of_person(node: Person, name: str, email: str) -> dict[str, Property]:
    return {
        d("resourcetype"): fixed(elements(d("collection"), d("principal")), in_allprop=True),
        d("displayname"): fixed(escape(name), in_allprop=True),
        d("principal-URL"): fixed(href(node.href)),
        d("alternate-URI-set"): fixed(b""),
        d("group-membership"): fixed(b""),
        d("supported-report-set"): fixed(supported_reports(node.reports)),
        cs("email-address-set"): fixed(b"<cs:email-address>" + escape(email) + b"</cs:email-address>"),
        **for_everyone(node.caller, node.href, READ),
    }
