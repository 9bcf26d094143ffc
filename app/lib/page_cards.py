"""What a web page says about itself, for a card below a link: Open Graph (https://ogp.me), else its title and description.

Only https and public addresses are asked (`app.lib.safe_http`), a few redirects are followed and each is checked anew, and of a page
only its beginning is read, however long it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from app.lib.safe_http import Answer, Caller, NotAllowed

MOST_PAGE, MOST_PICTURE = 400_000, 4_000_000  # bytes
MOST_REDIRECTS = 3
_HEADERS = {"User-Agent": "Chalet (link preview)", "Accept-Language": "en, *;q=0.5"}
_CHARSET = re.compile(r"charset=[\"']?([A-Za-z0-9_-]+)")


@dataclass(slots=True)
class PageCard:
    """A page's title, description and site, and the address of its picture."""

    title: str = ""
    description: str = ""
    site: str = ""
    picture: str = ""


async def read_page(url: str, private: Collection[str] = ()) -> PageCard | None:
    """What the page at `url` says; None for what is no page, may not be asked or doesn't answer."""
    answer, at = await _get(url, MOST_PAGE, "text/html,application/xhtml+xml", private)
    if answer is None or answer.status != 200 or "html" not in _type(answer):
        return None
    found = _Head()
    found.feed(_text(answer))
    card = found.card()
    card.site = card.site or (urlsplit(at).hostname or "").removeprefix("www.")
    card.picture = urljoin(at, card.picture) if card.picture else ""
    return card if card.title else None


async def read_picture(url: str, private: Collection[str] = ()) -> bytes | None:
    """The picture at `url`; None for what is none, or is too large."""
    answer, _at = await _get(url, MOST_PICTURE + 1, "image/*", private)
    if answer is None or answer.status != 200 or not _type(answer).startswith("image/") or len(answer.body) > MOST_PICTURE:
        return None
    return answer.body


async def _get(url: str, most: int, accept: str, private: Collection[str]) -> tuple[Answer | None, str]:
    import aiohttp  # half a second, so at the first link

    async with Caller(private) as caller:
        for _ in range(MOST_REDIRECTS + 1):
            url = urldefrag(url)[0]
            try:
                answer = await caller.get(url, {**_HEADERS, "Accept": accept}, most)
            except (NotAllowed, aiohttp.ClientError, OSError, TimeoutError):
                return None, url
            where = next((value for name, value in answer.headers.items() if name.lower() == "location"), "")
            if answer.status not in (301, 302, 303, 307, 308) or not where:
                return answer, url
            url = urljoin(url, where)
    return None, url


def _type(answer: Answer) -> str:
    return next((value.lower() for name, value in answer.headers.items() if name.lower() == "content-type"), "")


def _text(answer: Answer) -> str:
    named = _CHARSET.search(_type(answer)) or _CHARSET.search(answer.body[:2_000].decode("latin-1"))
    try:
        return answer.body.decode(named[1] if named else "utf-8", errors="replace")
    except LookupError:
        return answer.body.decode("utf-8", errors="replace")


@dataclass
class _Facts:
    meta: dict[str, str] = field(default_factory=dict)
    title: str = ""


class _Head(HTMLParser):
    """Reads a page's head; what comes after isn't looked at."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._facts = _Facts()
        self._in_title = self._is_over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "body":
            self._is_over = True
        elif tag == "meta" and not self._is_over:
            self._facts.meta.setdefault((known.get("property") or known.get("name") or "").lower(), known.get("content", ""))
        self._in_title = tag == "title" and not self._is_over

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title and len(self._facts.title) < 1_000:
            self._facts.title += data

    def card(self) -> PageCard:
        """What was read."""
        meta = self._facts.meta
        picture = meta.get("og:image:secure_url") or meta.get("og:image") or meta.get("twitter:image") or ""
        return PageCard(
            _line(meta.get("og:title") or meta.get("twitter:title") or self._facts.title, 300),
            _line(meta.get("og:description") or meta.get("description") or "", 500), _line(meta.get("og:site_name") or "", 100), picture[:2_000],
        )


def _line(text: str, most: int) -> str:
    return " ".join(text.replace("\x00", "").split())[:most]
