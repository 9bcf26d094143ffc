"""Every setting, once, typed, read from the environment or a `.env` file beside the working directory.

`docs/settings.md` lists them; a test holds the two together.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values


class SettingError(ValueError):
    """A setting that can't be used; its text is one sentence for the person who starts the server."""


def _flag(text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False, "": False}
    if text.lower() not in known:
        raise ValueError("is neither yes nor no")
    return known[text.lower()]


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return read


def _url(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text and urlsplit(text).scheme not in schemes:
            raise ValueError(f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return text

    return read


def _one_of(*values: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in values:
            raise ValueError(f"must be one of {', '.join(values)}")
        return text

    return read


def _hosts(text: str) -> tuple[str, ...]:
    return tuple(host.strip().lower() for host in text.split(",") if host.strip())


def setting(name: str, default: Any, read: Callable[[str], Any], about: str) -> Any:
    """A field of `Settings`: its environment variable, default, reader, and what it is for."""
    return field(default=default, metadata={"name": name, "read": read, "about": about})


@dataclass(frozen=True)
class Settings:
    """What the server was told. Build it with `read_settings`."""

    data_dir: Path = setting("CHALET_DATA_DIR", Path("data"), Path, "Folder of the embedded database, files and mail outbox.")
    host: str = setting("CHALET_HOST", "127.0.0.1", str, "Address to listen on.")
    port: int = setting("CHALET_PORT", 8000, _whole(0, 65535), "Port to listen on.")
    workers: int = setting("CHALET_WORKERS", 1, _whole(1, 32), "Server processes. More than one needs REDIS_URL.")
    base_url: str = setting("CHALET_BASE_URL", "", _url("http", "https"), "Public address, such as https://suite.example.org. Empty: whatever localhost address is used.")
    allowed_hosts: tuple[str, ...] = setting("CHALET_ALLOWED_HOSTS", (), _hosts, "Further host names to answer for, separated by commas.")
    public_addresses: tuple[str, ...] = setting("CHALET_PUBLIC_ADDRESSES", (), _hosts, "IP addresses under which the internet reaches this server, separated by commas, for the DNS records of brands. Empty: those of the base address.")
    dns_servers: tuple[str, ...] = setting("CHALET_DNS_SERVERS", (), _hosts, "Name servers that the domains of brands are checked with, as address or address:port, separated by commas. Empty: the system’s.")
    trusted_proxies: tuple[str, ...] = setting("CHALET_TRUSTED_PROXIES", (), _hosts, "Addresses of proxies whose X-Forwarded-For and -Proto count, separated by commas.")
    database_url: str = setting("DATABASE_URL", "", _url("postgres", "postgresql", "cockroach", "cockroachdb"), "PostgreSQL or CockroachDB address. Empty: SQLite in the data folder.")
    database_pool: int = setting("CHALET_DATABASE_POOL", 10, _whole(1, 200), "PostgreSQL connections of each server process.")
    sqlite_synchronous: str = setting("CHALET_SQLITE_SYNCHRONOUS", "NORMAL", _one_of("NORMAL", "FULL"), "FULL also survives a power cut in the last moment; NORMAL survives any crash of the server.")
    files_url: str = setting("FILES_URL", "", _url("s3", "file"), "Bucket for files, such as s3://bucket/prefix?region=eu-central-1 or with &endpoint=https://… of another S3. Empty: the data folder.")
    redis_url: str = setting("REDIS_URL", "", _url("redis", "rediss", "unix"), "Redis address, for several server processes.")
    smtp_url: str = setting("SMTP_URL", "", _url("smtp", "smtps"), "Outgoing mail, such as smtps://user:password@mail.example.org:465. Empty: mail lands in the data folder's outbox.")
    mail_from: str = setting("CHALET_MAIL_FROM", "", str, "Sender address of outgoing mail. Empty: chalet@ and the host of the base address.")
    answers_imap_url: str = setting("CHALET_ANSWERS_IMAP_URL", "", _url("imap", "imaps"), "Mailbox that guests' answers to invitations arrive in, such as imaps://user:password@mail.example.org/INBOX. Answers in it are applied, other mail stays as it is. Empty: guests answer by their link.")
    answers_address: str = setting("CHALET_ANSWERS_ADDRESS", "", str, "Address of that mailbox, such as calendar@example.org: invitations ask for answers there. Empty: at whoever invites.")
    push_private_hosts: tuple[str, ...] = setting("CHALET_PUSH_PRIVATE_HOSTS", (), _hosts, "Push services of your own network that may be called although they aren’t public, as host:port, separated by commas.")
    webhook_private_hosts: tuple[str, ...] = setting("CHALET_WEBHOOK_PRIVATE_HOSTS", (), _hosts, "Hosts of your own network that outgoing webhooks and commands of Chat may call although they aren’t public, as host:port, separated by commas.")
    rate_limit: int = setting("CHALET_RATE_LIMIT", 100, _whole(0, 1_000_000), "Requests per second that one address may make, four times that at once. 0: no limit.")
    private_issuers: tuple[str, ...] = setting("CHALET_PRIVATE_ISSUERS", (), _hosts, "OpenID providers of the own network that may be called although they aren't public, also over http, as host:port separated by commas, such as keycloak.lan:8443.")
    secret_key: str = setting("CHALET_SECRET_KEY", "", str, "What stored secrets, such as a provider's client secret, are sealed with; a long random text, the same for all servers of one database. Empty: a key made once and kept in secret.key in the data folder.")
    metrics_token: str = setting("CHALET_METRICS_TOKEN", "", str, "Bearer token for /metrics. Empty: only requests from this machine get it.")
    log_format: str = setting("CHALET_LOG_FORMAT", "text", _one_of("text", "json"), "Log lines for people or for programs.")
    max_upload_mb: int = setting("CHALET_MAX_UPLOAD_MB", 25, _whole(1, 100_000), "Largest picture or file that a form takes, in megabytes.")
    debug: bool = setting("CHALET_DEBUG", False, _flag, "For developers: style guide, templates and static files read anew at each request.")
    invitation_days: int = setting("CHALET_INVITATION_DAYS", 14, _whole(1, 365), "Days for which the link of an invitation works.")
    demo_password: str = setting("CHALET_DEMO_PASSWORD", "", str, "Password of the demo accounts. Empty: made up and printed.")

    @property
    def database_address(self) -> str:
        """The URL of the database in use; the embedded one where none was set."""
        return self.database_url or f"sqlite:///{self.data_dir / 'chalet.db'}"

    @property
    def push_subject(self) -> str:
        """Whom a push service may ask about this server (RFC 8292 §2.1)."""
        sender = self.mail_from or f"chalet@{self.public_host or 'localhost'}"
        return self.base_url.rstrip("/") if self.base_url.startswith("https://") else f"mailto:{sender}"

    @property
    def public_host(self) -> str:
        """Host name of the base address, empty where none was set."""
        return urlsplit(self.base_url).hostname or ""


def read_settings(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Settings from `environment` (by default the process's, over a `.env` file), then from `given` values that are not None.

    Raises `SettingError` naming the first setting that can't be used.
    """
    if environment is None:
        environment = {**{k: v or "" for k, v in dotenv_values(".env").items()}, **os.environ}
    values = {}
    for one in fields(Settings):
        name = one.metadata["name"]
        if name in environment and environment[name].strip() != "":
            try:
                values[one.name] = one.metadata["read"](environment[name].strip())
            except ValueError as error:
                raise SettingError(f"{name} {error} (it is “{environment[name]}”).") from None
    settings = Settings(**{**values, **{k: v for k, v in given.items() if v is not None}})
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    if settings.workers > 1 and not settings.redis_url:
        raise SettingError("CHALET_WORKERS is more than 1, so REDIS_URL must be set: the processes talk through Redis.")
    if settings.base_url and (urlsplit(settings.base_url).path.strip("/") or not settings.public_host):
        raise SettingError("CHALET_BASE_URL must be a scheme and a host alone, such as https://suite.example.org.")
