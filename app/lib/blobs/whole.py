"""Writing a file so that it is there whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{secrets.token_hex(8)}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    move_whole(draft, path)


def move_whole(draft: Path, path: Path) -> None:
    """Give a file that is safely on disk its name, in place of what has it."""
    try:
        draft.replace(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(path)
    sync_folder(path.parent)


def named_anew(draft: Path, path: Path) -> bool:
    """Give a file a name that nothing has yet; False where something has it, or the folder or the disk doesn't take it so."""
    try:
        os.link(draft, path)
    except OSError:
        return False
    draft.unlink()
    return True


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on disk."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
