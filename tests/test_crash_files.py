"""A server that is killed while files arrive goes on where it was, and the doctor finds nothing wrong."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import httpx

from tests.command_line import chalet, settle, signed_in
from tests.conftest import Server

TUS = {"tus-resumable": "1.0.0"}
SIZE, PIECE = 24_000_000, 3_000_000


def test_an_upload_goes_on_after_kill_9_again_and_again(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.data_dir.mkdir()
    settle(server.data_dir)
    server.start()
    content, browser = os.urandom(SIZE), signed_in(server.url)
    url = browser.post("/uploads", headers={**TUS, "upload-length": str(SIZE)}).headers["location"]
    kills = 0
    while (offset := int(browser.head(url, headers=TUS).headers["upload-offset"])) < SIZE:
        killer = threading.Timer(0.05 + 0.05 * kills, server.kill) if kills < 2 else None
        if killer:
            killer.start()
        with contextlib.suppress(httpx.TransportError):
            browser.patch(url, content=content[offset : offset + PIECE], headers={
                **TUS, "content-type": "application/offset+octet-stream", "upload-offset": str(offset),
            })
        if killer:
            killer.join()
            kills += 1
            server.start()
            browser.close()
            browser = signed_in(server.url)
    examined = chalet("doctor", data_dir=server.data_dir, CHALET_PORT="0")
    assert "all that is needed is there" in examined.stdout, examined.stdout
    folder = browser.get("/drive").text.split('data-folder-id="')[1].split('"')[0]
    made = browser.post(f"/drive/folders/{folder}/arrivals", data={"upload": url.rpartition("/")[2], "name": "film.bin"})
    assert made.status_code == 201, made.text
    assert browser.get(f"{made.json()['url']}/content").content == content
    assert server.stop() == 0
    examined = chalet("doctor", data_dir=server.data_dir, CHALET_PORT="0")
    assert examined.returncode == 0 and "all that is needed is there" in examined.stdout, examined.stdout
