"""Messages as HTML, rendered once while they stay as they are: they look the same to every reader, so a log is mostly looked up."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from app.lib.i18n import language
from app.lib.templates import plain
from app.models.chat.assistance import offered
from app.models.viewer import Viewer
from app.render import keep_ready, render

MOST = 20_000
keep_ready("chat/_message.html", "chat/macros.html", "shared/atoms.html")

_articles: dict[tuple[Any, ...], Markup] = {}
_furniture: dict[tuple[Any, ...], Markup] = {}


def article(message: dict[str, Any]) -> Markup:
    """A message as `models.chat.log` has it. `changed` moves with everything that is shown, but for the author's name and picture."""
    key = (message["id"], message["changed"], message["follows"], message["name"], message["avatar"])
    return _articles.get(key) or _keep(_articles, key, "chat/_message.html", message=message)


@plain
def articles(messages: list[dict[str, Any]]) -> Markup:
    """Messages in their order."""
    return Markup("\n".join(map(article, messages)))  # of nothing but markup: Markup.join would look at each for what to escape


def furniture(viewer: Viewer, is_member: bool) -> Markup:
    """What the scripts of a log clone: it differs by language and by who writes."""
    key = (language(), viewer.account_id, viewer.name, viewer.avatar, is_member, offered())
    pieces = {"viewer": viewer, "is_member": is_member, "assistance": offered()}
    return _furniture.get(key) or _keep(_furniture, key, "chat/_log_pieces.html", **pieces)


def _keep(kept: dict[tuple[Any, ...], Markup], key: tuple[Any, ...], template: str, **context: Any) -> Markup:
    if len(kept) >= MOST:
        kept.clear()
    made = kept[key] = Markup(render(template, **context))
    return made
