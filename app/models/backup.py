"""A copy of everything that can be restored elsewhere: the database, the files, and a manifest that says what they must be.

The database is copied first, at one moment, while it is in use. Files are never changed once written, and written before the rows
that name them, so every file that the copied database names is there to be copied afterwards.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from app import database
from app.models.base import Refused

FORMAT = 1
MANIFEST, SQLITE_COPY, POSTGRES_COPY, FILES = "manifest.json", "chalet.db", "chalet.dump", "files"
DATABASE_FILES = ("chalet.db", "chalet.db-wal", "chalet.db-shm", "chalet.db.migrating")
_PROGRAMS = Path("/usr/lib/postgresql")


@dataclass(slots=True)
class Manifest:
    """What a backup consists of. `files` has the size and the SHA-256 of each, by its path in the backup."""

    database: str
    made_at: str
    migrations: int
    files: dict[str, dict[str, int | str]] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def bytes(self) -> int:
        """How large it all is."""
        return sum(int(one["bytes"]) for one in self.files.values())


async def back_up(data_dir: Path, address: str, target: Path) -> Manifest:
    """Copy the open database at `address` and the files of `data_dir` into the new folder `target`, and check the copy.

    Raises `Refused` when the folder has something in it or the database can't be copied.
    """
    if target.exists() and any(target.iterdir()):
        raise Refused(f"{target} is not empty. A backup needs a new folder.")
    if target.resolve().is_relative_to(data_dir.resolve()):
        raise Refused(f"{target} is inside the data folder, which would be copied into itself. Choose a folder elsewhere.")
    target.mkdir(parents=True, exist_ok=True)
    target.chmod(0o700)
    manifest = Manifest(database.dialect(), datetime.now(UTC).isoformat(timespec="seconds"), await _migrations())
    await _copy_database(address, target)
    await asyncio.to_thread(_copy_files, data_dir, target / FILES)
    manifest.files = await asyncio.to_thread(_sums, target)
    await asyncio.to_thread(_write_manifest, target, manifest)
    await asyncio.to_thread(verify, target)
    return manifest


async def restore(backup: Path, data_dir: Path, address: str) -> Manifest:
    """Put a backup into an empty data folder and an empty database, once its checksums were found right. The database isn't open yet.

    Raises `Refused`, and has changed nothing then.
    """
    manifest = await asyncio.to_thread(verify, backup)
    is_sqlite = urlsplit(address).scheme == "sqlite"
    if (manifest.database == "sqlite") != is_sqlite:
        raise Refused(f"This backup is of a {manifest.database} database, and the settings name another kind (DATABASE_URL).")
    if data_dir.exists() and any(data_dir.iterdir()):
        raise Refused(f"{data_dir} is not empty. Restore into a new folder, then start the server with it.")
    if not is_sqlite:
        await _restore_postgres(backup / POSTGRES_COPY, address)
    await asyncio.to_thread(_put_back, backup, data_dir)
    return manifest


def verify(backup: Path) -> Manifest:
    """The manifest of a backup in which every file is what it must be. Raises `Refused` naming the first that isn't."""
    try:
        manifest = Manifest(**json.loads((backup / MANIFEST).read_text()))
    except (OSError, ValueError, TypeError):
        raise Refused(f"{backup} is no finished backup: it has no readable {MANIFEST}.") from None
    if manifest.format != FORMAT:
        raise Refused(f"This backup has format {manifest.format}, and this version of Chalet reads format {FORMAT}.")
    for name, sums in manifest.files.items():
        path = backup / name
        if not path.is_file() or path.stat().st_size != sums["bytes"] or _sum(path) != sums["sha256"]:
            raise Refused(f"{name} in the backup is missing or was changed. Nothing was restored; use another backup.")
    if SQLITE_COPY in manifest.files:
        _check_sqlite(backup / SQLITE_COPY)
    return manifest


async def _migrations() -> int:
    return int(await database.fetch_value("SELECT COUNT(*) AS n FROM migration"))


# -- copying


async def _copy_database(address: str, target: Path) -> None:
    if database.dialect() == "sqlite":
        await database.backup(target / SQLITE_COPY)
        return
    if database.dialect() == "cockroach":
        raise Refused("CockroachDB has BACKUP for this (see docs/self-hosting.md); copy the data folder beside it.")
    await _run("pg_dump", address, "--format=custom", "--no-owner", "--no-privileges", "--file", str(target / POSTGRES_COPY))


def _copy_files(data_dir: Path, target: Path) -> None:
    for path in _files_of(data_dir):
        copy = target / path.relative_to(data_dir)
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Files are never changed once written, so on the same disk a second name for one is a copy of it.
            os.link(path, copy)
        except FileNotFoundError:
            continue
        except OSError:
            shutil.copy2(path, copy)


def _files_of(data_dir: Path) -> Iterator[Path]:
    for path in sorted(data_dir.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.name not in DATABASE_FILES and not path.name.startswith("."):
            yield path


def _sums(folder: Path) -> dict[str, dict[str, int | str]]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": _sum(path)} for path in found}


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_manifest(target: Path, manifest: Manifest) -> None:
    (target / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1) + "\n")


def _check_sqlite(path: Path) -> None:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        answer = str(error)
    finally:
        connection.close()
    if answer != "ok":
        raise Refused(f"The database in the backup is damaged: {answer}.")


# -- putting back


def _put_back(backup: Path, data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (backup / FILES).is_dir():
        shutil.copytree(backup / FILES, data_dir, dirs_exist_ok=True)
        data_dir.chmod(0o700)  # copying took over the mode of the backup's folder
    if (backup / SQLITE_COPY).exists():
        draft = data_dir / f".{SQLITE_COPY}"
        shutil.copy2(backup / SQLITE_COPY, draft)
        draft.replace(data_dir / SQLITE_COPY)


async def _restore_postgres(dump: Path, address: str) -> None:
    await database.open(address)
    try:
        tables = await database.fetch_value("SELECT COUNT(*) AS n FROM information_schema.tables WHERE table_schema = 'public'")
    finally:
        await database.close()
    if tables:
        raise Refused("The database that DATABASE_URL names has tables already. Restore into a new, empty one.")
    await _run("pg_restore", address, "--no-owner", "--no-privileges", "--exit-on-error", str(dump))


async def _run(program: str, address: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; the password goes through the environment, where other users of the machine don't see it."""
    parts = urlsplit(address)
    name = f"{parts.username}@{parts.hostname}" if parts.username else str(parts.hostname or "")
    url = urlunsplit(parts._replace(scheme="postgresql", netloc=f"{name}:{parts.port}" if parts.port else name))
    environment = {**os.environ, **({"PGPASSWORD": unquote(parts.password)} if parts.password else {})}
    process = await asyncio.create_subprocess_exec(
        _program(program), "--dbname", url, *arguments, env=environment, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
    )
    _out, said = await process.communicate()
    if process.returncode:
        raise Refused(f"{program} failed: {said.decode(errors='replace').strip()[-500:]}")


def _program(name: str) -> str:
    installed = sorted(_PROGRAMS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0)
    found = str(installed[-1]) if installed else shutil.which(name)
    if not found:
        raise Refused(f"{name} is needed to copy a PostgreSQL database and was not found. On Debian and Ubuntu: apt-get install postgresql-client")
    return found
