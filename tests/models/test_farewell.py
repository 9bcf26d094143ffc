"""Accounts that are deleted: a week to come back, and then nothing says who it was."""

from __future__ import annotations

from datetime import datetime

import pytest

from app import database
from app.jobs import registry
from app.lib import clock
from app.models.account import Account
from app.models.audit_search import about_me
from app.models.base import Refused
from app.models.calendar import Calendar, Draft, Event
from app.models.chat import Channel, Message
from app.models.contacts import AddressBook, AddressBookShare
from app.models.farewell import FORGOTTEN, GRACE, KEPT, Farewell, only_legal_of
from app.models.organisation import LEGAL, Organisation
from app.models.session import Session
from app.models.status import Saying, set_status
from app.models.viewer import Viewer
from app.piccolo_app import APP_CONFIG
from tests.people import People

pytestmark = pytest.mark.usefixtures("app")


async def a_week_later() -> None:
    with clock.at(clock.now() + GRACE + 1):
        await registry["carry_out_farewells"]()


async def test_after_a_week_nothing_says_who_it_was(people: People) -> None:
    beat = people.beat
    channel = await Channel.start(beat.viewer, "public", "plans")
    message = await Message.post(channel, beat.viewer, "Stays here")
    await set_status(beat.viewer, Saying("🌴", "On holiday"))
    await Farewell.ask(beat.viewer)
    assert await Viewer.by_token(beat.token) is None, "signed out everywhere"
    await registry["carry_out_farewells"]()
    assert (await Account.get(beat.id)).given_name == "Beat", "not before the week is over"
    await a_week_later()
    account = await Account.get(beat.id)
    assert (account.name, account.phone, account.avatar, account.password_hash) == ("Former member", "", "", None)
    assert "beat" not in account.email and account.disabled_at is not None
    assert await database.fetch("SELECT id FROM membership WHERE account_id = $1 AND ended_at IS NULL", beat.id) == []
    for table in FORGOTTEN:
        assert await database.fetch(f"SELECT id FROM {table} WHERE account_id = $1", beat.id) == [], table
    assert await database.fetch_value("SELECT text FROM message WHERE id = $1", message) == "Stays here"
    assert await database.fetch("SELECT id FROM search_entry WHERE kind = 'person' AND title LIKE 'Beat%'") == []
    assert [entry.kind for entry in await about_me(beat.viewer)][:2] == ["account.deleted", "account.delete"]
    await a_week_later()


async def test_what_was_only_theirs_is_erased_and_what_others_use_stays(people: People) -> None:
    beat = people.beat
    alone, used = [await AddressBook.make(beat.id, beat.viewer.org_id, name) for name in ("Alone", "Used")]
    for book in (alone, used):
        await book.put(beat.id, "card.vcf", "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:1\r\nFN:Ines Roth\r\nEND:VCARD\r\n")
    calendar = await Calendar.default_for(beat.id, beat.viewer.org_id)
    await Event.create(beat.viewer, calendar, Draft("Doctor", datetime(2026, 11, 16, 9), datetime(2026, 11, 16, 10)))
    await AddressBookShare.insert_new(book_id=used.id, account_id=people.anna.id, sole_key=f"a:{people.anna.id}", level=2, shared_by=beat.id, created_at=1)
    await Farewell.ask(beat.viewer)
    await a_week_later()
    assert [row["id"] for row in await database.fetch("SELECT id FROM address_book WHERE account_id = $1", beat.id)] == [used.id]
    assert await database.fetch_value("SELECT COUNT(*) FROM contact WHERE book_id = $1", used.id) == 1
    assert await database.fetch("SELECT id FROM calendar_object WHERE summary = 'Doctor'") == []
    assert await database.fetch("SELECT id FROM search_entry WHERE title = 'Doctor' OR scope = $1", alone.id) == []


async def test_whoever_signs_in_again_keeps_the_account(people: People) -> None:
    await Farewell.ask(people.beat.viewer)
    await Session.begin(people.beat.membership, 30)
    await a_week_later()
    assert (await Account.get(people.beat.id)).name == "Beat Keller"
    assert [entry.kind for entry in await about_me(people.beat.viewer)][:2] == ["account.keep", "account.delete"]


async def test_the_last_legal_representative_is_refused(people: People) -> None:
    assert await only_legal_of(people.anna.id) == ["Alpina"]
    with pytest.raises(Refused, match="only legal representative of Alpina"):
        await Farewell.ask(people.anna.viewer)
    await people.beat.membership.change(role=LEGAL)
    await Farewell.ask(people.anna.viewer)
    await people.beat.membership.change(role="user")
    await a_week_later()
    assert (await Account.get(people.anna.id)).given_name == "Anna", "meanwhile the last one again: it waits"


async def test_one_leaves_every_organisation(people: People) -> None:
    other = await Organisation.found("Other")
    await other.admit(people.beat.account)
    await Farewell.ask(people.beat.viewer)
    await a_week_later()
    assert {row["org_id"] for row in await database.fetch("SELECT org_id FROM audit_entry WHERE kind = 'account.deleted'")} == {other.id, people.beat.viewer.org_id}


async def test_each_table_of_people_is_thought_of() -> None:
    tables = {table._meta.tablename for table in APP_CONFIG.table_classes if any(column._meta.name == "account_id" for column in table._meta.columns)}
    assert tables - set(FORGOTTEN) - set(KEPT) == set(), "say in app/models/farewell.py whether its rows go with an account"
