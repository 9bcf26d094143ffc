"""A name server on a loopback port, with the records that a test gives it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dnslib import QTYPE, RCODE, RR, DNSRecord

from app.models.brand.addresses import LABELS


class NameServer:
    """Answers from `zone`, whose lines are as in a zone file. Names in `failing` get SERVFAIL, in `silent` no answer at all."""

    def __init__(self) -> None:
        self.zone: list[str] = []
        self.failing: set[str] = set()
        self.silent: set[str] = set()
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))

    @property
    def address(self) -> str:
        """For CHALET_DNS_SERVERS."""
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def points(self, domain: str, token: str, target: str = "suite.chalet.test", labels: tuple[str, ...] = LABELS) -> None:
        """Set the records up as the page says."""
        self.zone += [f"{target}. 60 A 203.0.113.7", f'_chalet.{domain}. 60 TXT "chalet-verify={token}"']
        self.zone += [f"{label}.{domain}. 60 CNAME {target}." for label in labels]

    def serve(self) -> None:
        """Until the socket is closed."""
        while True:
            try:
                packet, client = self._socket.recvfrom(2000)
            except OSError:
                return
            if answer := self._answer(DNSRecord.parse(packet)):
                self._socket.sendto(answer.pack(), client)

    def close(self) -> None:
        """Stop answering."""
        self._socket.close()

    def _answer(self, question: DNSRecord) -> DNSRecord | None:
        name, kind = str(question.q.qname).rstrip(".").lower(), QTYPE[question.q.qtype]
        self.asked.append(name)
        if name in self.silent:
            return None
        answer = question.reply()
        if name in self.failing:
            answer.header.rcode = RCODE.SERVFAIL
            return answer
        self._add(answer, name, kind)
        if not answer.rr and not any(str(record.rname).rstrip(".").lower() == name for record in self._records()):
            answer.header.rcode = RCODE.NXDOMAIN
        return answer

    def _add(self, answer: DNSRecord, name: str, kind: str) -> None:
        for record in self._records():
            if str(record.rname).rstrip(".").lower() == name and QTYPE[record.rtype] in (kind, "CNAME"):
                answer.add_answer(record)
                if QTYPE[record.rtype] == "CNAME":
                    self._add(answer, str(record.rdata.label).rstrip(".").lower(), kind)

    def _records(self) -> list[RR]:
        return RR.fromZone("\n".join(self.zone)) if self.zone else []


@contextmanager
def name_server() -> Iterator[NameServer]:
    """A running one."""
    server = NameServer()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.close()
