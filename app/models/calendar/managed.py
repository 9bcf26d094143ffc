"""Files that programs add to an event, replace and remove by themselves (RFC 8607): what becomes of the event's text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.lib import itip
from app.lib.ical import Component, Property
from app.lib.ical.series import Series
from app.models.base import NotFound
from app.models.calendar.attachments import Attached, token_of
from app.models.calendar.drafts import attach_line, stamp
from app.models.calendar.editing import stand_in
from app.models.calendar.scheduling import as_written

MAIN = "M"


def attach(event: Component, recurrence_ids: Sequence[str], file: Attached) -> None:
    """Let the parts that are meant name a file. Raises `NotFound` for an instance that there isn't."""
    for part in _parts(event, recurrence_ids):
        part.add(attach_line(file))
        stamp(part)


def replace(event: Component, managed_id: str, file: Attached) -> None:
    """Another file in the place of one, wherever it is named. Raises `NotFound` where it isn't."""
    _change(event.within(*itip.PARTS), managed_id, lambda: [attach_line(file)])


def detach(event: Component, managed_id: str, recurrence_ids: Sequence[str]) -> None:
    """The parts that are meant name a file no more. Raises `NotFound` where they don't."""
    _change(_parts(event, recurrence_ids), managed_id, list)


def most_named(event: Component) -> int:
    """How many files the part names that names most."""
    return max((len(part.all("ATTACH")) for part in event.within(*itip.PARTS)), default=0)


def _change(parts: Sequence[Component], managed_id: str, instead: Callable[[], list[Property]]) -> None:
    touched = [part for part in parts if any(token_of(line.value) == managed_id for line in part.all("ATTACH"))]
    if not touched or not managed_id:
        raise NotFound(f"attachment {managed_id}")
    for part in touched:
        lines = part.all("ATTACH")
        part.remove("ATTACH")
        for line in lines:
            for kept in instead() if token_of(line.value) == managed_id else [line]:
                part.add(kept)
        stamp(part)


def _parts(event: Component, recurrence_ids: Sequence[str]) -> list[Component]:
    """All, or the main one and those of single instances, which are made where they are like the others so far."""
    if not recurrence_ids:
        return event.within(*itip.PARTS)
    parts = []
    for id_ in dict.fromkeys(recurrence_ids):
        series = Series.of(event)
        if series is None or (id_ == MAIN and series.main is None):
            raise NotFound(f"instance {id_}")
        parts.append(series.main if id_ == MAIN and series.main is not None else stand_in(event, series, as_written(event, id_)))
    return parts
