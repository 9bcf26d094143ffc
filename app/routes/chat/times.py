"""Times to choose from for what happens later, as clocks show them where the viewer is."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.lib import clock
from app.lib.forms import Form, TextField
from app.lib.i18n import _
from app.models.base import Refused
from app.models.viewer import Viewer

MORNING = 9  # o'clock


class Moment(Form):
    """A time: one of the offered ones, or a day and time of one's own; with a note."""

    preset = TextField(most=40, required=False)
    at = TextField(most=40, required=False)
    note = TextField(most=300, required=False)


def presets(viewer: Viewer) -> list[tuple[str, str]]:
    """Times that people often want, as (local time, label)."""
    now = datetime.fromtimestamp(clock.now() / 1000, ZoneInfo(viewer.timezone))
    morning = now.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    monday = morning + timedelta(days=7 - now.weekday())
    offered = [
        (now + timedelta(minutes=20), _("In 20 minutes")), (now + timedelta(hours=1), _("In an hour")), (now + timedelta(hours=3), _("In three hours")),
        (morning + timedelta(days=1), _("Tomorrow at 9:00")), (monday, _("On Monday at 9:00")),
    ]
    return [(at.replace(tzinfo=None).isoformat(timespec="minutes"), label) for at, label in offered]


def instant_of(viewer: Viewer, form: Form) -> int:
    """The chosen time in milliseconds since the epoch. Raises `Refused`."""
    typed = (form.values.get("at") or form.values.get("preset") or "").strip()
    try:
        local = datetime.fromisoformat(typed)
    except ValueError:
        raise Refused(_("Choose a time.")) from None
    return int((local.replace(tzinfo=ZoneInfo(viewer.timezone)) if local.tzinfo is None else local).timestamp() * 1000)
