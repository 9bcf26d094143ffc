"""Mails as RFC 5322 messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, make_msgid

_BREAKS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")


class AddressError(ValueError):
    """An email address that can't be written to."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who sends or gets a mail."""

    email: str
    name: str = ""

    def header(self) -> Address:
        """The address as a header has it: a name can't break out of it. Raises `AddressError`."""
        local, _at, domain = self.email.rpartition("@")
        if not local or not domain or _BREAKS.search(self.email) or " " in self.email:
            raise AddressError(f"not an email address: {self.email!r}")
        try:
            return Address(one_line(self.name), username=local, domain=domain.encode("idna").decode())
        except (UnicodeError, ValueError, IndexError) as error:
            raise AddressError(f"not an email address: {self.email!r}") from error


def compose(sender: Party, to: Party, subject: str, text: str, html: str, pictures: dict[str, bytes] | None = None) -> EmailMessage:
    """A message with a plain and an HTML form, ready to be sent. Line breaks in subject or names become spaces.

    `pictures` are PNG files that come with the message; the HTML names them as `cid:<name>` (RFC 2392), so nothing is loaded from elsewhere.
    Raises `AddressError`.
    """
    from_header, to_header = sender.header(), to.header()
    message = EmailMessage(policy=SMTP if to_header.addr_spec.isascii() and from_header.addr_spec.isascii() else SMTPUTF8)
    message["From"] = from_header
    message["To"] = to_header
    message["Subject"] = one_line(subject)
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain=from_header.domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers, please
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    for name, body in (pictures or {}).items():
        form = message.get_payload(1)
        assert isinstance(form, EmailMessage)
        form.add_related(body, "image", "png", cid=f"<{name}>", filename=f"{name}.png", disposition="inline")
    return message


def one_line(text: str) -> str:
    """Text without line breaks and other control characters."""
    return _BREAKS.sub(" ", text).strip()
