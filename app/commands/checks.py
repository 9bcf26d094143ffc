"""What the doctor looks at, one function each. A check answers with findings and never raises."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sqlite3
import ssl
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app import database
from app.commands import Stop
from app.commands.opened import open_or_stop
from app.lib import blobs
from app.lib.mailbox import MailboxError, opened
from app.settings import Settings

OK, WARN, FAIL = "ok", "warn", "fail"
TIMEOUT = 5.0  # seconds to reach another server
_SCARCE, _NEARLY_FULL = 0.10, 500_000_000  # a tenth of the disk, half a gigabyte
_FIRST_RELEASE = 1_767_225_600  # 2026-01-01: a clock before it is wrong


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `advice` says what to do, empty when all is well."""

    level: str
    about: str
    text: str
    advice: str = ""


async def examine(settings: Settings) -> list[Finding]:
    """All checks, in the order in which one would mend things."""
    findings = [finding for check in _ON_THE_MACHINE for finding in check(settings)]
    findings += [finding async for finding in _database(settings)]
    findings += [await _redis(settings), await _mail(settings), *await _answers(settings)]
    return findings


# -- this machine


def _programs(settings: Settings) -> list[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    found = [
        Finding(OK, "Settings", "all can be used"),
        Finding(OK, "Python", python) if sys.version_info >= (3, 11) else Finding(FAIL, "Python", f"{python} is too old", "Install Python 3.11 or newer."),
    ]
    if not settings.database_url:
        found.append(_sqlite_version())
    return found


def _sqlite_version() -> Finding:
    options = {row[0] for row in sqlite3.connect(":memory:").execute("PRAGMA compile_options")}
    if sqlite3.sqlite_version_info < (3, 35, 0):
        return Finding(FAIL, "SQLite", f"{sqlite3.sqlite_version} is too old", "Use a Python that comes with SQLite 3.35 or newer.")
    if "ENABLE_FTS5" not in options:
        return Finding(FAIL, "SQLite", "it has no full text search (FTS5)", "Use a Python whose SQLite was built with FTS5.")
    return Finding(OK, "SQLite", f"{sqlite3.sqlite_version} with full text search")


def _folder(settings: Settings) -> list[Finding]:
    folder = settings.data_dir
    if not folder.exists():
        parent = next(one for one in (folder.resolve(), *folder.resolve().parents) if one.exists())
        if os.access(parent, os.W_OK):
            return [Finding(WARN, "Data folder", f"{folder} doesn’t exist yet", "The server creates it when it starts.")]
        advice = f"Create it and give it to the server’s user: chown {_user()} {folder}"
        return [Finding(FAIL, "Data folder", f"{folder} doesn’t exist and can’t be created", advice)]
    if not folder.is_dir():
        return [Finding(FAIL, "Data folder", f"{folder} is not a folder", "Choose another one with CHALET_DATA_DIR.")]
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return [Finding(FAIL, "Data folder", f"{_user()} can’t write to {folder}", f"chown -R {_user()} {folder}")]
    return [_ownership(folder), _privacy(folder), _space(folder)]


def _ownership(folder: Path) -> Finding:
    foreign = [path for path in folder.glob("*") if path.stat().st_uid != os.geteuid()]
    if not foreign:
        return Finding(OK, "Data folder", f"{folder} can be written and is {_user()}’s")
    names = ", ".join(path.name for path in foreign[:3])
    advice = f"Run the server and these commands as one user, or: chown -R {_user()} {folder}"
    return Finding(WARN if os.geteuid() == 0 else FAIL, "Data folder", f"{names} in {folder} belongs to another user", advice)


def _privacy(folder: Path) -> Finding:
    if folder.stat().st_mode & 0o007:
        return Finding(WARN, "Permissions", f"every user of this machine may look into {folder}", f"chmod o-rwx {folder}")
    return Finding(OK, "Permissions", "other users of this machine are kept out")


def _space(folder: Path) -> Finding:
    usage = shutil.disk_usage(folder)
    text = f"{usage.free / 1e9:.1f} GB free of {usage.total / 1e9:.1f}"
    if usage.free < _NEARLY_FULL:
        return Finding(FAIL, "Disk", text, "Make room: when the disk is full, nothing can be saved.")
    if usage.free < usage.total * _SCARCE:
        return Finding(WARN, "Disk", text, "Less than a tenth is free; make room soon.")
    return Finding(OK, "Disk", text)


def _clock(settings: Settings) -> list[Finding]:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    now, before = time.time(), time.monotonic()
    if now < _FIRST_RELEASE or time.monotonic() < before:
        return [Finding(FAIL, "Clock", f"it says {_day(now)} UTC", "Set it, and keep it right with NTP (timedatectl set-ntp true).")]
    try:
        ZoneInfo("Europe/Zurich")
    except ZoneInfoNotFoundError:
        return [Finding(FAIL, "Clock", "there is no time zone data", "Install the package tzdata.")]
    return [Finding(OK, "Clock", f"{_day(now)} UTC, with time zone data")]


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(moment))


