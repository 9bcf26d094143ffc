"""What people chose: which kinds reach them where, which sources are muted, how often they get a digest."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol, Self

from piccolo.columns import BigInt, Boolean, ForeignKey, SmallInt, Varchar

from app import database
from app.lib import clock
from app.lib.ids import new_id
from app.models.account import Account
from app.models.base import Row
from app.models.command import Command, undoes
from app.models.notifications.kinds import CHANNELS, IN_APP, PUSH, all_kinds, kind_of
from app.models.organisation import Organisation
from app.models.viewer import Viewer

OFF, HOURLY, DAILY, WEEKLY = "off", "hourly", "daily", "weekly"
FREQUENCIES = (OFF, HOURLY, DAILY, WEEKLY)


class NoticeChoice(Row):
    """Whether a kind reaches somebody on a channel; with a device, on that device alone."""

    account_id = ForeignKey(Account)
    device_id = BigInt(default=0, help_text="0: everywhere.")
    kind = Varchar(length=40)
    channel = Varchar(length=8)
    is_on = Boolean(default=True)

    @classmethod
    async def choose(cls, account_id: int, kind: str, channel: str, is_on: bool, device_id: int = 0) -> None:
        """Let a kind reach somebody on a channel, or not."""
        await database.execute(
            "INSERT INTO notice_choice (id, account_id, device_id, kind, channel, is_on) VALUES ($1, $2, $3, $4, $5, $6)"
            " ON CONFLICT (account_id, device_id, kind, channel) DO UPDATE SET is_on = excluded.is_on",
            new_id(), account_id, device_id, kind, channel, is_on,
        )

    @classmethod
    async def of(cls, account_id: int) -> dict[tuple[str, str], bool]:
        """What somebody chose, by kind and channel."""
        rows = await database.fetch("SELECT kind, channel, is_on FROM notice_choice WHERE account_id = $1 AND device_id = 0", account_id)
        return {(row["kind"], row["channel"]): bool(row["is_on"]) for row in rows}

    @classmethod
    async def takes(cls, account_id: int, kind: str, channel: str) -> bool:
        """Whether somebody wants a kind on a channel."""
        return (await cls.of(account_id)).get((kind, channel), kind_of(kind).default(channel))

    @classmethod
    async def matrix(cls, viewer: Viewer, on: Collection[tuple[str, str]]) -> None:
        """Choose for all kinds at once: those in `on` by kind and channel, the others not. What is as before isn't written."""
        chosen = await cls.of(viewer.account_id)
        async with database.transaction():
            for kind in all_kinds(viewer.is_admin):
                for channel in (one for one in CHANNELS if one != IN_APP or not kind.always):
                    now = chosen.get((kind.key, channel), kind.default(channel))
                    if ((kind.key, channel) in on) != now:
                        await cls.choose(viewer.account_id, kind.key, channel, (kind.key, channel) in on)

    @classmethod
    async def of_device(cls, account_id: int, device_id: int) -> dict[str, bool]:
        """Kinds that were switched on or off for one device."""
        rows = await database.fetch(
            "SELECT kind, is_on FROM notice_choice WHERE account_id = $1 AND device_id = $2 AND channel = $3", account_id, device_id, PUSH
        )
        return {row["kind"]: bool(row["is_on"]) for row in rows}


class SourceOfApp(Protocol):
    """What an app knows of the sources that are muted in it: the bell and the app show and change the same."""

    async def muted(self, viewer: Viewer) -> dict[str, tuple[str, int]]:
        """Its sources that somebody muted, each with its name and since when."""

    async def set_muted(self, viewer: Viewer, source: str, on: bool) -> bool:
        """Mute a source or not. False where it is none of this app's, or the person isn't in it."""


_apps: list[SourceOfApp] = []


def mutes_itself(app: SourceOfApp) -> SourceOfApp:
    """Register an app in which sources can be muted."""
    _apps.append(app)
    return app


