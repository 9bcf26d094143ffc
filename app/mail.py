"""Mails: written from a template in the reader's language and the brand's look, then sent by SMTP or laid into the outbox folder."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from app.lib import blobs, clock
from app.lib.blobs import write_whole
from app.lib.i18n import speaking
from app.lib.ids import new_id
from app.lib.mime import Party, compose
from app.models.brand import Brand
from app.render import render
from app.settings import Settings

TIMEOUT = 30.0  # seconds


class MailRefused(Exception):
    """The mail server will never take this message."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be written: `template` names two files in templates/mail, `.html` and `.txt`; the first line of the text is the subject."""

    template: str
    to: Party
    locale: str
    facts: dict[str, Any] = field(default_factory=dict)


async def write(letter: Letter, brand: Brand, settings: Settings) -> EmailMessage:
    """The message of a letter. Raises `app.lib.mime.AddressError`."""
    logo = await blobs.store().get(brand.logo) if brand.logo else None
    with speaking(letter.locale):
        facts = {"brand": brand, "logo": logo is not None, "name": letter.to.name, "locale": letter.locale, **letter.facts}
        subject, _sep, text = render(f"mail/{letter.template}.txt", **facts).partition("\n")
        html = render(f"mail/{letter.template}.html", subject=subject, **facts)
    message = compose(
        Party(_sender(settings), brand.sender_name or brand.name), letter.to, subject, text.strip() + "\n", html, {"logo": logo} if logo else None
    )
    if unsubscribe := letter.facts.get("unsubscribe_url"):  # RFC 8058: mail programs show a button
        message.policy = message.policy.clone(max_line_length=900)  # folded, a long address would be encoded, which nobody reads
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message


async def send(message: EmailMessage, settings: Settings) -> None:
    """Hand a message to the mail server, or lay it into the outbox where none is set. Raises `MailRefused` when trying again won't help."""
    if settings.smtp_url:
        await _by_smtp(message, settings.smtp_url)
    else:
        await asyncio.to_thread(_into_outbox, message, settings.data_dir / "outbox")


def link_base(settings: Settings, origin: str) -> str:
    """Where links in mails lead: the base address, or where the request came from while none is set."""
    return settings.base_url.rstrip("/") or origin


def _sender(settings: Settings) -> str:
    return settings.mail_from or f"chalet@{settings.public_host or 'localhost'}"


async def _by_smtp(message: EmailMessage, url: str) -> None:
    parts = urlsplit(url)
    secure = parts.scheme == "smtps"
    server = aiosmtplib.SMTP(
        hostname=parts.hostname or "localhost", port=parts.port or (465 if secure else 587), use_tls=secure, timeout=TIMEOUT,
        username=unquote(parts.username) if parts.username else None, password=unquote(parts.password) if parts.password else None,
    )  # start_tls is tried where the server offers it
    try:
        async with server:
            await _hand_over(server, message)
    except aiosmtplib.SMTPRecipientsRefused as refused:
        if all(one.code >= 500 for one in refused.recipients):
            raise MailRefused(str(refused)) from refused
        raise
    except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as refused:
        if refused.code >= 500:
            raise MailRefused(str(refused)) from refused
        raise


async def _hand_over(server: aiosmtplib.SMTP, message: EmailMessage) -> None:
    """As it stands: aiosmtplib's `send_message` would write the headers anew, and encode long addresses in them."""
    sender, to = (message[name].addresses[0].addr_spec for name in ("From", "To"))
    options = ["SMTPUTF8", "BODY=8BITMIME"] if getattr(message.policy, "utf8", False) else []
    try:
        await server.sendmail(sender, [to], message.as_bytes(), mail_options=options)
    except aiosmtplib.SMTPNotSupported as lacking:
        raise MailRefused(f"the mail server lacks SMTPUTF8 (RFC 6531), which the address {to} needs") from lacking


def _into_outbox(message: EmailMessage, folder: Path) -> None:
    to = re.sub(r"[^\w.@-]", "_", str(message["To"].addresses[0].addr_spec))[:80]
    write_whole(folder / f"{clock.now()}-{new_id()}-{to}.eml", message.as_bytes())
