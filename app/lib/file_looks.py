"""What is in files, found out in processes of their own (app/lib/file_workshop.py), two at a time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.lib.workshop import Workshop

TIMEOUT = 90.0  # seconds
OFFICE_TIMEOUT = 120.0
OFFICE_MEMORY = 4_000_000_000  # bytes of address space
_SAFE = (
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"), ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"), ("Inet/Settings", "ooInetProxyType", "2"),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"), ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"), ("Inet/Settings", "ooInetHTTPSProxyPort", "9"), ("Inet/Settings", "ooInetNoProxy", ""),
)
_REGISTRY = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">{items}</oor:items>
"""
_FILE, _OFFICE, _PICTURE = "chalet-file-", "chalet-office-", "chalet-picture-"  # the last is app/lib/brand_pictures.py's
_LEFT_FOR = 3600  # seconds; nobody works in a folder for so long
_ROOT = Path(__file__).parent.parent.parent
_turn = asyncio.Semaphore(2)
_workshop = Workshop("app.lib.file_workshop")


@dataclass(frozen=True, slots=True)
class Made:
    """What came of it: bytes, empty where nothing could be made, and what is known."""

    content: bytes
    facts: dict[str, Any]


async def look(task: str, group: str, file: Path, *more: str) -> Made:
    """Do one task of the workshop: thumb, text, page, zip."""
    async with _turn:
        with tempfile.TemporaryDirectory(prefix=_FILE) as name:
            target = Path(name) / "out"
            facts = await _workshop.do([task, group, str(file), str(target), *more], TIMEOUT)
            content = await asyncio.to_thread(target.read_bytes) if target.exists() and "failed" not in facts else b""
            return Made(content, facts)


def close() -> None:
    """Let go of the process that looks, which starts again when it is needed."""
    _workshop.close()


def sweep() -> None:
    """Remove the folders in which processes worked that were killed."""
    before = time.time() - _LEFT_FOR
    for path in (path for prefix in (_FILE, _OFFICE, _PICTURE) for path in Path(tempfile.gettempdir()).glob(f"{prefix}*")):
        with contextlib.suppress(FileNotFoundError):
            known = path.lstat()
            if known.st_uid == os.getuid() and known.st_mtime < before:
                shutil.rmtree(path, ignore_errors=True)


def can_print_office() -> bool:
    """Whether LibreOffice is installed, which makes PDF of office files."""
    return _office() is not None


async def print_office(file: Path, suffix: str) -> bytes:
    """An office file as PDF by LibreOffice, empty where that doesn't work. It converts in a profile of its own,
    in which macros and links of the file are dead, and without a network."""
    program = _office()
    if program is None:
        return b""
    async with _turn:
        with tempfile.TemporaryDirectory(prefix=_OFFICE) as name:
            folder = Path(name)
            source = folder / f"in{suffix}"
            await asyncio.to_thread(shutil.copyfile, file, source)
            await asyncio.to_thread(_write_profile, folder / "profile")
            confined = [sys.executable, "-m", "app.lib.confined", str(OFFICE_MEMORY), str(int(OFFICE_TIMEOUT)), program]
            profile = f"-env:UserInstallation=file://{folder / 'profile'}"
            await _run([*confined, "--headless", "--norestore", profile, "--convert-to", "pdf", "--outdir", str(folder), str(source)], OFFICE_TIMEOUT)
            made = folder / "in.pdf"
            return await asyncio.to_thread(made.read_bytes) if made.exists() else b""


def _office() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


async def _run(command: list[str], seconds: float) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=_ROOT, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, start_new_session=True
    )
    try:
        said, _nothing = await asyncio.wait_for(process.communicate(), seconds)
        facts: dict[str, Any] = json.loads(said or b"{}")
        return facts
    except (TimeoutError, ValueError):
        return {"failed": "limits"}
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # and what it started, which may be what takes so long
        await process.wait()


def _write_profile(folder: Path) -> None:
    """What a LibreOffice of its own may do: run nothing of the file, and fetch nothing (a proxy that isn't there answers what it tries)."""
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>' for path, name, value in _SAFE
    )
    (folder / "user").mkdir(parents=True)
    (folder / "user" / "registrymodifications.xcu").write_text(_REGISTRY.format(items=items))