def _port(settings: Settings) -> list[Finding]:
    if settings.port == 0:
        return []
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            return [_taken_port(settings, error)]
    return [Finding(OK, "Port", f"{settings.port} is free")]


def _taken_port(settings: Settings, error: OSError) -> Finding:
    if _is_ours(settings):
        return Finding(OK, "Port", f"{settings.port} is in use by a running Chalet")
    return Finding(
        WARN, "Port", f"can’t listen on {settings.host} port {settings.port}: {error.strerror}", "Stop what uses it, or choose another with CHALET_PORT."
    )


def _is_ours(settings: Settings) -> bool:
    from http.client import HTTPConnection, HTTPException

    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    try:
        connection = HTTPConnection(host, settings.port, timeout=2)
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return answer.status == 200 and answer.read(10) == b"ok\n"
    except (OSError, HTTPException):
        return False


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


_ON_THE_MACHINE: list[Callable[[Settings], list[Finding]]] = [_programs, _folder, _clock, _port]


# -- the database


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    if not settings.database_url and not (settings.data_dir / "chalet.db").exists():
        yield Finding(WARN, "Database", "there is none yet", "The server creates it when it starts.")
        return
    try:
        await open_or_stop(settings)
    except Stop as stop:
        yield Finding(FAIL, "Database", str(stop).removesuffix(" `python -m app doctor` says more."), "Check DATABASE_URL, or the files of the data folder.")
        return
    try:
        async for finding in _open_database(settings):
            yield finding
    except Exception as error:  # whatever a damaged database makes of a query is a finding
        yield Finding(FAIL, "Database", f"it can’t be read: {error}", "Restore the latest backup: python -m app restore --help")
    finally:
        await database.close()


async def _open_database(settings: Settings) -> AsyncIterator[Finding]:
    if database.dialect() == "sqlite":
        yield await _integrity(settings.data_dir / "chalet.db")
    else:
        version = await database.fetch_value("SELECT version() AS version")
        yield Finding(OK, "Database", f"{str(version).split(' on ')[0]} answers")
    pending = await database.pending_migrations()
    if pending:
        yield Finding(WARN, "Migrations", f"{len(pending)} have not run yet", "They run when the server starts, or with: python -m app migrate")
        return
    yield Finding(OK, "Migrations", "all have run")
    yield await _jobs()
    yield await _search()
    yield await _audit()
    for finding in await _files():
        yield finding


async def _integrity(path: Path) -> Finding:
    answer = await asyncio.to_thread(_quick_check, path)
    if answer != "ok":
        return Finding(FAIL, "Database", f"it is damaged: {answer}", "Stop the server and restore the latest backup: python -m app restore --help")
    return Finding(OK, "Database", f"{path} is whole ({path.stat().st_size / 1e6:.1f} MB)")


def _quick_check(path: Path) -> str:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=10)
    try:
        broken = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if broken != "ok":
            return str(broken)
        missing = connection.execute("PRAGMA foreign_key_check").fetchone()
        return f"a row of {missing[0]} refers to a row of {missing[2]} that isn’t there" if missing else "ok"
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        connection.close()


async def _jobs() -> Finding:
    from app.models.job import Job

    waiting, dead = await Job.counts()
    if dead:
        advice = "See why with `python -m app jobs list`, then try them again with `python -m app jobs retry all`."
        return Finding(WARN, "Jobs", f"{dead} were given up after many tries", advice)
    return Finding(OK, "Jobs", f"{waiting} wait, none was given up")


async def _search() -> Finding:
    from app.models import search

    found = {kind: await search.agreement(kind) for kind in search.kinds()}
    if wrong := {kind: (missing, surplus) for kind, (_there, missing, surplus) in found.items() if missing or surplus}:
        text = ", ".join(f"{missing} of kind {kind} are missing and {surplus} too many" for kind, (missing, surplus) in wrong.items())
        return Finding(WARN, "Search", text, "Write it anew with: python -m app reindex")
    counts = ", ".join(f"{there} of kind {kind}" for kind, (there, _missing, _surplus) in found.items())
    return Finding(OK, "Search", f"it has all that can be found: {counts}")


