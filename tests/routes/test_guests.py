"""Guests: invited to channels, counted, moved, prolonged, taken out; and what they never reach."""

from __future__ import annotations

import json

import httpx

from app import database
from app.jobs.invitations import end_guests
from app.lib import clock
from app.models.chat.channel import PRIVATE, PUBLIC, Channel
from app.models.chat.members import add, people_in
from app.models.invitation.guests import list_guests
from app.models.member import count_people
from app.models.team import Description, Team
from app.models.viewer import Viewer
from app.settings import Settings
from tests.conftest import browser
from tests.invitations import NORA, mailed_link
from tests.people import People

HTMX = {"hx-request": "true"}


async def launch(people: People, name: str = "launch", kind: str = PRIVATE) -> Channel:
    return await Channel.start(people.anna.viewer, kind, name, people=[people.beat.id])


async def undo(client: httpx.AsyncClient, answer: httpx.Response) -> httpx.Response:
    return await client.post(json.loads(answer.headers["hx-trigger"])["toast"]["undo_url"])


async def test_several_guests_to_several_channels_in_one_go(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    one, other = await launch(people), await launch(people, "films")
    org_id = people.anna.viewer.org_id
    async with browser(app, people.anna) as anna:
        answer = await anna.post(f"{one.url}/guests", data={"people": "mia@agency.example, Tom Ray <tom@agency.example>", "channels": [one.id, other.id]}, headers=HTMX)
        assert "2 guests are invited" in answer.headers["hx-trigger"]
        assert "mia@agency.example" in (await anna.get(f"{other.url}/members")).text, "GUEST-06"
        assert "mia@agency.example" not in (await anna.get("/manager/invitations")).text, "GUEST-07"
        page = (await anna.get("/manager/guests")).text
        assert "mia@agency.example" in page and "1 of 100" in page, "GUEST-08: Gina only"
    async with browser(app) as tom:
        await tom.post(await mailed_link(settings, "tom@agency.example"), data={**NORA, "given_name": "Tom"})
        assert (await tom.get(one.url)).status_code == 200 == (await tom.get(other.url)).status_code
    assert (await count_people(org_id)).externals == 2, "GUEST-09"


async def test_who_belongs_already_is_added_at_once(app: httpx.ASGITransport, people: People) -> None:
    channel = await launch(people)
    async with browser(app, people.anna) as anna:
        answer = await anna.post(f"{channel.url}/guests", data={"people": "gina@guest.example", "channels": [channel.id]}, headers=HTMX)
        assert "here already and was added" in answer.headers["hx-trigger"]
        assert people.gina.id in {person["id"] for person in await people_in(channel)}
        await undo(anna, answer)
        assert people.gina.id not in {person["id"] for person in await people_in(channel)}
    assert await database.fetch("SELECT id FROM invitation") == []


async def test_bad_addresses_keep_the_form(app: httpx.ASGITransport, people: People) -> None:
    channel = await launch(people)
    async with browser(app, people.anna) as anna:
        answer = await anna.post("/manager/guests", data={"people": "mia@agency.example\ntom", "channels": [channel.id], "note": "Hello"}, headers=HTMX)
        empty = await anna.post("/manager/guests", data={"people": "mia@agency.example"}, headers=HTMX)
        late = await anna.post("/manager/guests", data={"people": "mia@agency.example", "channels": [channel.id], "until": "2020-01-01"}, headers=HTMX)
    assert answer.status_code == 422 and "There is no email address" in answer.text and "Hello" in answer.text
    assert empty.status_code == 422 and "choose at least one" in empty.text and "mia@agency.example" in empty.text
    assert late.status_code == 422 and "over already" in late.text


async def test_members_invite_guests_only_where_the_organisation_says_so(app: httpx.ASGITransport, people: People) -> None:
    channel, foreign = await launch(people), await Channel.start(people.anna.viewer, PRIVATE, "secret")
    sent = {"people": "mia@agency.example", "channels": [channel.id]}
    async with browser(app, people.beat) as beat, browser(app, people.anna) as anna:
        assert (await beat.post(f"{channel.url}/guests", data=sent, headers=HTMX)).status_code == 404
        await anna.post("/manager/chat/rules", data={"channel_makers": "members", "guest_hosts": "members"}, headers=HTMX)
        assert (await beat.post(f"{channel.url}/guests", data={**sent, "channels": [foreign.id]}, headers=HTMX)).status_code == 422
        assert (await beat.post(f"{channel.url}/guests", data=sent, headers=HTMX)).status_code == 200
        assert (await beat.get("/manager/guests")).status_code == 404


async def test_guests_invite_nobody_and_find_nothing(app: httpx.ASGITransport, people: People) -> None:
    channel = await launch(people)
    await launch(people, "open", PUBLIC)
    await add(people.anna.viewer, channel, [people.gina.id])
    team = await Team.create(people.anna.viewer, Description("Product", is_open=True), [people.beat.id])
    async with browser(app, people.gina) as gina:
        assert (await gina.get(channel.url)).status_code == 200, "what is refused below isn’t refused for another reason"
        for path, data in (
            ("guests", {"people": "x@x.example", "channels": [channel.id]}), ("teams", {"team": team.id}), ("members", {"people": [people.chiara.id]}),
        ):
            assert (await gina.post(f"{channel.url}/{path}", data=data, headers=HTMX)).status_code in (404, 422), path  # GUEST-21
        assert (await gina.get(f"{channel.url}/invitations/new", headers=HTMX)).status_code == 404
        assert (await gina.get("/chat/channels")).status_code == 404, "GUEST-18"
        assert (await gina.post(f"{team.url}/membership")).status_code in (404, 405), "GUEST-19"
        assert (await gina.post("/chat/direct", data={"account_id": people.chiara.id})).status_code == 404, "GUEST-20"
        assert (await gina.post("/chat/direct", data={"account_id": people.beat.id})).status_code == 303, "who shares a channel"
        for path in ("/manager", "/manager/guests", "/manager/chat", "/manager/invitations"):
            assert (await gina.get(path)).status_code == 404, path  # GUEST-22
    assert await database.fetch("SELECT id FROM invitation") == []
    assert {person["id"] for person in await people_in(channel)} == {people.anna.id, people.beat.id, people.gina.id}


async def test_a_team_is_invited_as_one(app: httpx.ASGITransport, people: People) -> None:
    channel = await Channel.start(people.anna.viewer, PRIVATE, "launch")
    team = await Team.create(people.anna.viewer, Description("Product"), [people.beat.id, people.chiara.id])
    async with browser(app, people.anna) as anna:
        answer = await anna.post(f"{channel.url}/teams", data={"team": team.id}, headers=HTMX)
        assert "2 people were added" in answer.headers["hx-trigger"], "CHAT-13"
        assert (await anna.post(f"{channel.url}/teams", data={"team": people.erik.id}, headers=HTMX)).status_code == 404
    assert {person["id"] for person in await people_in(channel)} == {people.anna.id, people.beat.id, people.chiara.id}


async def test_after_the_last_day_nobody_gets_in(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna, browser(app, people.gina) as gina:
        day = "2031-03-02"
        assert (await anna.post(f"/manager/guests/{people.gina.id}/end", data={"until": day}, headers=HTMX)).status_code == 200
        ends_at = await database.fetch_value("SELECT ends_at FROM membership WHERE account_id = $1", people.gina.id)
        assert ends_at == 1930258800000, "midnight after it in Zurich, where the organisation is"
        await people.anna.account.prefer(timezone="Asia/Tokyo")
        for zone, wanted in (("Pacific/Honolulu", 1930298400000), ("Pacific/Auckland", 1930215600000)):
            await database.execute("UPDATE organisation SET timezone = $1 WHERE id = $2", zone, people.anna.viewer.org_id)
            await anna.post(f"/manager/guests/{people.gina.id}/end", data={"until": day}, headers=HTMX)
            assert await database.fetch_value("SELECT ends_at FROM membership WHERE account_id = $1", people.gina.id) == wanted
            assert f'value="{day}"' in (await anna.get(f"/manager/guests/{people.gina.id}/end", headers=HTMX)).text
            assert f'datetime="{day}T12:00:00Z"' in (await anna.get("/manager/guests")).text, zone
            with clock.at(wanted - clock.DAY):
                await end_guests()
            facts = await database.fetch("SELECT facts FROM notification WHERE kind = 'guest.ending' ORDER BY id DESC LIMIT 1")
            assert json.loads(facts[0]["facts"])["date"] == day, zone
        await database.execute("UPDATE membership SET ends_at = $1 WHERE account_id = $2", clock.now() + clock.MINUTE, people.gina.id)
        Viewer.clear_cache()
        assert (await gina.get("/chat")).status_code == 200
        with clock.at(clock.now() + 2 * clock.MINUTE):
            assert (await gina.get("/chat")).headers["location"].startswith("/sign-in")
            assert await Viewer.by_token(people.gina.token) is None
            await end_guests()
        ended = await database.fetch_value("SELECT ended_at FROM membership WHERE account_id = $1", people.gina.id)
        assert ended is not None and await list_guests(people.anna.viewer.org_id) == []


async def test_a_week_before_the_end_the_host_is_warned_once(app: httpx.ASGITransport, people: People) -> None:
    await database.execute("UPDATE membership SET ends_at = $1, invited_by = $2 WHERE account_id = $3", clock.now() + 5 * clock.DAY, people.beat.id, people.gina.id)
    for _ in range(2):
        await end_guests()
    told = await database.fetch("SELECT account_id FROM notification WHERE kind = 'guest.ending'")
    assert sorted(row["account_id"] for row in told) == sorted([people.anna.id, people.beat.id])


async def test_channels_are_changed_and_changed_back(app: httpx.ASGITransport, people: People) -> None:
    one, other = await launch(people), await launch(people, "films")
    await add(people.anna.viewer, one, [people.gina.id])
    async with browser(app, people.anna) as anna, browser(app, people.gina) as gina:
        answer = await anna.post(f"/manager/guests/{people.gina.id}/channels", data={"channels": [other.id]}, headers=HTMX)
        assert (await gina.get(one.url)).status_code == 404 and (await gina.get(other.url)).status_code == 200
        await undo(anna, answer)
        assert (await gina.get(one.url)).status_code == 200 and (await gina.get(other.url)).status_code == 404


async def test_removing_can_be_undone(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna, browser(app, people.gina) as gina:
        answer = await anna.delete(f"/manager/guests/{people.gina.id}", headers=HTMX)
        assert (await gina.get("/chat")).headers["location"].startswith("/sign-in")
        assert "Gina" not in (await anna.get("/manager/guests")).text
        await undo(anna, answer)
        assert "Gina" in (await anna.get("/manager/guests")).text


async def test_a_guest_becomes_a_member_and_a_guest_again(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna, browser(app, people.gina) as gina:
        await people.anna.organisation.change(user_limit=4)
        assert (await anna.post(f"/manager/guests/{people.gina.id}/promotion", headers=HTMX)).status_code == 422, "the plan is full"
        await people.anna.organisation.change(user_limit=None)
        answer = await anna.post(f"/manager/guests/{people.gina.id}/promotion", headers=HTMX)
        assert answer.status_code == 200
        assert (await gina.get("/chat/channels")).status_code == 200
        general = await Channel.general(people.anna.organisation, people.anna.id)
        assert people.gina.id in {person["id"] for person in await people_in(general)}
        await undo(anna, answer)
        assert (await gina.get("/chat/channels")).status_code == 404
        assert people.gina.id not in {person["id"] for person in await people_in(general)}
        assert (await anna.delete(f"/manager/guests/{people.anna.id}/promotion", headers=HTMX)).status_code == 422
        assert (await anna.delete(f"/manager/guests/{people.beat.id}/promotion", headers=HTMX)).status_code == 200
    async with browser(app, people.beat) as beat:
        assert (await beat.get("/chat/channels")).status_code == 404


async def test_no_more_guests_than_the_plan_has(app: httpx.ASGITransport, people: People) -> None:
    channel = await launch(people)
    await people.anna.organisation.change(guest_limit=2)
    async with browser(app, people.anna) as anna:
        answer = await anna.post("/manager/guests", data={"people": "a@x.example, b@x.example", "channels": [channel.id]}, headers=HTMX)
    assert "1 guest is invited" in answer.headers["hx-trigger"] and "no place in the plan" in answer.headers["hx-trigger"]


async def test_other_organisations_guests_aren_t_there(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.erik) as erik:
        assert "Gina" not in (await erik.get("/manager/guests")).text
        for method, path in (("POST", "end"), ("GET", "end"), ("POST", "channels"), ("POST", "promotion")):
            assert (await erik.request(method, f"/manager/guests/{people.gina.id}/{path}", data={})).status_code in (404, 422)
        assert (await erik.delete(f"/manager/guests/{people.gina.id}")).status_code == 404
    assert await database.fetch_value("SELECT ended_at FROM membership WHERE account_id = $1", people.gina.id) is None


async def test_default_channels_take_in_newcomers_and_if_asked_everybody(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    news, quiet = await launch(people, "news", PUBLIC), await launch(people, "quiet", PUBLIC)
    async with browser(app, people.anna) as anna:
        everybody = await anna.post(f"/manager/chat/channels/{news.id}/default", data={"everybody": "on"}, headers=HTMX)
        await anna.post(f"/manager/chat/channels/{quiet.id}/default", data={}, headers=HTMX)
        assert {people.chiara.id, people.david.id} <= {person["id"] for person in await people_in(news)}
        assert people.gina.id not in {person["id"] for person in await people_in(news)}
        assert people.chiara.id not in {person["id"] for person in await people_in(quiet)}
        await anna.post("/manager/invitations", data={"email": "nora@x.example", "role": "user", "suite": "on", "use": "chat"})
        async with browser(app) as nora:
            await nora.post(await mailed_link(settings, "nora@x.example"), data=NORA)
        assert {"nora@x.example"} <= {person["email"] for person in await people_in(news)} & {person["email"] for person in await people_in(quiet)}, "CHAT-12"
        await undo(anna, everybody)
        assert people.chiara.id not in {person["id"] for person in await people_in(news)}


async def test_channels_are_started_by_those_who_may(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat:
        assert (await beat.get("/manager/chat")).status_code == 404
        answer = await anna.post("/manager/chat/rules", data={"channel_makers": "managers", "guest_hosts": "managers"}, headers=HTMX)
        assert (await beat.post("/chat/channels", data={"name": "mine", "kind": "public"})).status_code == 422
        assert (await anna.post("/chat/channels", data={"name": "mine", "kind": "public"})).status_code == 303
        await undo(anna, answer)
        assert (await beat.post("/chat/channels", data={"name": "ours", "kind": "public"})).status_code == 303
