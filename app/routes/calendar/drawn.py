"""The columns of days as HTML: hundreds of events are drawn from a few prepared pieces (calendar/_timed.html)."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from app.render import filled
from app.routes.calendar.layout import Place

SHORT = 9  # steps of five minutes; less has room for one line


def column(places: Iterable[Place]) -> Markup:
    """What a day has, in its column."""
    return Markup("\n".join([_timed(place) for place in places]))


def _timed(place: Place) -> str:
    one, is_short = place.event, place.length < SHORT
    about = f", {one.from_}" if is_short else f"{one.hours} · {one.place}" if one.place else one.hours
    return filled(
        "calendar/_timed.html",
        {"can_edit": one.can_edit, "recurs": one.recurs, "is_private": one.is_private, "has_meeting": one.has_meeting, "is_one_of_many": bool(one.key)},
        {
            "url": one.url, "object": str(one.object_id), "key": one.key, "calendar": str(one.calendar_id), "start": one.start_text, "end": one.end_text,
            "title": escape(one.title), "about": escape(about), "when": escape(f"{one.when}, {one.state_word}" if one.state_word else one.when),
            "classes": f"{one.classes} s-{place.start} l-{place.length} at-{place.at} of-{place.of} wide-{place.wide}{' short' if is_short else ''}",
        },
    )
