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
from app.models.organisation import Organisation
from app.models.push.device import PushDevice
from app.models.push.vapid import VapidKey
from app.models.session import Session
from app.models.sign_in_policy import EVERYBODY, LINK, SignInPolicy
from app.models.status import MemberStatus, Saying, set_status
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
    assert json.loads(archive.read("activity/statuses.json"))[0]["text"] == "On holiday"
    told = json.loads(archive.read("activity/notifications.json"))
    assert [(one["kind"], one["facts"]["text"], one["shown"]) for one in told] == [("chat.mention", "Look, @Beat", True)], "what one was told is one's own"
    assert json.loads(archive.read("account/notification-choices.json"))[0]["kind"] == "chat.reaction"
    assert json.loads(archive.read("account/notification-digest.json"))[0]["frequency"] == "weekly"
    assert json.loads(archive.read("account/push-devices.json"))[0]["name"] == "My phone"
    assert [entry["kind"] for entry in json.loads(archive.read("activity/audit.json"))][-1] == "account.export"
    for secret in ("token_hash", "password_hash", "argon2", "secret_hash", "p256dh", "secret-"):
        assert secret not in everything


async def test_each_organisation_that_takes_the_same_proof_is_in_it(people: People, settings: Settings) -> None:
    beat, erik = people.beat, people.erik
    await erik.organisation.admit(beat.account)
    await (await Session.get(beat.viewer.session_id)).change(method="password")
    strict = await Organisation.found("Strict & Söhne")
    await strict.admit(beat.account)
    await SignInPolicy.insert(SignInPolicy(id=strict.id, member_methods=LINK)).run()
    for place, text in ((people.anna.organisation, "at home"), (erik.organisation, "up north"), (strict, "behind two doors")):
        membership_id = await database.fetch_value("SELECT id FROM membership WHERE account_id = $1 AND org_id = $2", beat.id, place.id)
        await MemberStatus.insert_new(membership_id=membership_id, account_id=beat.id, org_id=place.id, emoji="🌲", text=text, created_at=clock.now())
    archive = await copy_of(people, settings.data_dir)
    names = archive.namelist()
    assert {"account/profile.json", "README.md", "alpina/activity/statuses.json", "nordlicht/activity/statuses.json", "alpina/chat/messages.json"} <= set(names)
    assert len(names) == len(set(names)) and not [name for name in names if "strict" in name]
    everything = "\n".join(archive.read(name).decode() for name in names if not name.endswith(".webp"))
    assert "at home" in everything and "up north" in everything and "behind two doors" not in everything
    assert "- `nordlicht/`: Nordlicht" in archive.read("README.md").decode()
    export = await DataExport.latest(beat.viewer)
    assert export and await export.is_for(beat.viewer)
    await SignInPolicy.insert(SignInPolicy(id=erik.organisation.id, two_factor=EVERYBODY, two_factor_from=0, grace_days=0)).run()
    assert not await export.is_for(beat.viewer), "a copy isn't for a browser that gave less proof than one of its organisations asks for"


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
