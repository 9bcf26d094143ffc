"""Markdown files as pages: everything of CommonMark, tables, no HTML of their own, and nothing fetched from elsewhere."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt

MOST = 600_000  # characters; longer ones are shown as they are written


def document_html(text: str) -> str:
    """The HTML of a document; what isn't text is escaped."""
    return f"<pre>{escape(text)}</pre>" if len(text) > MOST else _made().render(text)


@cache
def _made() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "maxNesting": 40}).enable(["table", "strikethrough"])
    made.add_render_rule("image", _picture)
    made.add_render_rule("link_open", _link)
    return made


def _picture(renderer: Any, tokens: Any, number: int, options: Any, environment: Any) -> str:
    """A picture that lies elsewhere would tell who reads: it is a link."""
    token = tokens[number]
    return f'<a href="{escape(str(token.attrs.get("src", "")))}" rel="noopener noreferrer">{escape(token.content or str(token.attrs.get("src", "")))}</a>'


def _link(renderer: Any, tokens: Any, number: int, options: Any, environment: Any) -> str:
    tokens[number].attrSet("rel", "noopener noreferrer")
    return str(renderer.renderToken(tokens, number, options, environment))
