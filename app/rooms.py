"""The apps that exist. The rail, the switcher, the home page and the manifest's shortcuts all read this list."""

from __future__ import annotations

from dataclasses import dataclass

from app.lib.i18n import _
from app.models.viewer import Viewer


@dataclass(frozen=True, slots=True)
class App:
    """One app: its key (also the name of its right), title, address, icon, and colour hue on the home page."""

    key: str
    title: str
    url: str
    icon: str
    about: str = ""
    badge: int = 0


def all_apps() -> list[App]:
    """Every app of the suite, in the order of the rail, named in the language being spoken."""
    return [
        App("home", _("Home"), "/", "home", _("Everything at a glance")),
        App("chat", _("Chat"), "/chat", "message-circle", _("Talk in channels and directly")),
    ]


def apps_for(viewer: Viewer) -> list[App]:
    """The apps that this person may use."""
    apps = [app for app in all_apps() if app.key == "home" or viewer.can_use(app.key)]
    return [*apps, App("manager", _("Manager"), "/manager", "settings", _("People and settings of the organisation"))] if viewer.is_admin else apps
