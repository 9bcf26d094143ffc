"""Reading a mailbox over IMAP (RFC 9051, RFC 3501): what is new since last time, without changing what isn't ours. Blocking: call it in a thread."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from app.lib.numbers import whole

TIMEOUT = 20.0  # seconds for each answer of the server
MOST_BYTES, MOST_AT_ONCE = 4_000_000, 100


class MailboxError(Exception):
    """The mailbox can't be read; the text says why, without a password."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a mailbox was read: UIDVALIDITY and the highest UID (RFC 3501 §2.3.1.1)."""

    validity: int = 0
    uid: int = 0


class Mailbox:
    """An open folder."""

    def __init__(self, connection: imaplib.IMAP4, validity: int, following: int) -> None:
        self._connection, self.validity, self.following = connection, validity, following

    def since(self, place: Place) -> Iterator[tuple[int, bytes]]:
        """UID and content of what came after a place, in its order; nothing is marked as read. Too large ones have no content.

        A mailbox that is new, or was made anew, is read from now on: old mail isn't answers that somebody waits for.
        """
        if place.validity != self.validity:
            yield self.following - 1, b""
            return
        for uid in sorted(uid for uid in self._numbers("SEARCH", f"UID {place.uid + 1}:*") if uid > place.uid)[:MOST_AT_ONCE]:
            yield uid, self._content(uid)

    def mark_read(self, uid: int) -> None:
        """Note that nobody needs to look at a mail any more."""
        _said(self._connection.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)"))

    def _numbers(self, command: str, what: str) -> list[int]:
        answer = _said(self._connection.uid(command, what))
        return [int(number) for line in answer for number in line.split()]

    def _content(self, uid: int) -> bytes:
        size = re.search(rb"RFC822.SIZE (\d+)", b" ".join(_said(self._connection.uid("FETCH", str(uid), "(RFC822.SIZE)"))))
        if size is None or int(size[1]) > MOST_BYTES:
            return b""
        answer = self._connection.uid("FETCH", str(uid), "(BODY.PEEK[])")
        return next((part[1] for part in answer[1] if isinstance(part, tuple)), b"") if answer[0] == "OK" else b""


@contextmanager
def opened(url: str) -> Iterator[Mailbox]:
    """The folder of an address such as imaps://user:password@mail.example.org/INBOX; imap:// goes on with STARTTLS except on this machine.

    Raises `MailboxError`.
    """
    parts = urlsplit(url)
    try:
        connection = _connected(parts.scheme, parts.hostname or "", parts.port)
        try:
            _said(connection.login(unquote(parts.username or ""), unquote(parts.password or "")))
            _said(connection.select(f'"{unquote(parts.path.strip("/")) or "INBOX"}"'))
            yield Mailbox(connection, _number(connection, "UIDVALIDITY"), _number(connection, "UIDNEXT"))
        finally:
            connection.logout()
    except (OSError, imaplib.IMAP4.error) as error:
        said = error.args[0] if error.args else ""
        text = said.decode("ascii", "replace") if isinstance(said, bytes) else str(error)
        raise MailboxError(text[:300] or type(error).__name__) from None


def _connected(scheme: str, host: str, port: int | None) -> imaplib.IMAP4:
    if scheme == "imaps":
        return imaplib.IMAP4_SSL(host, port or 993, ssl_context=ssl.create_default_context(), timeout=TIMEOUT)
    connection = imaplib.IMAP4(host, port or 143, timeout=TIMEOUT)
    if host not in ("localhost", "127.0.0.1", "::1"):
        connection.starttls(ssl.create_default_context())
    return connection


def _said(answer: tuple[str, Sequence[object]]) -> list[bytes]:
    lines = [line for line in answer[1] if isinstance(line, bytes)]
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(b" ".join(lines).decode("ascii", "replace") or answer[0])
    return lines


def _number(connection: imaplib.IMAP4, name: str) -> int:
    found = connection.response(name)[1][0]
    return whole((found or b"").decode("ascii", "replace")) or 0