class NoticeMute(Row):
    """A source that somebody wants to hear nothing of, until they say otherwise."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account)
    source = Varchar(length=80)
    name = Varchar(length=200, default="")
    created_at = BigInt(default=0)

    @classmethod
    async def of(cls, viewer: Viewer) -> list[Self]:
        """The sources that somebody muted here."""
        rows = await database.fetch(
            "SELECT * FROM notice_mute WHERE account_id = $1 AND org_id = $2 ORDER BY name, id", viewer.account_id, viewer.org_id
        )
        found = {row["source"]: cls.from_row(row) for row in rows}
        for app in _apps:
            for source, (name, at) in (await app.muted(viewer)).items():
                found[source] = cls(id=0, org_id=viewer.org_id, account_id=viewer.account_id, source=source, name=name, created_at=at)
        return sorted(found.values(), key=lambda mute: (mute.name, mute.source))

    @classmethod
    async def mute(cls, viewer: Viewer, source: str, name: str) -> Command:
        """Hear nothing more of a source. Can be undone."""
        async with Command.once(viewer, "notices.mute") as command:
            await cls._add(viewer, source, name)
            command.done(what=name or source, url="/account/notifications", inverse={"source": source, "name": name})
        return command

    @classmethod
    async def unmute(cls, viewer: Viewer, source: str) -> Command:
        """Hear of a source again. Can be undone."""
        async with Command.once(viewer, "notices.unmute") as command:
            muted = next((mute for mute in await cls.of(viewer) if mute.source == source), None)
            await cls._take(viewer, source)
            name = muted.name if muted else ""
            command.done(what=name or source, url="/account/notifications", inverse={"source": source, "name": name} if muted else None)
        return command

    @classmethod
    async def _add(cls, viewer: Viewer, source: str, name: str) -> None:
        for app in _apps:
            if await app.set_muted(viewer, source, True):
                return
        await database.execute(
            "INSERT INTO notice_mute (id, org_id, account_id, source, name, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
            " ON CONFLICT (account_id, org_id, source) DO NOTHING",
            new_id(), viewer.org_id, viewer.account_id, source[:80], name[:200], clock.now(),
        )

    @classmethod
    async def _take(cls, viewer: Viewer, source: str) -> None:
        for app in _apps:
            await app.set_muted(viewer, source, False)
        await database.execute("DELETE FROM notice_mute WHERE account_id = $1 AND org_id = $2 AND source = $3", viewer.account_id, viewer.org_id, source)


class Digest(Row):
    """How often somebody is mailed what they missed. The row's id is the account's."""

    frequency = Varchar(length=8, default=DAILY)
    hour = SmallInt(default=8, help_text="Of the day, in the person's time zone.")
    weekday = SmallInt(default=0, help_text="0 Monday to 6 Sunday.")
    sent_at = BigInt(default=0)

    @classmethod
    async def of(cls, account_id: int) -> Self:
        """Somebody's digest, as it is by default where they haven't chosen."""
        row = await database.fetch_one("SELECT * FROM digest WHERE id = $1", account_id)
        return cls.from_row(row) if row else cls(id=account_id, frequency=DAILY, hour=8, weekday=0, sent_at=0)

    @classmethod
    async def choose(cls, account_id: int, frequency: str, hour: int, weekday: int) -> None:
        """Have it this often from now on."""
        await database.execute(
            "INSERT INTO digest (id, frequency, hour, weekday, sent_at) VALUES ($1, $2, $3, $4, 0)"
            " ON CONFLICT (id) DO UPDATE SET frequency = excluded.frequency, hour = excluded.hour, weekday = excluded.weekday",
            account_id, frequency, hour, weekday,
        )


@undoes("notices.mute")
async def _unmute(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await NoticeMute._take(viewer, inverse["source"])


@undoes("notices.unmute")
async def _mute_again(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await NoticeMute._add(viewer, inverse["source"], inverse["name"])
