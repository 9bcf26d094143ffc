"""Mails by SMTP: taken, refused for good, refused for now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiosmtplib
import pytest

from app.lib.mime import AddressError, Party, compose
from app.mail import MailRefused, send
from app.settings import read_settings

MESSAGE = compose(Party("chalet@alpina.example", "Alpina\r\nBcc: eve@evil.example"), Party("bäat@zürich.example", "Bäat"), "Grüezi\nBcc: x@evil.example", "Text\n", "<p>Text</p>")


@asynccontextmanager
async def mail_server(answer_to_recipient: bytes = b"250 ok") -> AsyncIterator[tuple[str, list[bytes]]]:
    """A mail server that knows a handful of verbs; gives its address and what it took."""
    taken: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-here\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n")
            elif verb == b"RCPT":
                writer.write(answer_to_recipient + b"\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                taken.append(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
        writer.close()

    handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]] = talk
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    async with server:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", taken


async def test_a_mail_arrives_with_its_names_and_without_smuggled_headers() -> None:
    async with mail_server() as (url, taken):
        await send(MESSAGE, read_settings({}, smtp_url=url))
    [text] = taken
    assert b"xn--zrich-kva.example" in text and b"multipart/alternative" in text and b"Auto-Submitted" in text
    assert not [line for line in text.split(b"\r\n") if line.lower().startswith(b"bcc")]


@pytest.mark.parametrize(("answer", "error"), [(b"550 no such person", MailRefused), (b"451 later", aiosmtplib.SMTPRecipientsRefused)])
async def test_a_refusal_for_good_is_told_from_one_for_now(answer: bytes, error: type[Exception]) -> None:
    async with mail_server(answer) as (url, _taken):
        with pytest.raises(error):
            await send(MESSAGE, read_settings({}, smtp_url=url))


@pytest.mark.parametrize("address", ["nobody", "a@b\r\nBcc: x@y.z", "a b@c.example", "@c.example", ""])
def test_what_is_no_address_is_not_written_to(address: str) -> None:
    with pytest.raises(AddressError):
        compose(Party("chalet@alpina.example"), Party(address), "Hello", "Text", "<p>Text</p>")
