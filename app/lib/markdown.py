"""Markdown to HTML that is safe to show: CommonMark without HTML, images and headings, with tables, ~~strikethrough~~, bare links, @names,
:emoji: and coloured code.

What the renderer makes is checked against a list of tags and attributes before anybody sees it; a text that would leave the list, nest
or grow beyond bounds is shown as it was written. Links open elsewhere and pass nothing on (`rel="noopener nofollow"`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from app.lib import shortcodes
from app.lib.code_colours import coloured

MOST_CHARACTERS = 20_000
MOST_HTML = 250_000
_DEEPEST = 14
_MOST_BARS = 600  # a table of more cells, and more addresses than this, would take the parser too long
_MOST_LINKS = 200
_MOST_NAMED = 100
_MOST_COLOURED = 12_000  # characters of code in one text

_ALLOWED: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        ("p", "br", "strong", "em", "s", "ul", "li", "blockquote", "pre", "table", "thead", "tbody", "tr", "hr"), frozenset[str]()
    ),
    "ol": frozenset(("start",)),
    "a": frozenset(("href", "rel", "target")),
    "code": frozenset(("data-language",)),
    "span": frozenset(("class", "data-account")),
    "th": frozenset(("data-align",)),
    "td": frozenset(("data-align",)),
    "img": frozenset(("class", "src", "alt", "title", "width", "height", "loading")),
}
EMOJI_PICTURES = "/chat/emoji/"  # the only address of pictures
_SCHEMES = ("http://", "https://", "mailto:")
_WORD = re.compile(r"\w")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]{1,30}")
_STRESS = re.compile(r"(?<![\w\\*])(?:\*{1,3}|~~|`{1,3}|__?)(?=[^\s*])|(?<=[^\s\\*])(?:\*{1,3}|~~|`{1,3}|__?)(?![\w*])")
_AT = re.compile(r"(?<!\w)@(\w[\w’'.-]{0,79})")


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody whose @name may stand in a text."""

    id: int
    name: str


CHANNEL, HERE = -1, -2
EVERYBODY = (Named(CHANNEL, "channel"), Named(CHANNEL, "all"), Named(HERE, "here"))
"""Names that mean many."""


@dataclass(slots=True)
class Rendered:
    """The HTML of a text, the ids of those who are named in it, in their order, and the addresses of its links."""

    html: str
    named: list[int] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    @property
    def groups(self) -> list[int]:
        """`CHANNEL` and `HERE`, as far as they are named."""
        return [id_ for id_ in self.named if id_ in (CHANNEL, HERE)]


def render(text: str, people: Sequence[Named] = (), pictures: Mapping[str, str] | None = None) -> Rendered:
    """`text` as HTML. `people` are those whom @name may mean; of two with the same name, the first is meant.

    `pictures` are the emoji of an organisation's own: the names of their files by the names that stand between colons.
    """
    names = _Names(people)
    markdown = _plainer if text.count("|") > _MOST_BARS or text.count("://") > _MOST_LINKS else _markdown
    environment: dict[str, Any] = {"names": names, "pictures": pictures or {}, "links": []}
    tokens = markdown.parse(text, environment)
    if any(token.level > _DEEPEST - 3 for token in tokens):  # deeper down, the parser drops what it doesn't read
        return Rendered(_as_written(text))
    html = markdown.renderer.render(tokens, markdown.options, environment).strip()
    if not html or len(html) > MOST_HTML or not is_allowed(html):
        return Rendered(_as_written(text))
    return Rendered(html, names.found, list(dict.fromkeys(environment["links"]))[:20])


def words(text: str, most: int) -> str:
    """The words of a text in one line without its signs, at most `most` characters: for a preview, a notification, a list."""
    tokens = _plainer.parse(text[: 2 * most + 200], {"names": _Names(EVERYBODY), "pictures": {}, "links": []})
    pieces = [_words_of(inner) for token in tokens for inner in (*(token.children or (token,)), _GAP)]
    return " ".join("".join(pieces).split())[:most].strip()


def unstressed(text: str) -> str:
    """A text of any length without the signs of emphasis and of code, at once: for excerpts, where `words` would take too long."""
    return _STRESS.sub("", text)


