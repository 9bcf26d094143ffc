"""The Manager over HTTP: who gets in, what forms answer, and what nobody gets by editing one."""

from __future__ import annotations

import csv
import io
import re

import httpx
import pytest

from app import database, live
from app.models import member
from app.models.files.storage import count_use
from app.models.organisation import ADMIN
from app.models.resource import Resource
from app.models.team import Description, Team
from app.routes.manager.organisation import not_included
from tests.conftest import browser
from tests.people import People, Person, person

HTMX = {"hx-request": "true"}
PANEL = {**HTMX, "hx-target": "aside#detail"}
LIST = {**HTMX, "hx-target": "div#people"}


async def undo(client: httpx.AsyncClient, answer: httpx.Response) -> int:
    """Press the Undo of a toast."""
    (url,) = re.findall(r'"undo_url":"([^"]+)"', answer.headers["hx-trigger"])
    return (await client.post(url, headers=HTMX)).status_code


# -- the start page


async def test_everybody_but_guests_has_a_manager_and_sees_only_what_is_theirs(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.beat) as beat, browser(app, people.anna) as anna:
        his, hers = (await beat.get("/manager")).text, (await anna.get("/manager")).text
        assert (await beat.get("/manager/people")).status_code == 404
    assert 'href="/manager/people"' in hers and 'href="/manager/chat"' in hers and "4" in hers
    assert 'href="/manager/people"' not in his and 'href="/manager/chat"' not in his
    assert 'href="/chat"' in his and "Managed by others" in his, "a basic user opens the tools and manages none (INV-12)"


async def test_who_manages_a_product_without_administering_reaches_that_product_only(app: httpx.ASGITransport, people: People) -> None:
    await member.set_right(people.anna.viewer, [people.beat.id], "chat", "manage", True)
    await member.set_right(people.anna.viewer, [people.beat.id], "chat", "use", False)
    async with browser(app, people.beat) as beat:
        start = (await beat.get("/manager")).text
        assert 'href="/manager/chat"' in start and "You don’t use it" in start
        assert (await beat.get("/manager/chat")).status_code == 200
        for path in ("/manager/people", f"/manager/people/{people.chiara.id}", "/manager/organisation", "/manager/system", "/manager/teams/new", "/manager/rooms/new"):
            assert (await beat.get(path)).status_code == 404, path


async def test_an_administrator_without_the_right_doesnt_manage_the_product(app: httpx.ASGITransport, people: People) -> None:
    await member.change_role(people.anna.viewer, [people.beat.id], ADMIN)
    await member.set_right(people.anna.viewer, [people.beat.id], "chat", "manage", False)
    async with browser(app, people.beat) as beat:
        assert 'href="/manager/chat"' not in (await beat.get("/manager")).text
        assert (await beat.get("/manager/chat")).status_code == 404
        assert (await beat.get("/manager/people")).status_code == 200


# -- editing forms


async def test_nobody_gets_a_role_or_right_by_editing_a_form(app: httpx.ASGITransport, people: People) -> None:
    await member.change_role(people.anna.viewer, [people.beat.id], ADMIN)
    before = await standing()
    async with browser(app, people.beat) as beat:  # an administrator
        for role in ("legal", "external", "bot", "owner", ""):
            for account in (people.beat.id, people.chiara.id):
                assert (await beat.post(f"/manager/people/{account}/role", data={"role": role}, headers=HTMX)).status_code == 422
        for change in ("role:legal", "role:bot", "role:external"):
            assert (await beat.post("/manager/people/changes", data={"ids": people.chiara.id, "change": change}, headers=HTMX)).status_code in (404, 422)
        assert (await beat.post(f"/manager/people/{people.anna.id}/rights", data={"product": "chat", "level": "use"}, headers=HTMX)).status_code == 422
        assert (await beat.post(f"/manager/people/{people.chiara.id}/rights", data={"product": "server", "level": "manage", "given": "on"}, headers=HTMX)).status_code == 422
        assert (await beat.post(f"/manager/people/{people.gina.id}/rights", data={"product": "drive", "level": "use", "given": "on"}, headers=HTMX)).status_code == 422
        assert (await beat.post("/manager/organisation", data={"name": "Alpina", "locale": "en", "timezone": "Europe/Zurich", "user_limit": "9"})).status_code == 303
    async with browser(app, people.chiara) as chiara:  # a user
        for path, data in (
            (f"/manager/people/{people.chiara.id}/role", {"role": "admin"}),
            (f"/manager/people/{people.chiara.id}/rights", {"product": "chat", "level": "manage", "given": "on"}),
            (f"/manager/people/{people.david.id}/suspension", {}),
            (f"/manager/people/{people.david.id}/departure", {}),
            ("/manager/people/changes", {"ids": people.chiara.id, "change": "role:admin"}),
            ("/manager/organisation", {"name": "Mine", "locale": "en", "timezone": "UTC"}),
        ):
            assert (await chiara.post(path, data=data)).status_code == 404, path
    assert await standing() == before


