"""A program outside, for webhooks and commands: an HTTP server on the loopback interface that remembers what it was told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Program:
    """What it heard, and how it answers: (status, body) for each call, the last one again and again."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, bytes]] = [(200, b"")]
        self.host = ""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.host}/hook"


@contextmanager
def a_program() -> Iterator[Program]:
    """One that runs until the end of the `with`."""
    program = Program()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            program.heard.append(({key.lower(): value for key, value in self.headers.items()}, body))
            status, said = program.answers.pop(0) if len(program.answers) > 1 else program.answers[0]
            self.send_response(status)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    program.host = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield program
    finally:
        server.shutdown()
        server.server_close()
