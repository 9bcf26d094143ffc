"""A bucket for tests: moto, which answers as S3 does, on a port of its own."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.dav_peers import PEERS
from tests.databases import _free_port


@contextmanager
def bucket() -> Iterator[str]:
    """The FILES_URL of an empty bucket, without a prefix, for the length of the block. Raises FileNotFoundError without moto."""
    program = shutil.which("moto_server", path=f"{PEERS}:{os.environ['PATH']}")
    if program is None:
        raise FileNotFoundError("no moto_server: make .venv-peers/.ok")
    port = _free_port()
    server = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _make(port)
        yield f"s3://bucket?region=us-east-1&endpoint=http://127.0.0.1:{port}&access_key_id=tests&secret_access_key=tests"
    finally:
        server.terminate()
        server.wait(20)


def _make(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("PUT", "/bucket")
            assert connection.getresponse().status == 200
            return
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
