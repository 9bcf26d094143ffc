"""Markdown files as pages: everything of CommonMark, tables, tasks, no HTML of their own, and nothing fetched from elsewhere."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt

_TASK = re.compile(r"\[([ xX])\] ")
MOST = 600_000  # characters; longer ones are shown as they are written


def document_html(text: str) -> str:
    """The HTML of a document; what isn't text is escaped."""
    return f"<pre>{escape(text)}</pre>" if len(text) > MOST else _made().render(text)


@cache
def _made() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "maxNesting": 40}).enable(["table", "strikethrough"])
    made.add_render_rule("image", _picture)
    made.add_render_rule("link_open", _link)
    made.core.ruler.push("tasks", _tick)
    return made


def _tick(state: Any) -> None:
    """`- [ ] this` and `- [x] that` (GitHub Flavored Markdown §5.3) have a box instead of a bullet."""
    for item, _paragraph, line in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        first = line.children[0] if item.type == "list_item_open" and line.children else None
        if first is not None and (found := _TASK.match(first.content)):
            item.attrSet("class", "task")
            first.content = ("☐ " if found[1] == " " else "☑ ") + first.content[found.end():]


def _picture(renderer: Any, tokens: Any, number: int, options: Any, environment: Any) -> str:
    """A picture that lies elsewhere would tell who reads: it is a link."""
    token = tokens[number]
    return f'<a href="{escape(str(token.attrs.get("src", "")))}" rel="noopener noreferrer">{escape(token.content or str(token.attrs.get("src", "")))}</a>'


def _link(renderer: Any, tokens: Any, number: int, options: Any, environment: Any) -> str:
    tokens[number].attrSet("rel", "noopener noreferrer")
    return str(renderer.renderToken(tokens, number, options, environment))
