"""A server that is killed at any moment has lost nothing that it answered with success."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import httpx

from tests.command_line import chalet, general_channel, say, settle, signed_in
from tests.conftest import Server

WRITERS = 4
BEFORE_THE_END = 60  # messages


def test_what_was_answered_is_there_after_kill_9(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.data_dir.mkdir()
    settle(server.data_dir)
    server.start()
    browser = signed_in(server.url)
    channel = general_channel(browser)

    kept = _write_until_killed(server, browser, channel)

    assert len(kept) >= BEFORE_THE_END  # the server was under load when it died
    server.start()
    try:
        assert _lost(server, channel, kept) == []
    finally:
        assert server.stop() == 0
    examined = chalet("doctor", data_dir=server.data_dir, CHALET_PORT="0")
    assert examined.returncode == 0, examined.stdout
    assert "is whole" in examined.stdout


def _write_until_killed(server: Server, browser: httpx.Client, channel: str) -> list[str]:
    kept: list[str] = []
    enough = threading.Event()

    def write(writer: int) -> None:
        number = 0
        with httpx.Client(base_url=server.url, headers=browser.headers, cookies=browser.cookies, timeout=20) as own:
            while True:
                number += 1
                try:
                    if not say(own, channel, f"writer {writer} message {number}"):
                        return
                except httpx.TransportError:
                    return
                kept.append(f"writer {writer} message {number}")
                if len(kept) >= BEFORE_THE_END:
                    enough.set()

    threads = [threading.Thread(target=write, args=(writer,), daemon=True) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    enough.wait(60)
    server.kill()
    for thread in threads:
        thread.join(30)
    return kept


def _lost(server: Server, channel: str, kept: list[str]) -> list[str]:
    import sqlite3

    with closing(signed_in(server.url)) as browser:
        assert browser.get(channel).status_code == 200
    connection = sqlite3.connect(f"file:{server.data_dir / 'chalet.db'}?mode=ro", uri=True)
    found = {row[0] for row in connection.execute("SELECT text FROM message")}
    indexed = {row[0] for row in connection.execute("SELECT body FROM search_entry WHERE kind = 'message'")}
    connection.close()
    return [text for text in kept if text not in found or text not in indexed]
