"""The apps that exist. The rail, the switcher, the home page and the manifest's shortcuts all read this list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from app.lib.i18n import _
from app.models.organisation import PRODUCTS
from app.models.viewer import Viewer

Badge = Callable[[Viewer], Awaitable[int]]
_badges: dict[str, Badge] = {}


@dataclass(frozen=True, slots=True)
class App:
    """One app: its key (also the name of its right), title, address, icon, and the colour of its icon on a device (home has the brand's)."""

    key: str
    title: str
    url: str
    icon: str
    about: str = ""
    badge: int = 0
    colour: str = ""


def all_apps() -> list[App]:
    """Every app of the suite, in the order of the rail, named in the language being spoken."""
    return [
        App("home", _("Home"), "/", "home", _("Everything at a glance")),
        App("calendar", _("Calendar"), "/calendar", "calendar", _("Times, rooms and answers"), colour="#b45309"),
        App("contacts", _("Contacts"), "/contacts", "contact-round", _("People inside and outside, on every device"), colour="#7c3aed"),
        App("chat", _("Chat"), "/chat", "message-circle", _("Talk in channels and directly"), colour="#0f766e"),
        App("drive", _("Drive"), "/drive", "hard-drive", _("Files and folders, shared and safe"), colour="#2563eb"),
    ]


def apps_for(viewer: Viewer) -> list[App]:
    """The apps that this person may use."""
    apps = [app for app in all_apps() if app.key == "home" or viewer.can_use(app.key)]
    return apps if viewer.is_external else [*apps, App("manager", _("Manager"), "/manager", "settings", _("People and settings of the organisation"))]


def products() -> list[App]:
    """The apps that members have rights about (MGR-04)."""
    return [app for app in all_apps() if app.key in PRODUCTS]


def badge(key: str) -> Callable[[Badge], Badge]:
    """Register how many things wait for somebody in the app `key`: the number on the rail."""

    def register(count: Badge) -> Badge:
        _badges[key] = count
        return count

    return register


async def badged(apps: list[App], viewer: Viewer) -> list[App]:
    """The apps with the numbers of their badges."""
    return [replace(app, badge=await _badges[app.key](viewer)) if app.key in _badges else app for app in apps]