async def _audit() -> Finding:
    """Every organisation's audit log, from its first entry to its last."""
    from app.models.audit import first_broken

    rows = await database.fetch("SELECT o.id, o.name, h.position FROM organisation o LEFT JOIN audit_head h ON h.id = o.id ORDER BY o.name")
    broken = [(row["name"], position) for row in rows if (position := await first_broken(row["id"])) is not None]
    if broken:
        text = ", ".join(f"that of {name} breaks at entry {position}" for name, position in broken)
        return Finding(FAIL, "Audit log", text, "Somebody altered the database past Chalet: compare these entries with a backup.")
    return Finding(OK, "Audit log", f"the chains of {sum(row['position'] or 0 for row in rows)} entries hold")


async def _files() -> list[Finding]:
    """Whether every row has its file, and every file its row."""
    from app.models.files.sweeping import agreement

    try:
        await blobs.store().check()
        found = await agreement()
    except blobs.OutOfReach as error:
        return [Finding(FAIL, "Files", f"their bucket can’t be used: {error}", "Check FILES_URL, its keys and what they may do, and whether it answers.")]
    if found.missing:
        text = f"{len(found.missing)} are missing or too short, such as {found.missing[0]}"
        return [Finding(FAIL, "Files", text, "Copy the folder `files` from the latest backup over the data folder’s: existing files stay right.")]
    if found.damaged:
        return [Finding(FAIL, "Files", f"{found.damaged} are damaged", "Copy the folder `files` from the latest backup over the data folder’s.")]
    if found.unknown or found.miscounted:
        text = f"{found.unknown} belong to nothing, {found.miscounted} counters are wrong"
        return [Finding(WARN, "Files", text, "They are put right within a day while the server runs.")]
    return [Finding(OK, "Files", f"all that is needed is there ({found.files} files, {found.size / 1e6:.1f} MB)")]


# -- other servers


async def _redis(settings: Settings) -> Finding:
    if not settings.redis_url:
        return Finding(OK, "Redis", "not configured, and not needed by a single process")
    import redis.asyncio
    from redis.exceptions import RedisError

    client = redis.asyncio.from_url(settings.redis_url, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT)
    try:
        await client.ping()
    except (RedisError, OSError) as error:
        return Finding(FAIL, "Redis", f"it doesn’t answer: {error}", "Start it, or correct REDIS_URL.")
    finally:
        await client.aclose()
    return Finding(OK, "Redis", "answers")


async def _mail(settings: Settings) -> Finding:
    if not settings.smtp_url:
        outbox = settings.data_dir / "outbox"
        return Finding(WARN, "Mail", f"not configured: mails are laid into {outbox}", "Set SMTP_URL so that invitations and reset links arrive.")
    parts = urlsplit(settings.smtp_url)
    secure = parts.scheme == "smtps"
    port = parts.port or (465 if secure else 587)
    try:
        greeting = await asyncio.wait_for(_greeting(parts.hostname or "localhost", port, secure), TIMEOUT)
    except (OSError, TimeoutError, ssl.SSLError) as error:
        return Finding(FAIL, "Mail", f"{parts.hostname} port {port} doesn’t answer: {str(error) or 'no answer in time'}", "Check SMTP_URL and the firewall.")
    if not greeting.startswith("220"):
        return Finding(FAIL, "Mail", f"{parts.hostname} port {port} is no mail server", "Check SMTP_URL.")
    return Finding(OK, "Mail", f"{parts.hostname} port {port} answers")


async def _answers(settings: Settings) -> list[Finding]:
    """The mailbox that guests' answers to invitations arrive in, where there is one."""
    if not settings.answers_imap_url:
        return []
    try:
        await asyncio.to_thread(_open_mailbox, settings.answers_imap_url)
    except MailboxError as error:
        return [Finding(FAIL, "Answers", f"their mailbox can’t be read: {error}", "Check CHALET_ANSWERS_IMAP_URL.")]
    if not settings.answers_address:
        return [Finding(WARN, "Answers", "nobody is asked to answer to their mailbox", "Set CHALET_ANSWERS_ADDRESS to its address.")]
    return [Finding(OK, "Answers", "their mailbox can be read")]


def _open_mailbox(url: str) -> None:
    with opened(url):
        pass


async def _greeting(host: str, port: int, secure: bool) -> str:
    reader, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context() if secure else None)
    try:
        return (await reader.readline()).decode(errors="replace")
    finally:
        writer.close()
