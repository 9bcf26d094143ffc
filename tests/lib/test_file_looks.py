"""Programs that look into uploaded files: what they may not do, tried with a program in LibreOffice's place."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.lib import file_looks

pytestmark = pytest.mark.anyio


def _instead(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "soffice"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(file_looks, "_office", lambda: str(program))


async def test_an_office_file_becomes_a_pdf_and_fetches_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = "$(echo $3 | sed s,-env:UserInstallation=file://,,)/user/registrymodifications.xcu"
    _instead(tmp_path, monkeypatch, f'cat {profile} "$8" > "$7/in.pdf"; ulimit -v >> "$7/in.pdf"')
    (tmp_path / "a.docx").write_bytes(b"words")
    made = (await file_looks.print_office(tmp_path / "a.docx", ".docx")).decode()
    assert "BlockUntrustedRefererLinks" in made and "ooInetHTTPProxyName" in made and made.partition("words")[2].split()[0] == "3906250", made


async def test_who_takes_too_long_ends_with_all_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _instead(tmp_path, monkeypatch, f"sleep 3600 & echo $! > {tmp_path}/child; wait")
    monkeypatch.setattr(file_looks, "OFFICE_TIMEOUT", 3.0)
    (tmp_path / "a.docx").write_bytes(b"words")
    assert await file_looks.print_office(tmp_path / "a.docx", ".docx") == b""
    child = Path("/proc") / (tmp_path / "child").read_text().strip()
    for _ in range(100):
        if not child.exists() or ") Z" in (child / "stat").read_text():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it still runs")


async def test_a_confined_program_reaches_nobody(tmp_path: Path) -> None:
    """Where the system lets us have a network of our own; the first line is the test's premise."""
    code = "import ctypes, socket, sys; print(ctypes.CDLL(None).unshare(0x50000000))"
    may = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "0"
    with socket.create_server(("127.0.0.1", 0)) as server:
        ask = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 2)"
        assert subprocess.run([sys.executable, "-c", ask], capture_output=True, check=False).returncode == 0
        confined = [sys.executable, "-m", "app.lib.confined", "2000000000", "10", sys.executable, "-c", ask]
        assert (subprocess.run(confined, capture_output=True, check=False).returncode != 0) is may
