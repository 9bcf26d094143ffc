"""In words: why a notice came on each way, or didn't."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.lib.i18n import _
from app.models.notifications import Notification
from app.models.notifications.kinds import AREAS, CALENDAR, CHAT, FILES, IN_APP, MAIL, PEOPLE, PUSH, SECURITY

REASONS: dict[str, Callable[[], str]] = {
    "chosen": lambda: _("You chose this for this kind of notification."),
    "default": lambda: _("It is on for this kind unless you change it."),
    "always": lambda: _("Notifications about your account’s security are always shown."),
    "urgent": lambda: _("It is urgent, so it comes even though you aren’t to be disturbed."),
    "muted": lambda: _("You muted where it comes from."),
    "looking": lambda: _("You were looking at it at that moment."),
    "off": lambda: _("You switched this kind off."),
    "default_off": lambda: _("It is off for this kind unless you change it."),
    "quiet": lambda: _("You weren’t to be disturbed: do not disturb or quiet hours."),
    "no_device": lambda: _("No device of yours takes notifications."),
    "device_off": lambda: _("You switched notifications off for this device."),
    "device_kind_off": lambda: _("You switched this kind off for this device."),
    "in_use": lambda: _("You were using the suite in another window at that moment."),
    "digest_off": lambda: _("You get no digests by mail."),
}

STATES: dict[str, Callable[[], str]] = {
    "queued": lambda: _("on its way"),
    "sent": lambda: _("taken by the push service"),
    "shown": lambda: _("shown"),
    "clicked": lambda: _("clicked"),
    "closed": lambda: _("closed, because it was read elsewhere"),
    "withdrawn": lambda: _("withdrawn, because it was read before it was sent"),
    "failed": lambda: _("refused"),
    "gone": lambda: _("refused: the subscription is over"),
    "late": lambda: _("given up after several tries"),
}


@dataclass(frozen=True, slots=True)
class Way:
    """What became of a notice on one way."""

    icon: str
    name: str
    goes: bool
    reason: str
    until: int | None = None
    state: str = ""
    at: int | None = None
    detail: str = ""


def way_name(channel: str, device: str = "") -> str:
    """What a way is called: the app, a device, the digest."""
    return {IN_APP: _("In the app"), PUSH: device or _("On your devices"), MAIL: _("By mail")}[channel]


def area_name(area: str) -> str:
    """What an area of kinds is called."""
    names = {CHAT: _("Chat"), CALENDAR: _("Calendar"), FILES: _("Drive"), PEOPLE: _("People"), SECURITY: _("Security of my account")}
    assert area in AREAS
    return names.get(area, _("This suite"))


async def explained(notification: Notification, deliveries: list[dict[str, Any]]) -> list[Way]:
    """Each way with its reason; where it was pushed, how far it came."""
    by_device: dict[int, dict[str, Any]] = {}
    for row in deliveries:
        by_device[row["device_id"]] = row
    return [_way(notification, outcome, by_device) for outcome in notification.outcomes]


def held_lines(notification: Notification) -> list[Way]:
    """The ways on which a notice was held back."""
    return [
        Way(_ICONS[one["channel"]], way_name(one["channel"]), False, _reason(one["reason"]), one.get("until"))
        for one in notification.outcomes if one.get("held")
    ]


_ICONS = {IN_APP: "bell", PUSH: "smartphone", MAIL: "mail"}


def _way(notification: Notification, outcome: dict[str, Any], by_device: dict[int, dict[str, Any]]) -> Way:
    channel = outcome["channel"]
    delivery = by_device.get(outcome.get("device_id") or 0)
    name = way_name(channel, delivery["name"] if delivery else "")
    base = (_ICONS[channel], name, bool(outcome["goes"] or delivery), _reason(outcome["reason"]), outcome.get("until"))
    if channel == MAIL and outcome["goes"]:
        if notification.mailed_at:
            return Way(*base, state=_("mailed"), at=notification.mailed_at)
        if notification.about.own_mail:
            return Way(*base, state=_("mailed"), at=notification.created_at)
        return Way(*base, state=_("not needed: it is read") if notification.read_at else _("waits for your next digest"))
    if delivery:
        return Way(*base, state=STATES[_state(delivery)](), at=delivery["clicked_at"] or delivery["shown_at"] or delivery["sent_at"], detail=delivery["error"])
    return Way(*base)


def _state(delivery: dict[str, Any]) -> str:
    if delivery["clicked_at"]:
        return "clicked"
    if delivery["closed_at"] and delivery["status"] == "sent":
        return "closed"
    return "shown" if delivery["shown_at"] else str(delivery["status"])


def _reason(key: str) -> str:
    return REASONS[key]() if key in REASONS else key
