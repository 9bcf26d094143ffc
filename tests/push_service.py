"""A push service on this machine (RFC 8030): takes messages, checks who signed them, and decrypts them as the browser would."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02


@dataclass
class Browser:
    """The receiving side of a subscription: what only the browser has."""

    name: str
    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def keys(self) -> dict[str, str]:
        """What its page tells the server."""
        point = self.key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        return {"p256dh": coded(point), "auth": coded(self.secret)}

    def read(self, body: bytes) -> dict[str, Any]:
        """A message in clear (RFC 8291)."""
        said: dict[str, Any] = json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm"))
        return said


@dataclass
class Message:
    """What was pushed."""

    browser: str
    headers: dict[str, str]
    size: int
    said: dict[str, Any]
    signer: str
    at: float


class PushService:
    """Subscriptions and what came for them. `answers` holds statuses to be given instead of 201, by browser, one after the other."""

    def __init__(self) -> None:
        self.browsers: dict[str, Browser] = {}
        self.messages: list[Message] = []
        self.answers: dict[str, list[int]] = {}
        self.retry_after = ""
        self._came = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def host(self) -> str:
        """Host and port, as CHALET_PUSH_PRIVATE_HOSTS has it."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def browser(self, name: str) -> Browser:
        """A browser's subscription; the same name is the same one."""
        return self.browsers.setdefault(name, Browser(name, f"http://{self.host}/push/{name}"))

    def subscription(self, name: str, key: str, replaces: str = "") -> dict[str, Any]:
        """What the page posts to /push/devices."""
        browser = self.browser(name)
        return {"endpoint": browser.endpoint, "keys": browser.keys, "key": key, "replaces": replaces}

    def wait(self, count: int, seconds: float = 20) -> list[Message]:
        """The messages, once there are so many."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.messages) >= count, seconds), f"{len(self.messages)} of {count} messages came"
            return list(self.messages)

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def _take(self, name: str, headers: dict[str, str], body: bytes) -> int:
        answers = self.answers.get(name, [])
        status = answers.pop(0) if answers else 201
        signed, _, key = headers["Authorization"].removeprefix("vapid ").partition(",k=")
        assert Vapid02.verify(headers["Authorization"]), signed
        assert int(headers["TTL"]) > 0, "RFC 8030 §5.2"
        with self._came:
            if status < 300:
                self.messages.append(Message(name, headers, len(body), self.browsers[name].read(body), key, time.monotonic()))
            self._came.notify_all()
        return status

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = service._take(self.path.removeprefix("/push/"), dict(self.headers), body)
                self.send_response(status)
                if status >= 400 and service.retry_after:
                    self.send_header("Retry-After", service.retry_after)
                if status in (301, 302, 307):
                    self.send_header("Location", "http://169.254.169.254/latest/meta-data")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        return Handler


@contextmanager
def running() -> Iterator[PushService]:
    """A push service for a test."""
    service = PushService()
    try:
        yield service
    finally:
        service.close()


def coded(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
