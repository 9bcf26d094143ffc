"""The account's own part of the zip: profile, picture, devices, settings; and of each organisation statuses, notices and what the logs have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from app import database
from app.lib import blobs
from app.models.account import Account
from app.models.my_data.registry import Files, Owner, exports, json_array, json_file, moment
from app.models.presence import choice_of

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")  # RFC 5545 §3.3.10
_README = """# Everything of yours

What Chalet has of you{where}. JSON files open in any text editor; times are in UTC.

- `account/`: your profile, your picture, when you aren't to be disturbed, where you are signed in, how you sign in, and what you want to be
  told and where.
- `activity/`: what you said as your status, what you were told, what you did in the last 30 days, and the entries of the audit log
  that concern you.
- Each app has a folder of its own: what you wrote, keep and did there. `chat/messages.md` is for reading, `chat/messages.json` for programs.
{folders}
Passwords, keys and what others wrote aren't in it.
"""
_FOLDERS = """
You are in several organisations, so each has a folder, with those of its apps in it:

{names}
"""


def readme(names: dict[str, str]) -> str:
    """What is where: `names` are the organisations by their folder, which is empty where there is only one."""
    if len(names) == 1:
        return _README.format(where=" at " + "".join(names.values()), folders="")
    return _README.format(where="", folders=_FOLDERS.format(names="\n".join(f"- `{folder}/`: {name}" for folder, name in names.items())))


@exports("account", once=True)
async def _account(owner: Owner) -> Files:
    account = await Account.get(owner.account_id)
    yield "account/profile.json", json_file(await _profile(account))
    picture = await blobs.store().get(account.avatar) if account.avatar else None
    if picture:
        yield "account/picture.webp", _bytes(picture)
    yield "account/availability.json", json_file(await _availability(owner))
    for name, sql, columns in _TABLES:
        yield f"account/{name}.json", json_array(_rows(f"SELECT {columns} FROM {sql}", owner.account_id))


@exports("activity")
async def _activity(owner: Owner) -> Files:
    for name, sql, columns in _OF_ORGANISATION:
        yield f"activity/{name}.json", json_array(_rows(f"SELECT {columns} FROM {sql}", owner.account_id, owner.org_id))


# Name of the file, the rows' table with conditions ($1: the account, $2: the organisation), and columns: never a secret.
_TABLES = (
    ("sessions", "session WHERE account_id = $1", "id, host, address, user_agent, created_at, seen_at, expires_at"),
    ("passkeys", "passkey WHERE account_id = $1", "id, name, created_at, used_at"),
    ("application-passwords", "application_password WHERE account_id = $1", "id, name, created_at, used_at, used_from"),
    ("notification-choices", "notice_choice WHERE account_id = $1", "id, device_id, kind, channel, is_on"),
    ("notification-digest", "digest WHERE id = $1", "id, frequency, hour, weekday, sent_at"),
    ("push-devices", "push_device WHERE account_id = $1", "id, name, host, user_agent, is_on, created_at, seen_at"),
    ("push-log", "push_delivery WHERE account_id = $1", "id, device_id, kind, status, http_status, attempts, created_at, sent_at, shown_at, clicked_at"),
)
_OF_ORGANISATION = (
    ("statuses", "member_status WHERE account_id = $1 AND org_id = $2", "id, emoji, text, source, created_at, expires_at, ended_at"),
    ("notification-mutes", "notice_mute WHERE account_id = $1 AND org_id = $2", "id, source, name, created_at"),
    ("notifications", "notification WHERE account_id = $1 AND org_id = $2", "id, kind, source, source_name, facts, url, shown, read_at, mailed_at, created_at"),
    ("activity", "command WHERE account_id = $1 AND org_id = $2", "id, kind, what, url, created_at, undone_at"),
    ("audit", "audit_entry WHERE org_id = $2 AND (concerns_id = $1 OR actor_id = $1)", "id, position, kind, actor, subject, address, facts, created_at, hash"),
)


async def _profile(account: Account) -> dict[str, Any]:
    places = await database.fetch(
        "SELECT o.name AS organisation, m.role, m.title, m.created_at, m.ended_at, m.id FROM membership m JOIN organisation o ON o.id = m.org_id"
        " WHERE m.account_id = $1 ORDER BY m.id",
        account.id,
    )
    rights = await database.fetch(
        "SELECT r.membership_id, r.product, r.level FROM product_right r JOIN membership m ON m.id = r.membership_id WHERE m.account_id = $1"
        " ORDER BY r.product, r.level", account.id
    )
    return {
        "email": account.email, "given_name": account.given_name, "family_name": account.family_name, "pronouns": account.pronouns,
        "phone": account.phone, "language": account.locale, "timezone": account.timezone, "week_start": account.week_start, "theme": account.theme,
        "sync_name": account.sync_name, "created_at": moment(account.created_at),
        "memberships": [
            {**_readable(place), "rights": [f"{right['product']}.{right['level']}" for right in rights if right["membership_id"] == place["id"]]}
            for place in places
        ],
    }


async def _availability(owner: Owner) -> dict[str, Any]:
    choice = await choice_of(owner.account_id)
    return {
        "chosen": choice.chosen or "automatic", "until": moment(choice.until), "away_after_minutes": choice.away_minutes,
        "quiet_hours": [
            {"days": [name for day, name in enumerate(_DAYS) if span.days >> day & 1], "from": _clock(span.starts), "to": _clock(span.ends)}
            for span in choice.spans
        ],
    }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


async def _rows(sql: str, *values: Any) -> AsyncIterator[dict[str, Any]]:
    last, mark = -1, f"${len(values) + 1}"
    while rows := await database.fetch(f"{sql} AND id > {mark} ORDER BY id LIMIT 500", *values, last):
        for row in rows:
            yield _readable(row)
        last = rows[-1]["id"]


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    """Times as texts, JSON as what it is."""
    shown: dict[str, Any] = {name: moment(value) if name.endswith("_at") else value for name, value in row.items()}
    if "facts" in shown:
        shown["facts"] = msgspec.json.decode(shown["facts"])
    return shown


async def _bytes(content: bytes) -> AsyncIterator[bytes]:
    yield content
