"""An event or a task, and what the model refuses of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from app.lib.dav.conditions import Match
from app.lib.dav.names import cal, d
from app.lib.dav.problems import Problem
from app.lib.dav.writing import escape, href
from app.models.base import NotFound, Refused
from app.models.calendar import LostRace, ObjectRefused, UidTaken
from app.models.calendar.indexing import MOST_OBJECT
from app.models.calendar.programs import erase
from app.models.calendar.storing import Condition
from app.routes.dav.calendars import managed
from app.routes.dav.calendars.data import KIND, content_of
from app.routes.dav.nodes import Content, RowNode, Stored
from app.routes.dav.requests import Answer, Request
from app.routes.dav.texts import Expected, text_of

if TYPE_CHECKING:
    from app.routes.dav.calendars.calendar import CalendarNode

_EXPECTED = Expected(
    ("", "text/calendar", "application/octet-stream", "text/plain"), MOST_OBJECT, cal("supported-calendar-data"), cal("valid-calendar-data"),
    cal("max-resource-size"),
)


class Item(RowNode):
    """An event or a task with all its instances."""

    parent: CalendarNode

    @property
    def may_write(self) -> bool:
        return self.parent.may_write

    async def read(self, request: Request) -> Content:
        headers = [(b"content-disposition", b"attachment")]
        if self.row["organiser"]:
            headers.append((b"schedule-tag", f'"{self.row["schedule_tag"]}"'.encode()))
        return Content(content_of(self.row["ics"], request), KIND, self.row["etag"], self.row["changed_at"], headers=tuple(headers))

    async def put(self, request: Request, match: Match) -> Stored:
        return await self.parent.store(self.row["href"], await calendar_of(request), match, request, self.row)

    async def post(self, request: Request) -> Answer:
        return await managed.change(self, request)

    async def delete(self, request: Request) -> None:
        tag = request.header("if-schedule-tag-match")
        check_schedule_tag(tag, self.row)
        condition = condition_of(request.match, self.row if tag else None)
        with refusals(self.parent):
            await erase(self.parent.viewer, self.parent.calendar, self.row["href"], condition, replies=request.header("schedule-reply").strip().upper() != "F")


def check_schedule_tag(tag: str, row: dict[str, Any] | None) -> None:
    """If-Schedule-Tag-Match (RFC 6638 §8.3): whether guests or organiser changed it since, other than by answers. Raises `Problem` (412)."""
    if tag and (row is None or row["schedule_tag"] != tag.strip().strip('"')):
        raise Problem(412, text="It was changed in the meantime.")


def is_hidden(row: dict[str, Any]) -> bool:
    """Whether an object is private."""
    return row["visibility"] in ("PRIVATE", "CONFIDENTIAL")


def condition_of(match: Match, seen: dict[str, Any] | None, *, may_replace: bool = True) -> Condition:
    """What the model asks in its transaction: the preconditions, that it is still the row that was `seen`, and that nothing hidden is replaced."""
    def check(etag: str | None) -> None:
        match.check(etag)
        if seen is not None and etag != seen["etag"]:
            raise LostRace(etag)
        if etag is not None and not may_replace:
            raise Problem(403, d("need-privileges"))

    return check


async def calendar_of(request: Request) -> str:
    """The object in a PUT's body. Raises `Problem`."""
    return await text_of(request, _EXPECTED)


@contextmanager
def refusals(parent: CalendarNode) -> Iterator[None]:
    """What the model refuses, as the preconditions of RFC 4791 §5.3.2.1."""
    try:
        yield
    except UidTaken as taken:
        raise Problem(409, cal("no-uid-conflict"), inner=href(parent.address(taken.href))) from None
    except ObjectRefused as refused:
        status = {"max-resource-size": 413, "no-uid-conflict": 409}.get(refused.condition, 403)
        inner = b"" if refused.condition == "no-uid-conflict" else escape(str(refused))
        raise Problem(status, cal(refused.condition), inner=inner) from None
    except LostRace:
        raise Problem(412, text="It was changed in the meantime.") from None
    except NotFound:
        raise Problem(404, text="It is gone.") from None
    except Refused as refused:
        raise Problem(403, d("need-privileges"), text=str(refused)) from None
