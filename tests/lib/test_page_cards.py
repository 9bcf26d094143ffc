"""What pages say about themselves, and pages that mean harm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from app.lib.page_cards import MOST_PAGE, MOST_PICTURE, read_page, read_picture

pytestmark = pytest.mark.anyio
HTML = "text/html; charset=utf-8"
Writer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(pages: dict[str, Writer]) -> AsyncIterator[tuple[str, list[int]]]:
    """Pages of a local server, by path; and how many bytes it could send in each answer."""
    sent: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readline()).split()[1].decode()
        while (await reader.readline()).strip():
            pass
        try:
            await pages[path](writer)
            sent.append(0)
        except (ConnectionError, asyncio.CancelledError):
            sent.append(1)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", sent


def says(body: str | bytes, kind: str = HTML, status: str = "200 OK", more: str = "") -> Writer:
    async def write(writer: asyncio.StreamWriter) -> None:
        content = body.encode() if isinstance(body, str) else body
        writer.write(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}Content-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode() + content)
        await writer.drain()

    return write


def endless(kind: str) -> Writer:
    """Ten gigabytes, unless the other side has had enough."""
    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: 10000000000\r\n\r\n<title>Long</title>".encode())
        for _ in range(10_000):
            writer.write(b" " * 1_000_000)
            await writer.drain()

    return write


async def test_open_graph_comes_first_and_is_one_line() -> None:
    page = """<html><head><title>Plain</title><meta property="og:title" content="The &amp; title\n here"><meta name="description" content="About">
      <meta property="og:site_name" content="Site"><meta property="og:image" content="/p.png"></head><body><meta property="og:title" content="late">"""
    async with serving({"/a": says(page)}) as (host, _):
        card = await read_page(f"http://{host}/a", [host])
    assert card is not None
    assert (card.title, card.description, card.site, card.picture) == ("The & title here", "About", "Site", f"http://{host}/p.png")


async def test_a_title_is_enough_and_none_is_no_card() -> None:
    async with serving({"/a": says("<title>Only this</title>"), "/b": says("<p>nothing"), "/c": says("{}", "application/json"), "/d": says("x", HTML, "404 Not Found")}) as (host, _):
        card = await read_page(f"http://{host}/a", [host])
        assert card is not None and (card.title, card.site) == ("Only this", "127.0.0.1")
        assert [await read_page(f"http://{host}/{path}", [host]) for path in "bcd"] == [None] * 3


async def test_of_ten_gigabytes_only_the_beginning_is_read() -> None:
    async with serving({"/page": endless(HTML), "/picture": endless("image/png")}) as (host, sent):
        card = await asyncio.wait_for(read_page(f"http://{host}/page", [host]), 20)
        assert card is not None and card.title == "Long"
        assert await asyncio.wait_for(read_picture(f"http://{host}/picture", [host]), 20) is None
        await asyncio.sleep(0.05)
    assert MOST_PAGE < MOST_PICTURE and sent.count(0) == 0


@pytest.mark.parametrize("where", ["http://127.0.0.1:1/x", "https://localhost/", "http://169.254.169.254/latest", "file:///etc/passwd", "https://[::1]/"])
async def test_a_redirect_to_what_isnt_public_is_not_followed(where: str) -> None:
    async with serving({"/a": says("", HTML, "302 Found", f"Location: {where}\r\n")}) as (host, _):
        assert await read_page(f"http://{host}/a", [host]) is None


async def test_redirects_end() -> None:
    async with serving({"/a": says("", HTML, "302 Found", "Location: /a\r\n"), "/b": says("", HTML, "301 Moved", "Location: /c\r\n"), "/c": says("<title>C</title>")}) as (host, _):
        assert await read_page(f"http://{host}/a", [host]) is None
        card = await read_page(f"http://{host}/b", [host])
    assert card is not None and card.title == "C"


@pytest.mark.parametrize("url", ["https://localhost/", "https://127.0.0.1/", "http://example.org/", "https://10.0.0.1/", "https://printer.local/", "ftp://a.example/", "nothing"])
async def test_addresses_that_are_never_asked(url: str) -> None:
    assert await read_page(url) is None
    assert await read_picture(url) is None
