"""What the homes of calendars and of contacts have in common: a folder in which everybody finds their own home alone, and that home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from app.lib.dav.names import d
from app.lib.dav.problems import Problem
from app.lib.dav.writing import elements, escape
from app.models.base import Refused
from app.models.dav import Caller, DeadProperty
from app.routes.dav.nodes import Collection, Made, Node
from app.routes.dav.properties import READ, WRITE, Properties, fixed, for_everyone, supported_reports


class Home(Collection):
    """The collections of one person. New ones are made in the organisation that they joined first."""

    folder: ClassVar[str]
    """The segment below /dav/."""
    product: ClassVar[str]
    """Who may use it."""
    made_kind: ClassVar[str]
    """What dead properties of what is made here are kept under."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, self.of(caller))
        self.org_ids = [viewer.org_id for viewer in caller.using(self.product)]

    @classmethod
    def of(cls, caller: Caller) -> str:
        """Where somebody's home is."""
        return f"/dav/{cls.folder}/{caller.sync_name}/"

    @property
    def id(self) -> int:
        return self.caller.account_id

    @property
    def privileges(self) -> tuple[str, ...]:
        return (*READ, *WRITE)

    @property
    def more(self) -> Properties:
        """What only this kind of home has."""
        return {}

    @property
    def properties(self) -> Properties:
        return {
            d("resourcetype"): fixed(elements(d("collection")), in_allprop=True),
            d("displayname"): fixed(escape(self.caller.name), in_allprop=True),
            d("supported-report-set"): fixed(supported_reports(self.reports)),
            **self.more,
            **for_everyone(self.caller, self.caller.principal, self.privileges),
        }

    async def make_at(self, org_id: int, segment: str, fields: Mapping[str, Any]) -> int:
        """Make a collection there; gives its ID. Raises `Refused`."""
        raise NotImplementedError

    async def make(self, name: str, made: Made) -> None:
        try:
            id_ = await self.make_at(self.org_ids[0], name, made.fields)
        except Refused as refused:
            raise Problem(403, text=str(refused)) from None
        if made.dead:
            await DeadProperty.write(self.made_kind, id_, self.caller.account_id, made.dead)

    async def delete(self, request: object) -> None:
        raise Problem(403, d("need-privileges"), text="A home can’t be deleted.")


class Homes(Collection):
    """`/dav/calendars/`, `/dav/contacts/`: the caller's home alone."""

    home: ClassVar[type[Home]]
    title: ClassVar[bytes]

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, f"/dav/{self.home.folder}/")

    @property
    def properties(self) -> Properties:
        return {
            d("resourcetype"): fixed(elements(d("collection")), in_allprop=True), d("displayname"): fixed(self.title, in_allprop=True),
            d("supported-report-set"): fixed(b""), **for_everyone(self.caller, self.caller.principal, READ),
        }

    async def find(self, name: str) -> Node | None:
        return self.home(self.caller) if name.upper() == self.caller.sync_name and self.caller.using(self.home.product) else None

    async def nodes(self) -> Sequence[Node]:
        return [self.home(self.caller)] if self.caller.using(self.home.product) else []