async def standing() -> list[list[dict[str, object]]]:
    """Roles, rights and limits."""
    return [
        await database.fetch("SELECT id, role, ended_at, disabled_at FROM membership ORDER BY id"),
        await database.fetch("SELECT membership_id, product, level FROM product_right ORDER BY 1, 2, 3"),
        await database.fetch("SELECT id, name, user_limit, guest_limit FROM organisation ORDER BY id"),
    ]


async def test_a_team_leader_changes_members_of_that_team_only(app: httpx.ASGITransport, people: People) -> None:
    mine = await Team.create(people.anna.viewer, Description("Mine"), [people.beat.id])
    theirs = await Team.create(people.anna.viewer, Description("Theirs"), [people.chiara.id])
    await mine.lead(people.anna.viewer, people.beat.id, True)
    async with browser(app, people.beat) as beat:
        assert (await beat.post(f"{mine.url}/members", data={"people": people.david.id}, headers=HTMX)).status_code == 200
        assert (await beat.post(f"{theirs.url}/members", data={"people": people.beat.id}, headers=HTMX)).status_code == 404
        assert (await beat.delete(f"{theirs.url}/members/{people.chiara.id}", headers=HTMX)).status_code == 404
        assert (await beat.post(f"{theirs.url}/members/{people.chiara.id}/lead", data={"leads": "on"}, headers=HTMX)).status_code == 404
        assert (await beat.delete(mine.url, headers=HTMX)).status_code == 404
        assert (await beat.get(theirs.url)).status_code == 200 and (await beat.get(f"{theirs.url}/edit")).status_code == 404
    assert [one["given_name"] for one in await mine.members()] == ["Beat", "David"]


# -- people


async def test_the_list_shows_everybody_and_how_much_of_the_plan_is_used(app: httpx.ASGITransport, people: People) -> None:
    await people.anna.organisation.change(user_limit=50)
    async with browser(app, people.anna) as anna:
        shown = (await anna.get("/manager/people")).text
    assert "4 of 50" in shown and "1 of 100" in shown
    assert all(name in shown for name in ("Anna Alpha", "Beat Keller", "Gina Guest")) and "Erik" not in shown
    assert 'href="/manager/invitations"' in shown


