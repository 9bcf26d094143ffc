"""What is in files, found out in a process of its own (app/lib/file_workshop.py), two at a time."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT = 90.0  # seconds
OFFICE_TIMEOUT = 120.0
_ROOT = Path(__file__).parent.parent.parent
_turn = asyncio.Semaphore(2)


@dataclass(frozen=True, slots=True)
class Made:
    """What came of it: bytes, empty where nothing could be made, and what is known."""

    content: bytes
    facts: dict[str, Any]


async def look(task: str, group: str, file: Path, *more: str) -> Made:
    """Do one task of the workshop: thumb, text, page, zip."""
    async with _turn:
        with tempfile.TemporaryDirectory(prefix="chalet-file-") as name:
            target = Path(name) / "out"
            facts = await _run([sys.executable, "-m", "app.lib.file_workshop", task, group, str(file), str(target), *more], TIMEOUT)
            content = await asyncio.to_thread(target.read_bytes) if target.exists() and "failed" not in facts else b""
            return Made(content, facts)


def can_print_office() -> bool:
    """Whether LibreOffice is installed, which makes PDF of office files."""
    return _office() is not None


async def print_office(file: Path, suffix: str) -> bytes:
    """An office file as PDF by LibreOffice, empty where that doesn't work. Macros and links don't run: it converts in a profile of its own."""
    program = _office()
    if program is None:
        return b""
    async with _turn:
        with tempfile.TemporaryDirectory(prefix="chalet-office-") as name:
            folder = Path(name)
            source = folder / f"in{suffix}"
            await asyncio.to_thread(shutil.copyfile, file, source)
            profile = f"-env:UserInstallation=file://{folder / 'profile'}"
            await _run([program, "--headless", "--norestore", profile, "--convert-to", "pdf", "--outdir", str(folder), str(source)], OFFICE_TIMEOUT)
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
        if process.returncode is None:
            process.kill()
            await process.wait()
