"""Setting how one is and what one says, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.lib import clock
from app.models.organisation import Membership
from app.models.presence import choice_of, quiet_until
from app.models.status import MemberStatus
from tests.conftest import browser
from tests.people import People

NOON = int(datetime(2026, 11, 25, 12, tzinfo=ZoneInfo("Europe/Zurich")).timestamp() * 1000)  # a Wednesday


def zurich(instant: int | None) -> str:
    assert instant is not None
    return datetime.fromtimestamp(instant / 1000, ZoneInfo("Europe/Zurich")).strftime("%a %d %H:%M")


@pytest.mark.parametrize(("form", "until"), [
    ({"length": "30"}, "Wed 25 12:30"), ({"length": "240"}, "Wed 25 16:00"), ({"length": "today"}, "Thu 26 00:00"), ({"length": "week"}, "Mon 30 00:00"),
    ({"length": "date", "until_date": "2026-12-01", "until_time": "09:30"}, "Tue 01 09:30"), ({"length": "date", "until_date": "2026-12-01"}, "Wed 02 00:00"),
    ({"suggestion": "meeting"}, "Wed 25 13:00"),
])
async def test_a_status_ends_on_the_persons_own_clock(app: httpx.ASGITransport, people: People, form: dict[str, str], until: str) -> None:
    await people.anna.account.prefer(week_start=0)
    async with browser(app, people.anna) as anna:
        with clock.at(NOON):
            assert (await anna.post("/account/status", data={"emoji": "🌴", "text": "Away", **form})).status_code == 303
            status = await MemberStatus.own(people.anna.viewer)
    assert status is not None and zurich(status.expires_at) == until


@pytest.mark.parametrize(("form", "says"), [
    ({}, "Choose an emoji or write a few words"), ({"emoji": "X", "text": "y"}, "isn’t an emoji"), ({"text": "x" * 101}, "too long"),
    ({"text": "y", "length": "date"}, "give a date"), ({"text": "y", "length": "date", "until_date": "2020-01-01"}, "passed already"),
    ({"text": "y", "length": "date", "until_date": "2026-02-31"}, "give a date"), ({"text": "y", "length": "nonsense"}, "offered values"),
])
async def test_a_bad_status_is_explained_and_kept_in_the_form(app: httpx.ASGITransport, people: People, form: dict[str, str], says: str) -> None:
    async with browser(app, people.anna) as anna:
        page = await anna.post("/account/status", data=form)
        fragment = await anna.post("/account/status", data=form, headers={"hx-request": "true", "hx-target": "dialog#dialog"})
    for answer in (page, fragment):
        assert answer.status_code == 422 and says in answer.text and form.get("text", "") in answer.text
    assert "<html" in page.text and "<html" not in fragment.text
    assert await MemberStatus.own(people.anna.viewer) is None


async def test_what_one_says_is_escaped(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        await anna.post("/account/status", data={"text": "<script>alert(1)</script>"})
        assert "<script>alert" not in (await anna.get("/account/status")).text
        assert "&lt;script&gt;alert" in (await anna.get("/account/status")).text


@pytest.mark.parametrize(("choice", "until"), [("dnd:30", "Wed 25 12:30"), ("dnd:morning", "Thu 26 08:00"), ("dnd:", "never")])
async def test_do_not_disturb_for_a_while(app: httpx.ASGITransport, people: People, choice: str, until: str) -> None:
    async with browser(app, people.anna) as anna:
        with clock.at(NOON):
            answer = await anna.post("/account/presence", data={"choice": choice}, headers={"hx-request": "true"})
            assert answer.status_code == 200 and "toast" in answer.headers["hx-trigger"]
            chosen = await choice_of(people.anna.id)
            assert chosen.chosen == "dnd" and ("never" if chosen.until is None else zurich(chosen.until)) == until
            await anna.post("/account/presence", data={"choice": "online"})
            assert await quiet_until(people.anna.id) is None


async def test_do_not_disturb_until_a_time_that_has_passed(app: httpx.ASGITransport, people: People) -> None:
    form = {"choice": "dnd:date", "until_date": "2020-01-01", "until_time": "10:00"}
    async with browser(app, people.anna) as anna:
        answer = await anna.post("/account/presence", data=form, headers={"hx-request": "true", "hx-target": "dialog#dialog"})
        assert answer.status_code == 422 and "passed already" in answer.text and "2020-01-01" in answer.text
        assert (await anna.post("/account/presence", data={"choice": "invisible"})).status_code >= 400
    assert await quiet_until(people.anna.id) is None


async def test_quiet_hours_are_kept_line_by_line(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        good = {"days0": ["0", "1"], "starts0": "18:00", "ends0": "08:00", "days1": ["5"], "starts1": "00:00", "ends1": "00:00", "starts2": "10:00", "ends2": "11:00"}
        assert (await anna.post("/account/quiet-hours", data=good)).status_code == 303
        spans = (await choice_of(people.anna.id)).spans
        assert [(span.days, span.starts, span.ends) for span in spans] == [(0b11, 1080, 480), (0b100000, 0, 0)]
        bad = await anna.post("/account/quiet-hours", data={"days0": ["0"], "starts0": "25:00", "ends0": "08:00"})
        assert bad.status_code == 422 and "time such as 18:00" in bad.text
    assert len((await choice_of(people.anna.id)).spans) == 2


async def test_the_snapshot_has_what_one_may_see(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        await anna.post("/account/status", data={"emoji": "🌴", "text": "Away"})
    for person, statuses in ((people.beat, [[people.anna.id, "🌴", "Away", None]]), (people.gina, []), (people.erik, [])):
        async with browser(app, person) as client:
            answer = await client.get("/presence")
            assert answer.json()["statuses"] == statuses and answer.headers["cache-control"] == "no-store"


async def test_a_name_and_a_title_of_ones_own(app: httpx.ASGITransport, people: People) -> None:
    form = {"given_name": "Anna", "family_name": "Adler", "title": "Director", "pronouns": "she/her", "phone": ""}
    async with browser(app, people.anna) as anna:
        await anna.post("/account", data=form)
        shown = (await anna.get("/account")).text
        assert "she/her" in shown and 'value="Director"' in shown
        assert "Anna Alpha → Anna Adler" in (await anna.get("/account/log")).text
    assert (await Membership.get(people.anna.membership.id)).title == "Director"


async def test_leaving_asks_for_the_password_and_signs_out(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.beat) as beat:
        wrong = await beat.post("/account/deletion", data={"password": "wrong"})
        assert wrong.status_code in (401, 403, 422) and "isn’t your password" in wrong.text
        assert (await beat.get("/account/data")).status_code == 200
        assert (await beat.post("/account/deletion", data={"password": "correct horse battery"})).headers["location"].startswith("/sign-in")
        assert (await beat.get("/account")).headers["location"].startswith("/sign-in")
    async with browser(app, people.anna) as anna:
        assert "only legal representative of Alpina" in (await anna.get("/account/data")).text
        assert "only legal representative" in (await anna.post("/account/deletion", data={"password": "correct horse battery"})).text


async def test_a_copy_is_its_owners_alone(app: httpx.ASGITransport, people: People) -> None:
    from app.jobs.runner import drain
    from app.models.my_data import DataExport

    async with browser(app, people.beat) as beat, browser(app, people.anna) as anna:
        assert "Make a copy" in (await beat.get("/account/data")).text
        await beat.post("/account/data")
        assert "being made" in (await beat.get("/account/data/progress")).text
        await drain()
        export = await DataExport.latest(people.beat.viewer)
        assert export is not None and f"/account/data/{export.id}/file" in (await beat.get("/account/data")).text
        file = await beat.get(f"/account/data/{export.id}/file")
        assert file.content[:2] == b"PK" and len(file.content) == export.size and "attachment" in file.headers["content-disposition"]
        assert (await anna.get(f"/account/data/{export.id}/file")).status_code == 404
        with clock.at(int(datetime.now(UTC).timestamp() * 1000) + 8 * clock.DAY):
            assert (await beat.get(f"/account/data/{export.id}/file")).status_code == 404


async def test_home_shows_who_is_around_and_what_is_new(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna, browser(app, people.gina) as gina:
        home = (await anna.get("/")).text
        assert "People around" in home and "Beat Keller" in home and "What’s new" in home and "Erik" not in home
        theirs = (await gina.get("/")).text
        assert "Beat Keller" not in theirs and "What’s new" not in theirs