async def test_search_answers_with_the_list_alone(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        found = (await anna.get("/manager/people?q=DOTTI", headers=LIST)).text
        nobody = (await anna.get("/manager/people?q=zzz&role=nonsense&team=x&right=a.b&sort=", headers=LIST)).text
    assert "Chiara" in found and "Beat" not in found and "<html" not in found
    assert "Nobody found" in nobody and "Show everyone" in nobody


async def test_scrolling_brings_the_next_piece_until_the_end(app: httpx.ASGITransport, people: People) -> None:
    for number in range(60):
        await person(people.anna.organisation, f"n{number:02}@alpina.example", f"Nora{number:02}", "Nord")
    async with browser(app, people.anna) as anna:
        first = (await anna.get("/manager/people")).text
        (following,) = re.findall(r'id="people-more" hx-get="([^"]+)"', first)
        second = (await anna.get(following.replace("&amp;", "&") + "&loaded=50", headers={**HTMX, "hx-target": "tr#people-more"})).text
        again = (await anna.get("/manager/people?refresh=1&loaded=65", headers=LIST)).text
    assert len(re.findall(r"<tr id=.person-", first)) == 50 and len(re.findall(r"<tr id=.person-", second)) == 15
    assert 'name="loaded" value="65"' in second and "people-more" not in second and "<table" not in second
    assert len(re.findall(r"<tr id=.person-", again)) == 65, "what was scrolled to stays when the list is brought up to date"


async def test_a_person_is_a_panel_beside_the_list_and_a_page_of_its_own(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        page = (await anna.get(f"/manager/people/{people.beat.id}")).text
        panel = (await anna.get(f"/manager/people/{people.beat.id}", headers=PANEL)).text
        closed = await anna.get("/manager/people", headers=PANEL)
    assert "<html" in page and "Chiara" in page and 'id="person"' in page
    assert 'id="person"' in panel and "Chiara" not in panel and closed.text.strip() == ""


async def test_rights_are_switched_one_by_one_and_taken_back(app: httpx.ASGITransport, people: People) -> None:
    rights = f"/manager/people/{people.beat.id}/rights"
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat:
        given = await anna.post(rights, data={"product": "chat", "level": "manage", "given": "on"}, headers=PANEL)
        assert 'id="right-chat-manage" name="given" value="on" data-told aria-label="Manages Chat" checked' in given.text
        assert (await beat.get("/manager/chat")).status_code == 200
        assert await undo(anna, given) == 200
        assert (await beat.get("/manager/chat")).status_code == 404


async def test_many_are_changed_at_once_and_it_is_said_for_whom_it_didnt_go(app: httpx.ASGITransport, people: People) -> None:
    team = await Team.create(people.anna.viewer, Description("Sales"))
    ids = [people.beat.id, people.chiara.id, people.gina.id]
    async with browser(app, people.anna) as anna:
        changed = await anna.post("/manager/people/changes", data={"ids": ids, "change": "role:admin"}, headers=HTMX)
        assert "2 people were changed. Gina Guest is a guest" in changed.headers["hx-trigger"]
        added = await anna.post("/manager/people/changes", data={"ids": ids, "change": f"team:{team.id}"}, headers=HTMX)
        assert "2 people were added to Sales" in added.headers["hx-trigger"]
        nobody = await anna.post("/manager/people/changes", data={"change": "disable:"}, headers=HTMX)
        assert nobody.status_code == 422 and "Choose somebody first" in nobody.headers["hx-trigger"]
        assert await undo(anna, changed) == 200
    assert (await member.find_member(people.anna.viewer, people.beat.id)).role == "user"


async def test_a_title_that_is_too_long_is_kept_and_refused(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        answer = await anna.post(f"/manager/people/{people.beat.id}/title", data={"title": "x" * 121}, headers=PANEL)
        plain = await anna.post(f"/manager/people/{people.beat.id}/title", data={"title": "y" * 121})
    assert answer.status_code == plain.status_code == 422
    assert "x" * 121 in answer.text and "too long" in answer.text and "y" * 121 in plain.text and "<html" in plain.text


async def test_a_removal_asks_who_takes_over_and_keeps_a_wrong_answer(app: httpx.ASGITransport, people: People) -> None:
    leave = f"/manager/people/{people.beat.id}/departure"
    team = await Team.create(people.anna.viewer, Description("Sales"), [people.beat.id])
    await team.lead(people.anna.viewer, people.beat.id, True)
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat:
        assert "Leads 1 team: Sales" in (await anna.get(leave, headers={**HTMX, "hx-target": "dialog#dialog"})).text
        wrong = await anna.post(leave, data={"heir": people.gina.id}, headers=HTMX)
        assert wrong.status_code == 422 and "can’t take over" in wrong.text and "Gina Guest" in wrong.text
        removed = await anna.post(leave, data={"heir": people.chiara.id}, headers=HTMX)
        assert removed.status_code == 200 and "Beat Keller was removed" in removed.headers["hx-trigger"]
        assert (await beat.get("/chat")).headers["location"].startswith("/sign-in")
        assert (await anna.get(f"/manager/people/{people.beat.id}")).status_code == 404
        open_panel = await anna.get(f"/manager/people/{people.beat.id}?refresh=1", headers=PANEL)
        assert (open_panel.status_code, open_panel.text.strip()) == (200, ""), "an open panel closes without a fuss"
        assert await undo(anna, removed) == 200
        assert "Beat Keller" in (await anna.get("/manager/people")).text


async def test_who_steps_down_leaves_the_page_that_is_no_longer_theirs(app: httpx.ASGITransport, people: People) -> None:
    await member.change_role(people.anna.viewer, [people.beat.id], ADMIN)
    async with browser(app, people.beat) as beat:
        down = await beat.post(f"/manager/people/{people.beat.id}/role", data={"role": "user"}, headers=PANEL)
        assert '"path":"/manager"' in down.headers["hx-location"]
        assert (await beat.get("/manager/people")).status_code == 404 and (await beat.get("/manager")).status_code == 200


async def test_forms_work_without_scripts(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        for path, data, to in (
            (f"/manager/people/{people.beat.id}/role", {"role": "admin"}, f"/manager/people/{people.beat.id}"),
            ("/manager/people/changes", {"ids": people.chiara.id, "change": "role:admin"}, "/manager/people"),
            ("/manager/teams", {"name": "Sales"}, "/manager/teams/"),
            ("/manager/rooms", {"name": "Eiger"}, "/manager/rooms"),
            (f"/manager/people/{people.david.id}/departure", {}, "/manager/people"),
        ):
            answer = await anna.post(path, data=data)
            assert answer.status_code == 303 and answer.headers["location"].startswith(to), path
        for path in ("/manager/teams/new", "/manager/rooms/new", f"/manager/people/{people.chiara.id}/departure"):
            assert "<html" in (await anna.get(path)).text, path


# -- the export


async def test_the_export_has_everybody_and_no_formulas(app: httpx.ASGITransport, people: People) -> None:
    await member.set_title(people.anna.viewer, people.beat.id, '=HYPERLINK("http://evil.example")')
    await people.chiara.account.change(given_name="Zoë, \"the\"", phone="+41 44 555 01 10")
    await member.disable(people.anna.viewer, [people.david.id])
    async with browser(app, people.anna) as anna:
        answer = await anna.post("/manager/people/export")
        guests = await anna.post("/manager/people/export?state=guests")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8" and "attachment" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["Email"]: row["State"] for row in rows}["david@alpina.example"] == "Disabled" and len(rows) == 5
    by_email = {row["Email"]: row for row in rows}
    assert by_email["beat@alpina.example"]["Job title"] == '\'=HYPERLINK("http://evil.example")'
    chiara = by_email["chiara@alpina.example"]
    assert (chiara["First name"], chiara["Phone"], chiara["Uses Chat"], chiara["Manages Chat"]) == ('Zoë, "the"', "'+41 44 555 01 10", "yes", "no")
    assert guests.text.count("\r\n") == 2
    assert await database.fetch_value("SELECT COUNT(*) FROM audit_entry WHERE kind = 'member.export'") == 2


# -- teams, rooms, settings


async def test_a_team_with_a_mistake_keeps_what_was_typed(app: httpx.ASGITransport, people: People) -> None:
    await Team.create(people.anna.viewer, Description("Sales"))
    async with browser(app, people.anna) as anna:
        answer = await anna.post("/manager/teams", data={"name": "sales", "about": "sells a lot", "hue": "4", "people": people.beat.id, "is_open": "on"}, headers=HTMX)
    assert answer.status_code == 422 and "a team of this name already" in answer.text
    assert "sells a lot" in answer.text and "Beat Keller" in answer.text and re.search(r'name="is_open"[^>]*checked', answer.text)


async def test_members_join_open_teams_by_themselves(app: httpx.ASGITransport, people: People) -> None:
    team = await Team.create(people.anna.viewer, Description("Hikers", is_open=True))
    async with browser(app, people.beat) as beat, browser(app, people.gina) as gina:
        joined = await beat.post(f"{team.url}/membership", headers=HTMX)
        assert "Beat Keller" in joined.text and "Leave" in joined.text
        assert (await gina.post(f"{team.url}/membership", headers=HTMX)).status_code == 404
        assert (await gina.get("/manager/teams")).status_code == 404
        assert await undo(beat, joined) == 200
    assert await team.members() == []


async def test_a_deleted_team_comes_back(app: httpx.ASGITransport, people: People) -> None:
    team = await Team.create(people.anna.viewer, Description("Sales"), [people.beat.id])
    async with browser(app, people.anna) as anna:
        deleted = await anna.delete(team.url, headers=HTMX)
        assert (await anna.get(team.url)).status_code == 404
        assert await undo(anna, deleted) == 200
        assert "Beat Keller" in (await anna.get(team.url)).text


async def test_rooms_are_kept_with_mistakes_named_and_archived_with_a_way_back(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat:
        wrong = await anna.post("/manager/rooms", data={"name": "Eiger", "seats": "many", "booking": "teams", "equipment": "Screen"}, headers=HTMX)
        assert wrong.status_code == 422 and "whole number" in wrong.text and 'value="many"' in wrong.text and 'value="Screen"' in wrong.text
        await anna.post("/manager/rooms", data={"name": "Eiger", "seats": "6", "equipment": "Screen, Whiteboard"}, headers=HTMX)
        shown = (await beat.get("/manager/rooms")).text
        assert "Eiger" in shown and "6 seats" in shown and "Whiteboard" in shown and "Archive" not in shown
        (room,) = await Resource.of(people.anna.organisation.id)
        assert (await beat.get(room.url)).status_code == 404
        archived = await anna.post(f"{room.url}/archive", headers=HTMX)
        assert "Eiger" not in (await anna.get("/manager/rooms")).text and "Eiger" in (await anna.get("/manager/rooms?archived=1")).text
        assert await undo(anna, archived) == 200
        assert "Eiger" in (await beat.get("/manager/rooms")).text


async def test_settings_are_saved_refused_and_taken_back(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        wrong = await anna.post("/manager/organisation", data={"name": " ", "locale": "en", "timezone": "Mars/Base"}, headers=HTMX)
        assert wrong.status_code == 422 and "time zone is unknown" in wrong.text and "fill this in" in wrong.text
        saved = await anna.post("/manager/organisation", data={"name": "Alpina AG", "locale": "fr", "timezone": "Europe/Paris"}, headers=HTMX)
        assert "Alpina AG" in (await anna.get("/manager")).text
        assert await undo(anna, saved) == 200
        assert "Alpina AG" not in (await anna.get("/manager")).text


async def test_a_plan_says_what_it_leaves_out(app: httpx.ASGITransport, people: People) -> None:
    await people.anna.organisation.change(features="editor_choice", storage_limit=10_000_000_000, user_limit=4)
    assert people.anna.organisation.allows("editor_choice") and not people.anna.organisation.allows("custom_brand")
    async with database.transaction():
        await count_use(people.anna.organisation.id, people.anna.id, 1_500_000_000)
    async with browser(app, people.anna) as anna:
        shown = (await anna.get("/manager/organisation")).text
    assert not_included("custom_brand") in shown and not_included("editor_choice") not in shown
    assert "4 of 4" in shown and "1.5 GB of 10 GB" in shown


# -- other tabs


@pytest.mark.parametrize("who", ["anna", "beat", "gina", "erik"])
async def test_only_administrators_hear_of_changes_of_people(who: str, app: httpx.ASGITransport, people: People) -> None:
    someone: Person = getattr(people, who)
    allowed = {name: await live.registry.topics[name](someone.viewer, people.anna.organisation.id) for name in ("members", "teams", "resources")}
    assert allowed == {"members": who == "anna", "teams": who in ("anna", "beat"), "resources": who in ("anna", "beat")}
