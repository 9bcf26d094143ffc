"""Answering an invitation, as whoever follows its link."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from app import database
from app.jobs.runner import drain
from app.lib import clock
from app.lib.address_lists import Line
from app.models.account import Account
from app.models.chat.channel import PRIVATE, Channel
from app.models.invitation.inviting import invite, invite_guests
from app.models.invitation.offer import Offer
from app.models.invitation.pending import cancel, find_pending
from app.models.invitation.places import Places
from app.models.viewer import Viewer
from app.settings import Settings
from tests.conftest import browser
from tests.invitations import NORA, letters, mailed_link, text_of
from tests.people import PASSWORD, People

EMAIL = "nora@alpina.example"
OFFER = Offer(rights=("chat.use", "calendar.use"))
BASE = "http://localhost:8000"


async def link_to(people: People, settings: Settings, email: str = EMAIL, offer: Offer = OFFER) -> str:
    await invite(people.anna.viewer, Line(1, email, "Nora", "Nord"), offer, BASE)
    return await mailed_link(settings, email)


async def members(email: str) -> list[dict[str, object]]:
    return await database.fetch(
        "SELECT m.* FROM membership m JOIN account a ON a.id = m.account_id WHERE a.email = $1 AND m.ended_at IS NULL", email
    )


async def test_a_new_person_registers_and_is_in(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    link = await link_to(people, settings)
    async with browser(app) as nora:
        page = await nora.get(link)
        assert "Anna Alpha invites nora@alpina.example" in page.text and 'value="Nora"' in page.text
        answer = await nora.post(link, data={**NORA, "email": EMAIL})
        assert answer.status_code == 303 and answer.headers["location"] == "/"
        assert "Nora" in (await nora.get("/")).text
        again = await nora.get(link)
        assert again.status_code == 404 and "accepted already" in again.text
    (member,) = await members(EMAIL)
    rights = await database.fetch("SELECT product, level FROM product_right WHERE membership_id = $1", member["id"])
    assert {f"{right['product']}.{right['level']}" for right in rights} == {"chat.use", "calendar.use"}
    account = await Account.by_email(EMAIL)
    assert account is not None and account.timezone == "Europe/Oslo" and member["invited_by"] == people.anna.id


async def test_the_token_is_nowhere_in_the_database(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    token = (await link_to(people, settings)).rpartition("/")[2]
    for table in ("invitation", "invitation_link", "job", "audit_entry", "command"):
        assert token not in str(await database.fetch(f"SELECT * FROM {table}")), table


async def test_scanners_that_open_the_link_use_nothing_up(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    link = await link_to(people, settings)
    async with browser(app) as scanner, browser(app) as nora:
        for _ in range(3):
            assert (await scanner.get(link)).status_code == 200
        assert (await nora.post(link, data=NORA)).status_code == 303


async def test_a_mistake_keeps_what_was_typed(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    link = await link_to(people, settings)
    async with browser(app) as nora:
        answer = await nora.post(link, data={**NORA, "given_name": "Norah", "phone": "+41 44 1", "password": "nora nora"})
    assert answer.status_code == 422 and 'value="Norah"' in answer.text and 'value="+41 44 1"' in answer.text
    assert "too short" in answer.text and await members(EMAIL) == []


async def test_a_changed_address_is_confirmed_before_it_is_the_login(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    link = await link_to(people, settings)
    async with browser(app) as nora:
        assert (await nora.post(link, data={**NORA, "email": "nora@home.example"})).status_code == 303
        assert await Account.by_email("nora@home.example") is None
        await drain()
        (letter,) = letters(settings.data_dir, "nora@home.example")
        confirm = next(word for word in text_of(letter).split() if "/email/" in word).removeprefix(BASE)
        await nora.post(confirm)
    assert await Account.by_email("nora@home.example") is not None


async def test_a_fixed_address_stays_whatever_the_form_says(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    link = await link_to(people, settings, offer=Offer(rights=("chat.use",), is_login_fixed=True))
    async with browser(app) as nora:
        await nora.post(link, data={**NORA, "email": "nora@home.example"})
    assert await Account.by_email(EMAIL) is not None
    assert await database.fetch("SELECT * FROM job WHERE kind = 'mail_new_email_link'") == []


async def test_an_account_that_is_signed_in_accepts_with_one_click(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    link = await link_to(people, settings, "erik@nordlicht.example")
    async with browser(app, people.erik) as erik:
        assert "Accept as Erik Berg" in (await erik.get(link)).text
        assert (await erik.post(f"{link}/acceptance")).headers["location"] == "/"
        assert "Alpina" in (await erik.get("/")).text
    viewer = await Viewer.by_token(people.erik.token)
    assert viewer is not None and viewer.org_name == "Alpina"
    assert {place.name for place in viewer.organisations} == {"Alpina", "Nordlicht"}, "INV-14: his own stays"
    assert (await Account.get(people.erik.id)).given_name == "Erik", "the person’s own name stays"


async def test_an_account_that_is_signed_out_signs_in_and_comes_right_back(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    link = await link_to(people, settings, "erik@nordlicht.example")
    async with browser(app) as erik:
        page = await erik.get(link)
        assert "has an account here" in page.text and 'name="password"' not in page.text
        there = await erik.post("/sign-in", data={"email": "erik@nordlicht.example", "password": PASSWORD, "next": link})
        assert there.headers["location"] == link
        assert (await erik.post(link, data=NORA)).status_code == 422, "the form of new people is no way round the password"


async def test_an_account_that_belongs_nowhere_any_more_comes_in_by_signing_in(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    await people.erik.membership.change(ended_at=clock.now())
    link = await link_to(people, settings, "erik@nordlicht.example")
    async with browser(app) as erik:
        wrong = await erik.post("/sign-in", data={"email": "erik@nordlicht.example", "password": "something else", "next": link})
        assert wrong.status_code == 422 and await members("erik@nordlicht.example") == []
        there = await erik.post("/sign-in", data={"email": "erik@nordlicht.example", "password": PASSWORD, "next": link})
        assert there.headers["location"] == "/" and "Alpina" in (await erik.get("/")).text


async def test_the_organisation_says_how_long_a_password_is(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    link = await link_to(people, settings)
    await database.execute("INSERT INTO sign_in_policy (id, password_least) VALUES ($1, 30)", people.anna.viewer.org_id)
    async with browser(app) as nora:
        answer = await nora.post(link, data=NORA)
    assert answer.status_code == 422 and "30 characters" in answer.text


async def test_somebody_else_who_is_signed_in_is_told_and_can_switch(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    link = await link_to(people, settings, offer=Offer(rights=("chat.use",), is_login_fixed=True))
    async with browser(app, people.erik) as erik:
        assert "signed in as somebody else" in (await erik.get(link)).text
        assert (await erik.post(f"{link}/acceptance")).status_code == 422
        assert await members("erik@nordlicht.example") and len(await members("erik@nordlicht.example")) == 1
        answer = await erik.post(f"{link}/sign-out")
        assert answer.headers["location"] == link
        assert "Accept and register" in (await erik.get(link)).text


async def test_an_administrator_who_looks_uses_nothing_up(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    link = await link_to(people, settings)
    async with browser(app, people.anna) as anna, browser(app) as nora:
        assert "signed in as somebody else" in (await anna.get(link)).text
        assert (await anna.post(f"{link}/acceptance")).status_code == 422
        assert (await nora.post(link, data=NORA)).status_code == 303


async def test_two_tabs_make_one_membership(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    link = await link_to(people, settings, "erik@nordlicht.example")
    async with browser(app, people.erik) as one, browser(app, people.erik) as other:
        answers = await asyncio.gather(one.post(f"{link}/acceptance"), other.post(f"{link}/acceptance"))
    assert 303 in {answer.status_code for answer in answers} and all(answer.status_code in (303, 404) for answer in answers)
    assert len(await members("erik@nordlicht.example")) == 2, "his own and the new one"


async def test_two_registrations_at_once_make_one_person(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    link = await link_to(people, settings)
    async with browser(app) as one, browser(app) as other:
        answers = await asyncio.gather(one.post(link, data=NORA), other.post(link, data=NORA))
    assert sorted(answer.status_code for answer in answers)[0] == 303 and all(answer.status_code < 500 for answer in answers)
    assert len(await members(EMAIL)) == 1


@pytest.mark.parametrize(("ending", "words"), [("cancelled", "taken back"), ("expired", "has expired"), ("declined", "was declined"), ("unknown", "leads nowhere")])
async def test_a_link_that_is_over_says_what_to_do(
    ending: str, words: str, app: httpx.ASGITransport, people: People, settings: Settings, stranger: httpx.AsyncClient
) -> None:
    link = await link_to(people, settings)
    assert (await stranger.get(link)).status_code == 200
    row = await database.fetch_one("SELECT id, expires_at FROM invitation")
    assert row is not None
    now = clock.now()
    if ending == "cancelled":
        await cancel(people.anna.viewer, await find_pending(people.anna.viewer, row["id"]))
    elif ending == "declined":
        assert "You declined" in (await stranger.post(f"{link}/refusal")).text
    elif ending == "expired":
        now = row["expires_at"] + 1
    with clock.at(now):
        for answer in (await stranger.get(link + ("x" if ending == "unknown" else "")), await stranger.post(link + ("x" if ending == "unknown" else ""), data=NORA)):
            assert answer.status_code == 404 and words in answer.text
    assert await members(EMAIL) == []


async def test_who_is_told_and_who_is_welcomed(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    link = await link_to(people, settings)
    async with browser(app) as nora:
        await nora.post(link, data={**NORA, "language": "en"})
        page = (await nora.get((await nora.get("/chat")).headers["location"])).text
    assert "Welcome to Alpina, Nora!" in page and f'href="{BASE}/account"' in page and "[bot]" in page
    told = await database.fetch("SELECT kind, account_id FROM notification ORDER BY account_id")
    joined = {row["account_id"] for row in told if row["kind"] == "member.joined"}
    assert {people.anna.id, people.beat.id, people.chiara.id, people.david.id} <= joined, "CHAT-14"
    assert people.gina.id not in joined and people.erik.id not in joined
    assert [row["account_id"] for row in told if row["kind"] == "invitation.accepted"] == [people.anna.id]
    async with browser(app, people.beat) as beat:
        general = await database.fetch_value("SELECT id FROM channel WHERE sole_key = 'general' AND org_id = $1", people.beat.viewer.org_id)
        assert "Nora Nord</strong> has joined Alpina" in (await beat.get(f"/chat/channels/{general}")).text


async def test_a_guest_lands_in_the_channel_and_counts_only_then(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    channel = await Channel.start(people.anna.viewer, PRIVATE, "launch")
    await invite_guests(people.anna.viewer, [Line(1, "mia@agency.example")], Offer(channels=(channel.id,)), BASE)
    link = await mailed_link(settings, "mia@agency.example")
    (letter,) = letters(settings.data_dir, "mia@agency.example")
    assert f"{BASE}/chat/channels/{channel.id}" in text_of(letter) and f"{BASE}/chat\n" in text_of(letter), "GUEST-04"
    assert (await Places.of(people.anna.viewer.org_id)).guests == 1, "GUEST-08: only Gina so far"
    async with browser(app, people.anna) as anna:
        assert "mia@agency.example" in (await anna.get(f"{channel.url}/members")).text, "GUEST-06"
    async with browser(app) as mia:
        answer = await mia.post(link, data={**NORA, "given_name": "Mia"})
        assert answer.headers["location"] == channel.url
        assert (await mia.get(channel.url)).status_code == 200
        assert (await mia.get("/chat/channels")).status_code == 404, "GUEST-18"
        assert (await mia.get("/manager/people")).status_code == 404, "GUEST-22"
    assert (await Places.of(people.anna.viewer.org_id)).guests == 2


async def test_the_last_place_goes_to_one(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    link = await link_to(people, settings)
    await people.anna.organisation.change(user_limit=4)
    async with browser(app) as nora:
        answer = await nora.post(link, data=NORA)
    assert answer.status_code == 422 and "all the 4 members" in answer.text and 'value="Nora"' in answer.text
    assert await members(EMAIL) == [] and await Account.by_email(EMAIL) is None, "nothing is left half done"
