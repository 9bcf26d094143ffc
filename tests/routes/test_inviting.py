"""Inviting from the Manager: one person, a list, and what administrators do with what is pending."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from app import database
from app.jobs import GiveUp
from app.jobs import invitations as jobs
from app.jobs.runner import drain
from app.mail import MailRefused
from app.models.organisation import Membership
from app.models.viewer import Viewer
from app.settings import Settings
from tests.conftest import browser
from tests.invitations import NORA, letters, link_in, mailed_link, text_of
from tests.people import People

NEW = {"given_name": "Nora", "family_name": "Nord", "email": "Nora@x.example", "role": "user", "suite": "on", "use": "chat", "login": "free", "language": "en"}
HTMX = {"hx-request": "true"}


async def invited() -> list[dict[str, object]]:
    return await database.fetch("SELECT * FROM invitation ORDER BY id")


async def test_an_invitation_is_mailed_and_pending(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    async with browser(app, people.anna) as anna:
        answer = await anna.post("/manager/invitations", data={**NEW, "note": "See you <b>Monday</b>"})
        assert answer.status_code == 303
        await drain()
        page = (await anna.get("/manager/invitations")).text
    assert "nora@x.example" in page and "invited by Anna Alpha" in page and "In the outbox folder" in page
    (letter,) = letters(settings.data_dir, "nora@x.example")
    assert "Accept the invitation" in text_of(letter) and "See you <b>Monday</b>" in text_of(letter)
    html = letter.get_body(("html",))
    assert html is not None and "&lt;b&gt;Monday" in html.get_content(), "a note is no markup"


async def test_the_mail_speaks_the_chosen_language(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    async with browser(app, people.anna) as anna:
        await anna.post("/manager/invitations", data={**NEW, "language": "fr"})
    await drain()
    (letter,) = letters(settings.data_dir, "nora@x.example")
    html = letter.get_body(("html",))
    assert html is not None and 'lang="fr"' in html.get_content()


async def test_nobody_is_invited_twice(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        for _ in range(2):
            assert (await anna.post("/manager/invitations", data=NEW, headers={"idempotency-key": "k1"})).status_code == 303
        again = await anna.post("/manager/invitations", data=NEW)
        member = await anna.post("/manager/invitations", data={**NEW, "email": "beat@alpina.example"})
    assert len(await invited()) == 1
    assert again.status_code == 422 and "has been invited already" in again.text
    assert member.status_code == 422 and "Beat Keller is a member already" in member.text and 'value="Nora"' in member.text


async def test_roles_don_t_rise_by_an_edited_form(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        for role in ("legal", "external", "bot"):
            assert (await anna.post("/manager/invitations", data={**NEW, "role": role})).status_code == 422
        assert (await anna.post("/manager/invitations", data={**NEW, "use": "everything"})).status_code == 422
        assert (await anna.post("/manager/invitations", data={**NEW, "channels": str(people.erik.id)})).status_code == 422
    async with browser(app, people.beat) as beat, browser(app, people.gina) as gina:
        assert (await beat.post("/manager/invitations", data=NEW)).status_code == 404, "a user can’t invite"
        assert (await gina.post("/manager/invitations", data=NEW)).status_code == 404
    assert await invited() == []


async def test_only_full_rights_for_chat_invite_to_chat(app: httpx.ASGITransport, people: People) -> None:
    await (await Membership.get(people.beat.membership.id)).change(role="admin")
    Viewer.clear_cache()
    async with browser(app, people.beat) as beat:
        refused = await beat.post("/manager/invitations", data=NEW)
        assert refused.status_code == 422 and "full rights for Chat" in refused.text, "INV-01"
        manages = await beat.post("/manager/invitations", data={**NEW, "use": [], "suite": "", "manage": "drive"})
        assert manages.status_code == 422, "nobody gives what they don’t hold"
        assert (await beat.post("/manager/invitations", data={**NEW, "use": []})).status_code == 303


async def test_using_and_managing_are_apart(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    async with browser(app, people.anna) as anna:
        await anna.post("/manager/invitations", data={**NEW, "suite": "", "use": [], "manage": "chat"})
    async with browser(app) as nora:
        await nora.post(await mailed_link(settings, "nora@x.example"), data=NORA)
        assert (await nora.get("/chat")).status_code == 404, "INV-06: not in the suite"
        assert (await nora.get("/manager/chat")).status_code == 200, "INV-13"
        assert (await nora.get("/manager/people")).status_code == 404
    rights = await database.fetch("SELECT r.product, r.level FROM product_right r JOIN membership m ON m.id = r.membership_id WHERE m.role = 'user' AND r.level = 'manage'")
    assert [(right["product"], right["level"]) for right in rights] == [("chat", "manage")]


async def test_sent_again_the_earlier_link_dies(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    async with browser(app, people.anna) as anna, browser(app) as nora:
        await anna.post("/manager/invitations", data=NEW)
        first = await mailed_link(settings, "nora@x.example")
        (row,) = await invited()
        assert (await anna.post(f"/manager/invitations/{row['id']}/delivery", headers=HTMX)).status_code == 200
        second = await mailed_link(settings, "nora@x.example")
        assert first != second and (await nora.get(first)).status_code == 404 and (await nora.get(second)).status_code == 200


async def test_a_copied_link_lives_beside_the_mailed_one(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    async with browser(app, people.anna) as anna, browser(app) as nora:
        await anna.post("/manager/invitations", data=NEW)
        (row,) = await invited()
        dialog = await anna.post(f"/manager/invitations/{row['id']}/link", headers={**HTMX, "hx-target": "dialog#dialog"})
        (copied,) = re.findall(r'value="http://localhost:8000(/invitation/[^"]+)"', dialog.text)
        mailed = await mailed_link(settings, "nora@x.example")
        assert (await nora.get(copied)).status_code == 200 == (await nora.get(mailed)).status_code


async def test_cancelling_can_be_undone(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    async with browser(app, people.anna) as anna, browser(app) as nora:
        await anna.post("/manager/invitations", data=NEW)
        link = await mailed_link(settings, "nora@x.example")
        (row,) = await invited()
        answer = await anna.delete(f"/manager/invitations/{row['id']}", headers=HTMX)
        assert (await nora.get(link)).status_code == 404
        await anna.post(json.loads(answer.headers["hx-trigger"])["toast"]["undo_url"])
        assert (await nora.get(link)).status_code == 200


async def test_what_the_mail_server_refused_is_told_in_its_words(app: httpx.ASGITransport, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> None:
        raise MailRefused("550 5.1.1 no such mailbox")

    monkeypatch.setattr(jobs, "send", refuse)
    async with browser(app, people.anna) as anna:
        await anna.post("/manager/invitations", data=NEW)
        (row,) = await invited()
        with pytest.raises(GiveUp):
            await jobs.mail_invitation(row["id"], "http://localhost:8000")  # type: ignore[arg-type]
        page = (await anna.get("/manager/invitations")).text
    assert "Not delivered" in page and "550 5.1.1 no such mailbox" in page


async def test_another_organisation_s_invitations_are_not_there(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna, browser(app, people.erik) as erik:
        await anna.post("/manager/invitations", data=NEW)
        (row,) = await invited()
        assert "nora@x.example" not in (await erik.get("/manager/invitations")).text
        for method, path in (("DELETE", ""), ("POST", "/delivery"), ("POST", "/link"), ("GET", "")):
            assert (await erik.request(method, f"/manager/invitations/{row['id']}{path}")).status_code == 404


def big_list() -> str:
    rows = [f"p{n}@list.example,Pat,Number{n}" if n % 166 else f"person number {n}" for n in range(1, 5001)]
    return "Email,First name,Last name\n" + "\n".join(rows)


async def test_five_thousand_lines_of_which_thirty_are_bad(app: httpx.ASGITransport, people: People) -> None:
    await people.anna.organisation.change(user_limit=None)
    async with browser(app, people.anna) as anna:
        answer = await anna.post("/manager/invitations/lists", data={**NEW, "people": ""}, files={"file": ("people.csv", big_list().encode("utf-16"))})
        assert answer.status_code == 303, answer.text
        page = (await anna.get(answer.headers["location"])).text
        assert "30 lines can’t be read" in page and "Line 167" in page and "person number 166" in page
        assert "Send 4970 invitations" in page and "p1@list.example" in page and "p150@list.example" not in page, "a page at a time"
        assert "p150@list.example" in (await anna.get(f"{answer.headers['location']}?at=100")).text
    assert await invited() == [], "nothing is sent before it was looked at"


async def test_a_list_is_sent_once_in_the_background(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    lines = "nora@x.example\nOla Berg <ola@x.example>\nbeat@alpina.example\nerik@nordlicht.example\nnot an address\nnora@X.example"
    async with browser(app, people.anna) as anna:
        url = (await anna.post("/manager/invitations/lists", data={**NEW, "people": lines})).headers["location"]
        page = (await anna.get(url)).text
        assert "Has an account, joins with one click" in page and "Is a member already" in page and "is on line 1 already" in page
        for _ in range(2):
            assert (await anna.post(f"{url}/sending")).status_code == 303
        await drain()
        done = (await anna.get(url)).text
        assert "3 invitations were made" in done and "beat@alpina.example" in done
        assert (await anna.post(f"{url}/sending")).status_code == 303
        await drain()
    assert [row["email"] for row in await invited()] == ["nora@x.example", "ola@x.example", "erik@nordlicht.example"]
    assert link_in(letters(settings.data_dir, "ola@x.example")[0]).startswith("/invitation/")


async def test_a_list_stops_where_the_plan_is_full(app: httpx.ASGITransport, people: People) -> None:
    await people.anna.organisation.change(user_limit=5)
    async with browser(app, people.anna) as anna:
        url = (await anna.post("/manager/invitations/lists", data={**NEW, "people": "a@x.example\nb@x.example"})).headers["location"]
        assert "Send 1 invitation" in (await anna.get(url)).text
        await anna.post(f"{url}/sending")
        await drain()
        assert "No place in the plan" in (await anna.get(url)).text
    assert [row["email"] for row in await invited()] == ["a@x.example"]


async def test_a_list_of_somebody_who_is_no_administrator_any_more_isn_t_sent(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        url = (await anna.post("/manager/invitations/lists", data={**NEW, "people": "a@x.example"})).headers["location"]
        await anna.post(f"{url}/sending")
    await people.anna.membership.change(role="user")
    await drain()
    assert await invited() == []
