"""A mailbox on loopback that speaks as much IMAP (RFC 3501) as reading one takes; in a thread, since imaplib blocks."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Inbox:
    """Mails by UID, and which were marked as read."""

    address: str = ""
    validity: int = 7
    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    commands: list[str] = field(default_factory=list)

    def put(self, mail: bytes) -> int:
        uid = max(self.mails, default=40) + 1
        self.mails[uid] = mail
        return uid


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        inbox: Inbox = self.server.inbox  # type: ignore[attr-defined]
        self.wfile.write(b"* OK ready\r\n")
        while line := self.rfile.readline():
            tag, _space, command = line.decode().strip().partition(" ")
            inbox.commands.append(command)
            name = command.split()[0].upper()
            if name == "LOGIN" and "secret" not in command:
                self.wfile.write(f"{tag} NO wrong password\r\n".encode())
                continue
            self._answer(inbox, name, command)
            self.wfile.write(f"{tag} OK done\r\n".encode())
            if name == "LOGOUT":
                return

    def _answer(self, inbox: Inbox, name: str, command: str) -> None:
        if name == "CAPABILITY":
            self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
        elif name == "SELECT":
            following = max(inbox.mails, default=40) + 1
            self.wfile.write(f"* {len(inbox.mails)} EXISTS\r\n* OK [UIDVALIDITY {inbox.validity}] x\r\n* OK [UIDNEXT {following}] x\r\n".encode())
        elif found := re.match(r"UID SEARCH UID (\d+):\*", command):
            last = max(inbox.mails, default=0)  # "*" is the last mail, also where it is before the number (RFC 3501 §6.4.8)
            uids = [uid for uid in inbox.mails if uid >= int(found[1]) or uid == last]
            self.wfile.write(f"* SEARCH {' '.join(map(str, uids))}\r\n".encode())
        elif found := re.match(r"UID FETCH (\d+) \(RFC822\.SIZE\)", command):
            self.wfile.write(f"* 1 FETCH (UID {found[1]} RFC822.SIZE {len(inbox.mails[int(found[1])])})\r\n".encode())
        elif found := re.match(r"UID FETCH (\d+) \(BODY\.PEEK\[\]\)", command):
            mail = inbox.mails[int(found[1])]
            self.wfile.write(f"* 1 FETCH (UID {found[1]} BODY[] {{{len(mail)}}}\r\n".encode() + mail + b")\r\n")
        elif found := re.match(r"UID STORE (\d+) \+FLAGS\.SILENT \(\\Seen\)", command):
            inbox.seen.add(int(found[1]))


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True


@contextmanager
def imap_server() -> Iterator[Inbox]:
    """A mailbox of calendar@, with the password "secret"; `address` leads to it."""
    inbox = Inbox()
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.inbox = inbox  # type: ignore[attr-defined]
        inbox.address = f"imap://calendar%40alpina.example:secret@127.0.0.1:{server.server_address[1]}/INBOX"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield inbox
        server.shutdown()