def _words_of(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return " "
    return token.content or (f":{token.meta['name']}:" if token.type == "emoji" else "")


_GAP = Token("softbreak", "br", 0)


def _as_written(text: str) -> str:
    return f"<p>{escape(text).replace(chr(10), '<br>')}</p>"


def names_in(text: str) -> list[str]:
    """The first word of everything that looks like an @name, at most 50 different ones."""
    return list(dict.fromkeys(match[1] for match in _AT.finditer(text)))[:50]


def is_allowed(html: str) -> bool:
    """Whether there is nothing in `html` but the tags and attributes of our list, with addresses of the web or of mail."""
    checker = _Checker()
    checker.feed(html)
    checker.close()
    return not checker.found_other


class _Checker(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found_other = False

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        allowed = _ALLOWED.get(tag)
        is_listed = allowed is not None and all(name in allowed for name, _ in attrs)
        leads_out = tag != "a" or any(name == "href" and (value or "").lower().startswith(_SCHEMES) for name, value in attrs)
        leads_out &= tag != "img" or any(name == "src" and (value or "").startswith(EMOJI_PICTURES) for name, value in attrs)
        self.found_other |= not (is_listed and leads_out)

    def handle_startendtag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_comment(self, data: str) -> None:
        self.found_other = True

    def handle_decl(self, decl: str) -> None:
        self.found_other = True

    def handle_pi(self, data: str) -> None:
        self.found_other = True

    def unknown_decl(self, data: str) -> None:
        self.found_other = True


class _Names:
    """Names that an @ may begin, the longest first."""

    def __init__(self, people: Sequence[Named]) -> None:
        self._people = sorted(((person.name.casefold(), person.id) for person in people if person.name), key=lambda one: -len(one[0]))
        self.found: list[int] = []
        self.found_at: list[int] = []

    def match(self, text: str, start: int) -> tuple[int, int] | None:
        """Id and end of the name that stands at `start`."""
        for name, id_ in self._people if len(self.found_at) < _MOST_NAMED else ():
            end = start + len(name)
            if text[start:end].casefold() == name and not _WORD.match(text[end : end + 1]):
                return id_, end
        return None

    def note(self, id_: int, start: int) -> None:
        """Somebody is named at `start`."""
        self.found_at.append(start)
        if id_ not in self.found:
            self.found.append(id_)


def _mention(state: StateInline, silent: bool) -> bool:
    start = state.pos
    if state.src[start] != "@" or (start and _WORD.match(state.src[start - 1])):
        return False
    found = state.env["names"].match(state.src, start + 1)
    if found is None:
        return False
    if not silent:
        id_, end = found
        token = state.push("mention", "span", 0)
        token.content = state.src[start:end]
        token.meta = {"account": id_}
        state.env["names"].note(id_, start)
    state.pos = found[1]
    return True


def _emoji(state: StateInline, silent: bool) -> bool:
    """`:name:`, which is an emoji that everybody has, or a picture of the organisation's."""
    found = shortcodes.at(state.src, state.pos)
    if found is None:
        return False
    name, end = found
    character, picture = shortcodes.character(name), state.env["pictures"].get(name)
    if not character and not picture:
        return False
    if not silent:
        token = state.push("emoji", "img", 0)
        token.content, token.meta = character, {"name": name, "picture": picture}
    state.pos = end
    return True


class _Renderer(RendererHTML):
    """Only what `_ALLOWED` has."""

    def mention(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        token = tokens[index]
        meant = token.meta["account"]
        account = {CHANNEL: "all", HERE: "all"}.get(meant, f"team {-meant}" if meant < 0 else str(meant))
        return f'<span class="mention" data-account="{account}">{escape(token.content)}</span>'

    def emoji(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        token = tokens[index]
        if token.content:
            return token.content
        name = escape(f":{token.meta['name']}:")
        source = f"{EMOJI_PICTURES}{token.meta['picture']}"
        return f'<img class="own-emoji" src="{source}" alt="{name}" title="{name}" width="22" height="22" loading="lazy">'

    def link_open(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        address = str(tokens[index].attrs.get("href", ""))
        env["links"].append(address)
        return f'<a href="{escape(address)}" target="_blank" rel="noopener nofollow">'

    def fence(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        token = tokens[index]
        language = _LANGUAGE.match(token.info.strip())
        named = f' data-language="{escape(language[0])}"' if language else ""
        env["code"] = env.get("code", 0) + len(token.content)
        code = coloured(token.content, language[0]) if language and env["code"] <= _MOST_COLOURED else escape(token.content)
        return f"<pre><code{named}>{code}</code></pre>\n"

    def _cell(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        token = tokens[index]
        align = str(token.attrs.get("style", "")).removeprefix("text-align:")
        return f'<{token.tag} data-align="{align}">' if align in ("left", "right", "center") else f"<{token.tag}>"

    th_open = td_open = _cell

    def text(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        return escape(tokens[index].content)


def _is_link(address: str) -> bool:
    return address.lower().startswith(_SCHEMES)


def _made() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": _DEEPEST}, renderer_cls=_Renderer)
    made.enable(["table", "strikethrough", "linkify"])
    made.disable(["html_block", "html_inline", "heading", "lheading", "reference", "code", "image", "entity"])
    made.inline.ruler.before("link", "mention", _mention)
    made.inline.ruler.before("link", "emoji", _emoji)
    made.validateLink = _is_link  # type: ignore[method-assign, assignment]
    if made.linkify:
        made.linkify.set({"fuzzy_ip": False})
    return made


_markdown = _made()
_plainer = _made().disable(["table", "linkify"])
