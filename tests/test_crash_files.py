"""A server that is killed while files arrive goes on where it was, and the doctor finds nothing wrong."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import httpx

from tests.command_line import PASSWORD, chalet, settle, signed_in
from tests.conftest import Server

TUS = {"tus-resumable": "1.0.0"}
WRITERS, ENOUGH = 4, 120  # files that programs have sent when the server dies
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


def test_what_a_program_was_told_is_stored_is_there_after_kill_9(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.data_dir.mkdir()
    settle(server.data_dir)
    server.start()
    kept = _put_until_killed(server)
    assert len(kept) >= ENOUGH  # the server was under load when it died
    server.start()
    with _program(server) as program:
        assert [name for name, content in kept.items() if program.get(f"/dav/files/{name}").content not in content] == []
    assert server.stop() == 0
    examined = chalet("doctor", data_dir=server.data_dir, CHALET_PORT="0")
    assert examined.returncode == 0 and "all that is needed is there" in examined.stdout, examined.stdout


def _put_until_killed(server: Server) -> dict[str, tuple[bytes, ...]]:
    """What each file may hold: what was answered last, or what was sent after that and not answered any more."""
    kept: dict[str, tuple[bytes, ...]] = {}
    enough = threading.Event()

    def write(writer: int) -> None:
        with _program(server) as program, contextlib.suppress(httpx.TransportError):
            for number in range(10_000):
                name, content = f"{writer}-{number - number % 4 // 3}.bin", os.urandom(3_000)  # each fourth goes over the third
                kept.update({name: (*kept[name], content)} if name in kept else {})
                program.put(f"/dav/files/{name}", content=content).raise_for_status()
                kept[name] = (content,)
                if len(kept) >= ENOUGH:
                    enough.set()

    threads = [threading.Thread(target=write, args=(writer,), daemon=True) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    enough.wait(60)
    server.kill()
    for thread in threads:
        thread.join(30)
    return kept


def _program(server: Server) -> httpx.Client:
    return httpx.Client(base_url=server.url, auth=("anna@alpina.example", PASSWORD), timeout=20)
