"""A copy of everything of somebody."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from app import database
from app.jobs import registry
from app.jobs.runner import drain
from app.lib import clock
from app.models import my_data
from app.models.base import Refused
from app.models.chat import Channel, Message
from app.models.my_data import DataExport
from app.models.my_data.registry import exporters
from app.models.notifications import Digest, NoticeChoice
from app.models.push.device import PushDevice
from app.models.push.vapid import VapidKey
from app.models.status import Saying, set_status
from app.settings import Settings
from tests.people import People

pytestmark = pytest.mark.usefixtures("app")


async def copy_of(people: People, folder: Path) -> zipfile.ZipFile:
    export = await DataExport.ask(people.beat.viewer)
    await drain()
    export = await DataExport.get(export.id)
    assert export.is_ready, export.error
    return zipfile.ZipFile(folder / "exports" / export.file)


async def test_it_has_what_is_mine_and_nothing_of_others(people: People, settings: Settings) -> None:
    channel = await Channel.start(people.anna.viewer, "private", "plans", people=[people.beat.id])
    mine = await channel.seen_by(people.beat.viewer, channel.id)
    await Message.post(mine, people.beat.viewer, "Written by Beat")
    await Message.post(channel, people.anna.viewer, "Written by Anna")
    await set_status(people.beat.viewer, Saying("🌴", "On holiday"))
    await Message.post(channel, people.anna.viewer, "Look, @Beat")
    await NoticeChoice.choose(people.beat.id, "chat.reaction", "in_app", False)
    await Digest.choose(people.beat.id, "weekly", 8, 0)
    keys = {"p256dh": "secret-p256dh-of-the-browser", "auth": "secret-auth-of-the-browser", "endpoint": "https://push.example.org/secret-endpoint"}
    key = await VapidKey.current()
    await PushDevice.insert_new(
        account_id=people.beat.id, session_id=people.beat.viewer.session_id, vapid_id=key.id, name="My phone", created_at=clock.now(), **keys
    )
    archive = await copy_of(people, settings.data_dir)
    assert archive.testzip() is None
    everything = "\n".join(archive.read(name).decode() for name in archive.namelist() if not name.endswith(".webp"))
    assert "Written by Beat" in everything and "Written by Anna" not in everything
    assert json.loads(archive.read("chat/messages.json"))[0]["channel"] == "plans"
    assert archive.read("chat/messages.md").decode().startswith("# #plans\n")
    assert json.loads(archive.read("account/profile.json"))["email"] == "beat@alpina.example"
    assert json.loads(archive.read("account/statuses.json"))[0]["text"] == "On holiday"
    told = json.loads(archive.read("account/notifications.json"))
    assert [(one["kind"], one["facts"]["text"], one["shown"]) for one in told] == [("chat.mention", "Look, @Beat", True)], "what one was told is one's own"
    assert json.loads(archive.read("account/notification-choices.json"))[0]["kind"] == "chat.reaction"
    assert json.loads(archive.read("account/notification-digest.json"))[0]["frequency"] == "weekly"
    assert json.loads(archive.read("account/push-devices.json"))[0]["name"] == "My phone"
    assert [entry["kind"] for entry in json.loads(archive.read("account/audit.json"))][-1] == "account.export"
    for secret in ("token_hash", "password_hash", "argon2", "secret_hash", "p256dh", "secret-"):
        assert secret not in everything


async def test_only_one_is_made_at_a_time(people: People) -> None:
    await DataExport.ask(people.beat.viewer)
    with pytest.raises(Refused):
        await DataExport.ask(people.beat.viewer)
    await DataExport.ask(people.chiara.viewer)
    await drain()
    await DataExport.ask(people.beat.viewer)


async def test_a_cancelled_one_leaves_no_file(people: People, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    export = await DataExport.ask(people.beat.viewer)

    async def slow(owner: my_data.Owner) -> my_data.registry.Files:  # type: ignore[attr-defined]
        yield "one.txt", my_data.text_file("one")
        await export.cancel()
        yield "two.txt", my_data.text_file("two")

    monkeypatch.setitem(my_data.registry._exporters, "aaa", slow)  # type: ignore[attr-defined]
    await drain()
    assert list((settings.data_dir / "exports").iterdir()) == []
    assert await DataExport.latest(people.beat.viewer) is None
    await DataExport.ask(people.beat.viewer)


async def test_one_that_fails_says_so(people: People, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(owner: my_data.Owner) -> my_data.registry.Files:  # type: ignore[attr-defined]
        yield "one.txt", my_data.text_file("one")
        raise OSError("the disk is full")

    monkeypatch.setitem(my_data.registry._exporters, "aaa", broken)  # type: ignore[attr-defined]
    export = await DataExport.ask(people.beat.viewer)
    with pytest.raises(Exception, match="the disk is full"):
        await registry["export_my_data"](export_id=export.id)
    export = await DataExport.get(export.id)
    assert "the disk is full" in export.error and not export.is_running
    assert list((settings.data_dir / "exports").iterdir()) == []


async def test_after_a_week_the_file_goes(people: People, settings: Settings) -> None:
    await copy_of(people, settings.data_dir)
    stray = settings.data_dir / "exports" / "stray.zip"
    stray.write_bytes(b"x")
    await DataExport.prune(settings.data_dir)
    assert len(list((settings.data_dir / "exports").iterdir())) == 1 and not stray.exists()
    with clock.at(clock.now() + 8 * clock.DAY):
        await DataExport.prune(settings.data_dir)
    assert list((settings.data_dir / "exports").iterdir()) == []
    assert await database.fetch("SELECT id FROM data_export") == []


async def test_every_app_adds_its_part() -> None:
    assert {"account", "chat"} <= set(exporters())
