"""What the tests of invitations share: the links in the mails of the outbox folder."""

from __future__ import annotations

import email
import re
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

from app.jobs.runner import drain
from app.settings import Settings

NORA = {"given_name": "Nora", "family_name": "Nord", "password": "granite lake at dawn", "timezone": "Europe/Oslo", "language": "en"}


def letters(folder: Path, to: str) -> list[EmailMessage]:
    """The mails to an address, oldest first."""
    paths = sorted((folder / "outbox").glob(f"*-{to}.eml"), key=lambda path: int(path.name.partition("-")[0]))
    return [cast(EmailMessage, email.message_from_bytes(path.read_bytes(), policy=default)) for path in paths]


def text_of(letter: EmailMessage) -> str:
    """The plain form of a mail."""
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def link_in(letter: EmailMessage) -> str:
    """The path that an invitation's link leads to."""
    (path,) = re.findall(r"http://[^/\s]+(/invitation/\S+)", text_of(letter))
    return str(path)


async def mailed_link(settings: Settings, to: str) -> str:
    """Send what waits, and return the path of the newest invitation to an address."""
    await drain()
    return link_in(letters(settings.data_dir, to)[-1])
