"""CalDAV as RFC 4791, 6578, 6638, 5689 and 3744 have it, through the app."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from app.lib.ical import Property, parse
from app.models.calendar import BUSY, EDIT, VIEW, Calendar, sharing
from app.models.files import Blob, receive, storage_of
from tests.dav import Client, client, condition, said, token
from tests.people import People, Person

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//tests//EN\r\n"
ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:Europe/Zurich\r\nBEGIN:STANDARD\r\nDTSTART:19961027T030000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\n"
    "TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\nDTSTART:19810329T020000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\n"
    "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
)
DATA = "<d:prop><d:getetag/><cal:calendar-data/></d:prop>"


def ics(*parts: str, zone: str = "") -> str:
    return f"{HEAD}{zone}{''.join(parts)}END:VCALENDAR\r\n"


def event(uid: str, start: str = "DTSTART:20260601T080000Z", *lines: str, name: str = "VEVENT") -> str:
    more = "".join(f"{line}\r\n" for line in (start, *lines) if line)
    return f"BEGIN:{name}\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n{more}END:{name}\r\n"


def one(uid: str, start: str = "DTSTART:20260601T080000Z", *lines: str, name: str = "VEVENT") -> str:
    return ics(event(uid, start, *lines, name=name))


def home(person: Person) -> str:
    return f"/dav/calendars/{person.account.sync_name}/"


@pytest.fixture
def beat(people: People, app: httpx.ASGITransport) -> Client:
    return client(app, people.beat)


@pytest.fixture
async def calendar(people: People, beat: Client) -> str:
    """The address of Beat's calendar, found as a client finds it."""
    [me] = await beat.propfind(f"/dav/principals/{people.beat.account.sync_name}/", "cal:calendar-home-set")
    found = await beat.propfind(me.hrefs("cal:calendar-home-set")[0], "d:resourcetype", depth="1")
    return next(it.href for it in found if it.found["d:resourcetype"].find("{urn:ietf:params:xml:ns:caldav}calendar") is not None)


async def put(client: Client, path: str, text: str, **headers: str) -> httpx.Response:
    return await client.request(
        "PUT", path, content=text.encode(),
        headers={"content-type": "text/calendar; charset=utf-8", **{name.replace("_", "-"): value for name, value in headers.items()}},
    )


async def store(client: Client, calendar: str, **objects: str) -> None:
    for name, text in objects.items():
        answer = await put(client, f"{calendar}{name}.ics", text)
        assert answer.status_code == 201, (name, answer.status_code, answer.text)


async def query(client: Client, path: str, filters: str, data: str = "<d:prop><d:getetag/></d:prop>", more: str = "") -> list[str]:
    """The names of the objects that match a filter inside of VCALENDAR."""
    found = await client.report(
        path, f'<cal:calendar-query>{data}<cal:filter><cal:comp-filter name="VCALENDAR">{filters}</cal:comp-filter></cal:filter>{more}</cal:calendar-query>', depth="1"
    )
    return sorted(it.href.removeprefix(path).removesuffix(".ics") for it in found)


async def sync(client: Client, path: str, since: str = "", limit: int = 0) -> httpx.Response:
    limits = f"<d:limit><d:nresults>{limit}</d:nresults></d:limit>" if limit else ""
    return await client.ask(
        "REPORT", path,
        f"<d:sync-collection><d:sync-token>{since}</d:sync-token><d:sync-level>1</d:sync-level>{limits}<d:prop><d:getetag/></d:prop></d:sync-collection>",
    )


def events(filters: str = "", name: str = "VEVENT") -> str:
    return f'<cal:comp-filter name="{name}">{filters}</cal:comp-filter>'


def span(since: str = "", until: str = "") -> str:
    return "<cal:time-range" + "".join(f' {name}="{value}"' for name, value in (("start", since), ("end", until)) if value) + "/>"


async def test_a_calendar_says_what_clients_ask(people: People, beat: Client, calendar: str) -> None:
    [me] = await beat.propfind(
        f"/dav/principals/{people.beat.account.sync_name}/", "cal:calendar-user-address-set", "card:addressbook-home-set", "cal:schedule-inbox-URL",
        "cal:schedule-outbox-URL",
    )
    assert me.hrefs("card:addressbook-home-set") and f"mailto:{people.beat.account.email}" in me.hrefs("cal:calendar-user-address-set")
    for name in ("inbox", "outbox"):
        [box] = await beat.propfind(me.hrefs(f"cal:schedule-{name}-URL")[0], "d:resourcetype")
        assert box.found["d:resourcetype"].find(f"{{urn:ietf:params:xml:ns:caldav}}schedule-{name}") is not None
    [it] = await beat.propfind(
        calendar, "d:displayname", "d:supported-report-set", "cal:supported-calendar-component-set", "cal:max-resource-size", "cs:getctag", "d:sync-token",
        "d:current-user-privilege-set", "d:owner", "ic:calendar-color", "cal:schedule-calendar-transp", "cal:calendar-timezone-id", "d:quota-used-bytes",
    )
    assert it.failed == {"d:quota-used-bytes": 404}
    assert it.text("cal:calendar-timezone-id") == "Europe/Zurich" and it.text("ic:calendar-color").startswith("#") and len(it.text("ic:calendar-color")) == 9
    assert [comp.get("name") for comp in it.found["cal:supported-calendar-component-set"]] == ["VEVENT", "VTODO"]
    reports = {part.tag.partition("}")[2] for part in it.found["d:supported-report-set"].iter()}
    assert {"calendar-query", "calendar-multiget", "free-busy-query", "sync-collection"} <= reports
    assert "calendar-access" in (await beat.ask("OPTIONS", calendar)).headers["dav"].split(", ")
    assert (await beat.get("/.well-known/caldav")).headers["location"] == "/dav/"


async def test_what_a_client_stored_comes_back_as_it_was(beat: Client, calendar: str) -> None:
    text = one("u1", "DTSTART;TZID=Europe/Zurich:20260601T080000", "SUMMARY:Käse\\, Brot", "X-ODD;X-P=\"a;b\":kept \r\n as it is")
    path = f"{calendar}a%20%C3%BC.ics"
    made = await put(beat, path, text, if_none_match="*")
    assert made.status_code == 201 and made.headers["etag"].startswith('"')
    got = await beat.get(path)
    assert got.content == text.encode() and got.headers["etag"] == made.headers["etag"] and got.headers["content-type"] == "text/calendar; charset=utf-8"
    assert (await beat.get(path, headers={"if-none-match": made.headers["etag"]})).status_code == 304
    [row] = [it for it in await beat.propfind(calendar, "d:getetag", "d:getcontenttype", depth="1") if it.href != calendar]
    assert (row.href, row.text("d:getetag")) == (path, made.headers["etag"]) and "component=VEVENT" in row.text("d:getcontenttype")
    [found, gone] = await beat.report(
        calendar, f"<cal:calendar-multiget>{DATA}<d:href>{path}</d:href><d:href>{calendar}none.ics</d:href></cal:calendar-multiget>"
    )
    assert (found.found["cal:calendar-data"].text or "") == text and gone.status == 404
    replaced = await put(beat, path, text.replace("Brot", "Wein"), if_match=made.headers["etag"])
    assert replaced.status_code == 204 and replaced.headers["etag"] != made.headers["etag"]
    assert (await beat.request("DELETE", path, headers={"if-match": made.headers["etag"]})).status_code == 412
    assert (await beat.request("DELETE", path, headers={"if-match": replaced.headers["etag"]})).status_code == 204
    assert (await beat.get(path)).status_code == 404


async def test_a_lost_race_changes_nothing(beat: Client, calendar: str) -> None:
    path = f"{calendar}a.ics"
    first = (await put(beat, path, one("u1"))).headers["etag"]
    assert (await put(beat, path, one("u1"), if_none_match="*")).status_code == 412
    answers = await asyncio.gather(*(put(beat, path, one("u1", "DTSTART:20260601T080000Z", f"SUMMARY:{number}"), if_match=first) for number in range(6)))
    assert sorted(answer.status_code for answer in answers) == [204] + [412] * 5
    assert (await put(beat, f"{calendar}none.ics", one("u2"), if_match="*")).status_code == 412


async def test_what_is_refused_says_why(beat: Client, calendar: str) -> None:
    await store(beat, calendar, a=one("u1"))
    taken = await put(beat, f"{calendar}b.ics", one("u1"))
    assert (taken.status_code, condition(taken)) == (409, "cal:no-uid-conflict") and f"<d:href>{calendar}a.ics</d:href>" in taken.text
    assert condition(await put(beat, f"{calendar}a.ics", one("u9"))) == "cal:no-uid-conflict"
    refused = {
        "cal:valid-calendar-data": ("{}", "BEGIN:VCALENDAR\r\n", one("u2", "SUMMARY:no beginning"), one("u2", "DTSTART:2026")),
        "cal:valid-calendar-object-resource": (
            ics(event("u2"), event("u3")), ics(event("u2"), event("u2", name="VTODO")), one("u2").replace("UID:u2\r\n", ""),
            one("u2").replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST"),
        ),
        "cal:supported-calendar-component": (one("u2", name="VJOURNAL"), ics(event("u2", name="VFREEBUSY"))),
    }
    for why, texts in refused.items():
        for text in texts:
            answer = await put(beat, f"{calendar}c.ics", text)
            assert (answer.status_code, condition(answer)) == (403, why), text
    other = await put(beat, f"{calendar}c.ics", "{}", content_type="application/json")
    assert (other.status_code, condition(other)) == (415, "cal:supported-calendar-data")
    large = await put(beat, f"{calendar}c.ics", one("u4", "DTSTART:20260601T080000Z", "DESCRIPTION:" + "a" * 11_000_000))
    assert (large.status_code, condition(large)) == (413, "cal:max-resource-size")
    assert (await beat.get(f"{calendar}c.ics")).status_code == 404


async def test_calendars_are_made_changed_and_deleted(people: People, beat: Client, app: httpx.ASGITransport) -> None:
    path = f"{home(people.beat)}tasks/"
    props = (
        "<d:displayname>To do</d:displayname><ic:calendar-color>#ff8800ff</ic:calendar-color><cal:calendar-description>Mine</cal:calendar-description>"
        f"<cal:calendar-timezone>{ics(zone=ZONE)}</cal:calendar-timezone><x:odd>kept</x:odd>"
        '<cal:supported-calendar-component-set><cal:comp name="VTODO"/></cal:supported-calendar-component-set>'
    )
    made = await beat.ask("MKCALENDAR", path, f"<cal:mkcalendar><d:set><d:prop>{props}</d:prop></d:set></cal:mkcalendar>")
    assert made.status_code == 201, made.text
    assert (await beat.ask("MKCALENDAR", path)).status_code == 405
    [it] = await beat.propfind(path, "d:displayname", "ic:calendar-color", "cal:calendar-description", "x:odd", "cal:calendar-timezone", "ic:calendar-order")
    assert (it.text("d:displayname"), it.text("ic:calendar-color"), it.text("cal:calendar-description"), it.text("x:odd")) == ("To do", "#ff8800ff", "Mine", "kept")
    assert "TZID:Europe/Zurich" in it.text("cal:calendar-timezone")
    assert condition(await put(beat, f"{path}a.ics", one("u1"))) == "cal:supported-calendar-component"
    await store(beat, path, t=one("u1", "", "DUE:20260601T080000Z", name="VTODO"))
    changed = await beat.ask(
        "PROPPATCH", path, "<d:propertyupdate><d:set><d:prop><d:displayname>Do</d:displayname><ic:calendar-order>7</ic:calendar-order>"
        "<cal:schedule-calendar-transp><cal:transparent/></cal:schedule-calendar-transp></d:prop></d:set></d:propertyupdate>",
    )
    assert not [it.failed for it in said(changed) if it.failed]
    [it] = await beat.propfind(path, "d:displayname", "ic:calendar-order", "cal:schedule-calendar-transp")
    assert (it.text("d:displayname"), it.text("ic:calendar-order")) == ("Do", "7") and "transparent" in it.found["cal:schedule-calendar-transp"][0].tag
    [wrong] = said(await beat.ask("PROPPATCH", path, "<d:propertyupdate><d:set><d:prop><d:getetag>x</d:getetag></d:prop></d:set></d:propertyupdate>"))
    assert wrong.failed == {"d:getetag": 403}
    extended = "<d:mkcol><d:set><d:prop><d:resourcetype><d:collection/><cal:calendar/></d:resourcetype><d:displayname>Two</d:displayname></d:prop></d:set></d:mkcol>"
    assert (await beat.ask("MKCOL", f"{home(people.beat)}two/", extended)).status_code == 201
    assert (await beat.request("DELETE", path)).status_code == 204 and (await beat.get(f"{path}t.ics")).status_code == 404
    assert (await beat.ask("MKCALENDAR", path)).status_code == 201, "its address is free again"
    assert (await client(app, people.chiara).ask("PROPFIND", home(people.beat))).status_code == 404, "nobody looks into somebody else's home"


async def test_a_client_learns_what_changed(beat: Client, calendar: str) -> None:
    await store(beat, calendar, a=one("a"), b=one("b"), c=one("c"))
    first = await sync(beat, calendar)
    assert sorted(it.href for it in said(first)) == [f"{calendar}{name}.ics" for name in "abc"]
    await put(beat, f"{calendar}a.ics", one("a", "DTSTART:20260601T080000Z", "SUMMARY:new"))
    await beat.request("DELETE", f"{calendar}b.ics")
    news = await sync(beat, calendar, token(first))
    assert sorted((it.href.removeprefix(calendar), it.status) for it in said(news)) == [("a.ics", None), ("b.ics", 404)]
    assert not list(said(await sync(beat, calendar, token(news))))
    part = await sync(beat, calendar, "", 1)
    assert [it.status for it in said(part)].count(507) == 1
    assert len(list(said(await sync(beat, calendar, token(part))))) == 2, "one that changed, one that went: a gap, not a loss"
    assert condition(await sync(beat, calendar, "urn:other:1")) == "d:valid-sync-token"
    [before] = await beat.propfind(calendar, "cs:getctag")
    await store(beat, calendar, d=one("d"))
    [after] = await beat.propfind(calendar, "cs:getctag", "d:sync-token")
    assert before.text("cs:getctag") != after.text("cs:getctag") and after.text("d:sync-token") == token(await sync(beat, calendar))


async def test_time_ranges_of_events(beat: Client, calendar: str) -> None:
    """RFC 4791 §9.9, each edge."""
    await store(
        beat, calendar,
        ends=one("1", "DTSTART:20260601T080000Z", "DTEND:20260601T090000Z"), lasts=one("2", "DTSTART:20260601T080000Z", "DURATION:PT1H"),
        point=one("3", "DTSTART:20260601T090000Z"), day=one("4", "DTSTART;VALUE=DATE:20260602"), floats=one("5", "DTSTART:20260603T233000", "DURATION:PT15M"),
        weekly=one("6", "DTSTART;TZID=Europe/Zurich:20200106T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=MO"),
        moved=ics(
            event("7", "DTSTART:20250101T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3"),
            event("7", "DTSTART:20260615T080000Z", "DURATION:PT1H", "RECURRENCE-ID:20250102T080000Z"),
        ),
    )

    async def within(since: str, until: str = "") -> list[str]:
        return await query(beat, calendar, events(span(since, until)))

    assert await within("20260601T000000Z", "20260601T080000Z") == [], "the end isn't part of it"
    assert await within("20260601T085959Z", "20260601T090000Z") == ["ends", "lasts", "weekly"]
    assert await within("20260601T090000Z", "20260601T093000Z") == ["point"]
    assert await within("20260601T215959Z", "20260601T220001Z") == ["day"], "the day of the calendar's zone"
    assert await within("20260602T220000Z", "20260602T230000Z") == []
    assert await within("20260603T213000Z", "20260603T213100Z") == ["floats"]
    assert await within("20260615T000000Z", "20260616T000000Z") == ["moved", "weekly"]
    assert await within("20900101T000000Z", "20900301T000000Z") == ["weekly"], "far beyond the index"
    assert await within("20900101T000000Z") == ["weekly"]
    assert await query(beat, calendar, events(span("", "20250101T090000Z"))) == ["moved", "weekly"]
    zone = f"<cal:timezone>{ics(zone=ZONE.replace('Europe/Zurich', 'America/New_York'))}</cal:timezone>"
    assert await query(beat, calendar, events(span("20260602T000000Z", "20260602T035959Z")), more=zone) == []
    assert await query(beat, calendar, events(span("20260603T033000Z", "20260603T034000Z")), more=zone) == ["day"]
    assert await query(beat, calendar, "") == ["day", "ends", "floats", "lasts", "moved", "point", "weekly"]
    for wrong in ('<cal:time-range start="20260101T000000Z" end="20250101T000000Z"/>', "<cal:time-range/>", '<cal:time-range start="20260101T000000"/>'):
        asked = f'<cal:calendar-query>{DATA}<cal:filter><cal:comp-filter name="VCALENDAR">{events(wrong)}</cal:comp-filter></cal:filter></cal:calendar-query>'
        assert condition(await beat.ask("REPORT", calendar, asked)) == "cal:valid-filter"


async def test_time_ranges_of_tasks_and_alarms(beat: Client, calendar: str) -> None:
    await store(
        beat, calendar,
        due=one("1", "", "DUE:20260601T090000Z", name="VTODO"), both=one("2", "DTSTART:20260601T080000Z", "DUE:20260601T100000Z", name="VTODO"),
        done=one("3", "", "COMPLETED:20260605T090000Z", "STATUS:COMPLETED", name="VTODO"), bare=one("4", "", name="VTODO"),
        start=one("5", "DTSTART:20260601T093000Z", name="VTODO"),
        rings=one("6", "DTSTART:20260610T080000Z", "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT15M\r\nEND:VALARM"),
        quiet=one("7", "DTSTART:20260610T080000Z"),
    )

    async def within(since: str, until: str) -> list[str]:
        return await query(beat, calendar, events(span(since, until), "VTODO"))

    assert await within("20260601T090000Z", "20260601T093000Z") == ["bare", "both"]
    assert await within("20260601T085900Z", "20260601T090000Z") == ["bare", "both", "due"]
    assert await within("20260601T093000Z", "20260601T094000Z") == ["bare", "both", "start"]
    assert await within("20260605T000000Z", "20260606T000000Z") == ["bare", "done"]
    assert await query(beat, calendar, events('<cal:prop-filter name="COMPLETED"><cal:is-not-defined/></cal:prop-filter>', "VTODO")) == ["bare", "both", "due", "start"]
    alarm = '<cal:comp-filter name="VALARM">{}</cal:comp-filter>'
    assert await query(beat, calendar, events(alarm.format(span("20260610T074400Z", "20260610T074600Z")))) == ["rings"]
    assert await query(beat, calendar, events(alarm.format(span("20260610T080000Z", "20260610T081000Z")))) == []
    assert await query(beat, calendar, events(alarm.format("<cal:is-not-defined/>"))) == ["quiet"]


async def test_filters_of_properties(beat: Client, calendar: str) -> None:
    await store(
        beat, calendar,
        a=one("Meeting-1", "DTSTART:20260601T080000Z", "SUMMARY:Budget Übersicht", "CATEGORIES:Work", "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:lisa@example.org"),
        b=one("meeting-2", "DTSTART:20260701T080000Z", "SUMMARY:Other", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:lisa@example.org", "STATUS:CANCELLED"),
        c=one("x%y", "DTSTART:20260801T080000Z", "DESCRIPTION:" + "long " * 20 + "bud\r\n get at the fold"),
    )

    def prop(name: str, inner: str) -> str:
        return events(f'<cal:prop-filter name="{name}">{inner}</cal:prop-filter>')

    async def match(name: str, words: str, **attributes: str) -> list[str]:
        said = "".join(' {}="{}"'.format(key.replace("_", "-"), value) for key, value in attributes.items())
        return await query(beat, calendar, prop(name, f"<cal:text-match{said}>{words}</cal:text-match>"))

    assert await match("UID", "Meeting") == ["a", "b"] and await match("UID", "meeting-2") == ["b"] and await match("UID", "x%y") == ["c"]
    assert await match("UID", "meeting", collation="i;octet") == ["b"]
    assert await match("SUMMARY", "BUDGET") == ["a"] and await match("SUMMARY", "BUDGET", negate_condition="yes") == ["b"]
    assert await match("SUMMARY", "übersicht", collation="i;unicode-casemap") == ["a"] and await match("SUMMARY", "übersicht") == []
    assert await match("DESCRIPTION", "budget") == ["c"], "over a fold"
    assert await query(beat, calendar, prop("STATUS", "<cal:is-not-defined/>")) == ["a", "c"] and await query(beat, calendar, prop("STATUS", "")) == ["b"]
    pending = '<cal:text-match>mailto:lisa@example.org</cal:text-match><cal:param-filter name="PARTSTAT"><cal:text-match>NEEDS-ACTION</cal:text-match></cal:param-filter>'
    assert await query(beat, calendar, prop("ATTENDEE", pending)) == ["a"]
    assert await query(beat, calendar, events(span("20260701T000000Z") + '<cal:prop-filter name="SUMMARY"/>')) == ["b"]
    asked = '<cal:calendar-query><d:prop><d:getetag/></d:prop><cal:filter><cal:comp-filter name="VCALENDAR">{}</cal:comp-filter></cal:filter></cal:calendar-query>'
    wrong = await beat.ask("REPORT", calendar, asked.format(prop("UID", '<cal:text-match collation="i;klingon">x</cal:text-match>')))
    assert condition(wrong) == "cal:supported-collation"


async def test_instances_are_given_one_by_one(beat: Client, calendar: str) -> None:
    series = ics(
        event("u1", "DTSTART;TZID=Europe/Zurich:20260323T100000", "DTEND;TZID=Europe/Zurich:20260323T110000", "RRULE:FREQ=WEEKLY;COUNT=4", "SUMMARY:Weekly",
              "EXDATE;TZID=Europe/Zurich:20260406T100000"),
        event("u1", "DTSTART;TZID=Europe/Zurich:20260414T120000", "DTEND;TZID=Europe/Zurich:20260414T130000", "RECURRENCE-ID;TZID=Europe/Zurich:20260413T100000",
              "SUMMARY:Moved"), zone=ZONE,
    )
    await store(beat, calendar, a=series)

    async def given(how: str, since: str, until: str) -> str:
        data = f'<d:prop><cal:calendar-data><cal:{how} start="{since}" end="{until}"/></cal:calendar-data></d:prop>'
        [found] = await beat.report(calendar, f"<cal:calendar-multiget>{data}<d:href>{calendar}a.ics</d:href></cal:calendar-multiget>")
        return found.found["cal:calendar-data"].text or ""

    text = await given("expand", "20260301T000000Z", "20260501T000000Z")
    starts = [line for line in text.split("\r\n") if line.startswith("DTSTART")]
    assert starts == ["DTSTART:20260323T090000Z", "DTSTART:20260330T080000Z", "DTSTART:20260414T100000Z"], "on both sides of summer time"
    assert text.count("RECURRENCE-ID:") == 3 and "RECURRENCE-ID:20260413T080000Z" in text
    assert not any(word in text for word in ("RRULE", "EXDATE", "TZID", "VTIMEZONE"))
    limited = await given("limit-recurrence-set", "20260301T000000Z", "20260401T000000Z")
    assert "Moved" not in limited and "RRULE" in limited and "VTIMEZONE" in limited
    assert "Moved" in await given("limit-recurrence-set", "20260413T000000Z", "20260413T235959Z"), "where it would have been"
    parts = (
        '<d:prop><cal:calendar-data><cal:comp name="VCALENDAR"><cal:prop name="VERSION"/><cal:comp name="VEVENT"><cal:prop name="SUMMARY"/>'
        "</cal:comp></cal:comp></cal:calendar-data></d:prop>"
    )
    [found] = await beat.report(calendar, f"<cal:calendar-multiget>{parts}<d:href>{calendar}a.ics</d:href></cal:calendar-multiget>")
    assert (found.found["cal:calendar-data"].text or "").split("\r\n") == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "SUMMARY:Weekly", "END:VEVENT", "BEGIN:VEVENT", "SUMMARY:Moved", "END:VEVENT", "END:VCALENDAR", "",
    ]


async def test_busy_times_are_told(people: People, beat: Client, calendar: str, app: httpx.ASGITransport) -> None:
    await store(
        beat, calendar, a=one("1", "DTSTART:20260601T080000Z", "DURATION:PT1H"), b=one("2", "DTSTART:20260601T083000Z", "DURATION:PT1H"),
        free=one("3", "DTSTART:20260601T120000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT"), maybe=one("4", "DTSTART:20260601T140000Z", "DURATION:PT1H", "STATUS:TENTATIVE"),
    )
    answer = await beat.ask("REPORT", calendar, f"<cal:free-busy-query>{span('20260601T000000Z', '20260602T000000Z')}</cal:free-busy-query>", depth="1")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/calendar")
    busy = [line for line in answer.text.split("\r\n") if line.startswith("FREEBUSY")]
    assert busy == ["FREEBUSY;FBTYPE=BUSY:20260601T080000Z/20260601T093000Z", "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260601T140000Z/20260601T150000Z"]
    ask = (
        f"{HEAD}METHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\nUID:q1\r\nDTSTAMP:20260101T000000Z\r\nORGANIZER:mailto:{people.chiara.account.email}\r\n"
        f"DTSTART:20260601T000000Z\r\nDTEND:20260602T000000Z\r\nATTENDEE:mailto:{people.beat.account.email}\r\nATTENDEE:mailto:nobody@elsewhere.example\r\n"
        "END:VFREEBUSY\r\nEND:VCALENDAR\r\n"
    )
    chiara = client(app, people.chiara)
    said_ = await chiara.post(f"{home(people.chiara)}outbox/", content=ask.encode(), headers={"content-type": "text/calendar"})
    assert said_.status_code == 200 and "FBTYPE=BUSY:20260601T080000Z/20260601T093000Z" in said_.text
    assert said_.text.count("2.0;Success") == 1 and said_.text.count("3.7;Invalid calendar user") == 1
    forged = await beat.post(f"{home(people.beat)}outbox/", content=ask.encode(), headers={"content-type": "text/calendar"})
    assert (forged.status_code, condition(forged)) == (403, "cal:organizer-allowed")


@pytest.mark.parametrize("level", [BUSY, VIEW, EDIT])
async def test_a_shared_calendar_gives_what_its_level_allows(people: People, beat: Client, calendar: str, app: httpx.ASGITransport, level: int) -> None:
    await store(
        beat, calendar, a=one("1", "DTSTART:20260601T080000Z", "DURATION:PT1H"), secret=one("2", "DTSTART:20260601T120000Z", "CLASS:PRIVATE", "SUMMARY:Doctor"),
    )
    own = await Calendar.default_for(people.beat.id, people.beat.viewer.org_id)
    await sharing.share(people.beat.viewer, own, level, account_id=people.chiara.id)
    chiara, path = client(app, people.chiara), f"{home(people.chiara)}shared-{own.id}/"
    assert (await chiara.ask("PROPFIND", path)).status_code == 404, "before it is taken"
    await sharing.take(people.chiara.viewer, await Calendar.seen_by(people.chiara.viewer, own.id))
    [it] = await chiara.propfind(path, "d:current-user-privilege-set", "d:displayname", "d:owner", "ic:calendar-color")
    allowed = {part.tag.partition("}")[2] for part in it.found["d:current-user-privilege-set"].iter()}
    assert ("read" in allowed, "read-free-busy" in allowed, "write-content" in allowed) == (level >= VIEW, True, level >= EDIT)
    assert "Beat Keller" in it.text("d:displayname") and people.beat.account.sync_name not in it.hrefs("d:owner")[0]
    members = {one_.href for one_ in await chiara.propfind(path, "d:getetag", depth="1")} - {path}
    assert members == ({f"{path}a.ics"} if level >= VIEW else set()), "what is private stays so"
    assert (await chiara.get(f"{path}a.ics")).status_code == (200 if level >= VIEW else 404)
    assert (await chiara.get(f"{path}secret.ics")).status_code == 404
    assert await query(chiara, path, events(span("20260601T000000Z", "20260602T000000Z"))) == (["a"] if level >= VIEW else [])
    assert len(list(said(await sync(chiara, path)))) == (1 if level >= VIEW else 0)
    busy = await chiara.ask("REPORT", path, f"<cal:free-busy-query>{span('20260601T000000Z', '20260602T000000Z')}</cal:free-busy-query>")
    assert "20260601T080000Z/20260601T090000Z" in busy.text
    assert (await put(chiara, f"{path}new.ics", one("3"))).status_code == (201 if level >= EDIT else 403)
    assert (await put(chiara, f"{path}secret.ics", one("2"))).status_code == 403
    if level == EDIT:
        own_path = f"{home(people.chiara)}own/"
        await chiara.ask("MKCALENDAR", own_path)
        await store(chiara, own_path, x=one("2"))
        moved = await chiara.request("MOVE", f"{own_path}x.ics", headers={"destination": f"http://localhost:8000{path}secret.ics"})
        assert moved.status_code == 403 and (await chiara.get(f"{own_path}x.ics")).status_code == 200, "nothing hidden is replaced, nothing lost"
    look = "<d:propertyupdate><d:set><d:prop><ic:calendar-color>#112233FF</ic:calendar-color></d:prop></d:set></d:propertyupdate>"
    assert not [one_.failed for one_ in said(await chiara.ask("PROPPATCH", path, look)) if one_.failed]
    [it] = await chiara.propfind(path, "ic:calendar-color")
    [mine] = await beat.propfind(calendar, "ic:calendar-color")
    assert it.text("ic:calendar-color") == "#112233FF" != mine.text("ic:calendar-color")


async def test_events_are_moved_and_copied(people: People, beat: Client, calendar: str) -> None:
    await beat.ask("MKCALENDAR", f"{home(people.beat)}two/")
    await store(beat, calendar, a=one("1"))
    path = f"{home(people.beat)}two/b.ics"
    moved = await beat.request("MOVE", f"{calendar}a.ics", headers={"destination": f"http://localhost:8000{path}"})
    assert moved.status_code == 201 and (await beat.get(f"{calendar}a.ics")).status_code == 404 and (await beat.get(path)).status_code == 200
    copied = await beat.request("COPY", path, headers={"destination": f"{calendar}c.ics"})
    assert copied.status_code == 201 and (await beat.get(f"{calendar}c.ics")).content == (await beat.get(path)).content


async def test_guests_are_invited_and_answers_arrive(people: People, beat: Client, calendar: str, app: httpx.ASGITransport) -> None:
    """RFC 6638 §3.2: programs only store."""
    mine, theirs = people.beat.account.email, people.chiara.account.email
    text = one("party", "DTSTART:20991201T080000Z", "DTEND:20991201T090000Z", "SUMMARY:Party", f"ORGANIZER:mailto:{mine}",
               f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{mine}", f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{theirs}")
    made = await put(beat, f"{calendar}p.ics", text)
    assert made.status_code == 201 and made.headers["schedule-tag"]
    chiara = client(app, people.chiara)
    found = await chiara.propfind(home(people.chiara), "cal:supported-calendar-component-set", "cal:schedule-calendar-transp", depth="1")
    target = next(it.href for it in found if "cal:supported-calendar-component-set" in it.found)
    [copy] = await query(chiara, target, events('<cal:prop-filter name="UID"><cal:text-match>party</cal:text-match></cal:prop-filter>'))
    got = await chiara.get(f"{target}{copy}.ics")
    assert "Party" in got.text and got.headers["schedule-tag"]
    answered = got.text.replace("\r\n ", "").replace("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED")
    said_ = await put(chiara, f"{target}{copy}.ics", answered, if_match=got.headers["etag"])
    assert (said_.status_code, said_.headers["schedule-tag"]) == (204, got.headers["schedule-tag"]), "only an answer, so that her telephone needn't look"
    alarm = got.text.replace("END:VEVENT", "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT")
    assert (await put(chiara, f"{target}{copy}.ics", alarm, if_schedule_tag_match=got.headers["schedule-tag"])).status_code == 204
    kept = (await chiara.get(f"{target}{copy}.ics")).text.replace("\r\n ", "")
    assert "VALARM" in kept and "NEEDS-ACTION" not in kept, "what the telephone didn't know yet"
    now = await beat.get(f"{calendar}p.ics")
    assert now.text.replace("\r\n ", "").count("PARTSTAT=ACCEPTED") == 2
    assert now.headers["etag"] != made.headers.get("etag") and now.headers["schedule-tag"] == made.headers["schedule-tag"], "only an answer came"
    late = text.replace("SUMMARY:Party", "SUMMARY:Party!")
    assert (await put(beat, f"{calendar}p.ics", late, if_match='"before"')).status_code == 412
    assert (await put(beat, f"{calendar}p.ics", late, if_schedule_tag_match='"other"')).status_code == 412
    assert (await put(beat, f"{calendar}p.ics", late, if_schedule_tag_match=made.headers["schedule-tag"])).status_code == 204
    assert (await beat.get(f"{calendar}p.ics")).text.replace("\r\n ", "").count("PARTSTAT=ACCEPTED") == 2, "the answer isn't lost"
    assert "Party!" in (await chiara.get(f"{target}{copy}.ics")).text
    assert (await beat.request("DELETE", f"{calendar}p.ics")).status_code == 204
    assert (await chiara.get(f"{target}{copy}.ics")).status_code in (200, 404)


async def test_messages_wait_in_the_inbox(people: People, beat: Client, calendar: str, app: httpx.ASGITransport) -> None:
    """RFC 6638 §4: what is applied already is shown to programs, which take it out."""
    mine, theirs = people.beat.account.email, people.chiara.account.email
    chiara, inbox = client(app, people.chiara), f"{home(people.chiara)}inbox/"
    assert len(await chiara.propfind(inbox, "d:getetag", depth="1")) == 1, "empty, and from now on Chiara has a program"
    party = one("party", "DTSTART:20991201T080000Z", "SUMMARY:Party", f"ORGANIZER:mailto:{mine}", f"ATTENDEE:mailto:{mine}",
                f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{theirs}", "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nDESCRIPTION:x\r\nEND:VALARM")
    await store(beat, calendar, p=party)
    [before] = await chiara.propfind(inbox, "cs:getctag")
    await put(beat, f"{calendar}p.ics", party.replace("Party", "Feast"))
    [box, message] = await chiara.propfind(inbox, "cs:getctag", "d:getcontenttype", "d:current-user-privilege-set", depth="1")
    assert box.text("cs:getctag") != before.text("cs:getctag") and "method=REQUEST" in message.text("d:getcontenttype")
    text = (await chiara.get(message.href)).text
    assert "METHOD:REQUEST" in text and "SUMMARY:Feast" in text and "VALARM" not in text, "the later one, without Beat's own alarm"
    [got] = await chiara.report(inbox, f"<cal:calendar-multiget>{DATA}<d:href>{message.href}</d:href></cal:calendar-multiget>")
    assert "SUMMARY:Feast" in got.text("cal:calendar-data")
    assert await query(chiara, inbox, events(span("20991201T000000Z", "20991202T000000Z"))) == [message.href.removeprefix(inbox).removesuffix(".ics")]
    assert await query(chiara, inbox, events(span("20991203T000000Z", "20991204T000000Z"))) == []
    assert (await client(app, people.beat).get(message.href)).status_code == 404, "not in Beat's tree"
    assert (await put(chiara, message.href, text)).status_code == 405 and (await put(chiara, f"{inbox}new.ics", text)).status_code == 403
    assert (await chiara.request("DELETE", message.href)).status_code == 204 and len(await chiara.propfind(inbox, "d:getetag", depth="1")) == 1
    copy = await copy_of(chiara, people.chiara, "party")
    answered = (await chiara.get(copy)).text.replace("\r\n ", "").replace("PARTSTAT=NEEDS-ACTION", "PARTSTAT=TENTATIVE")
    assert (await put(chiara, copy, answered)).status_code == 204
    [_box, reply] = await beat.propfind(f"{home(people.beat)}inbox/", "d:getcontenttype", depth="1")
    text = (await beat.get(reply.href)).text.replace("\r\n ", "")
    assert "METHOD:REPLY" in text and "PARTSTAT=TENTATIVE" in text and mine not in text.partition("ATTENDEE")[2]
    await beat.request("DELETE", f"{calendar}p.ics")
    [_box, cancelled] = await chiara.propfind(inbox, "d:getcontenttype", depth="1")
    assert "method=CANCEL" in cancelled.text("d:getcontenttype")


async def copy_of(client: Client, person: Person, uid: str) -> str:
    """The address of somebody's copy of an event."""
    found = await client.propfind(home(person), "cal:supported-calendar-component-set", depth="1")
    target = next(it.href for it in found if "cal:supported-calendar-component-set" in it.found)
    [name] = await query(client, target, events(f'<cal:prop-filter name="UID"><cal:text-match>{uid}</cal:text-match></cal:prop-filter>'))
    return f"{target}{name}.ics"


@pytest.mark.parametrize(("silent", "answer"), [("F", "NEEDS-ACTION"), ("T", "DECLINED"), ("", "DECLINED")])
async def test_a_guest_may_leave_in_silence(
    people: People, beat: Client, calendar: str, app: httpx.ASGITransport, silent: str, answer: str
) -> None:
    """Schedule-Reply and If-Schedule-Tag-Match of a DELETE (RFC 6638 §8.1, §8.3)."""
    mine, theirs = people.beat.account.email, people.chiara.account.email
    await store(beat, calendar, p=one("party", "DTSTART:20991201T080000Z", f"ORGANIZER:mailto:{mine}", f"ATTENDEE:mailto:{mine}",
                                      f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{theirs}"))
    chiara = client(app, people.chiara)
    copy = await copy_of(chiara, people.chiara, "party")
    tag = (await chiara.get(copy)).headers["schedule-tag"]
    assert (await chiara.request("DELETE", copy, headers={"if-schedule-tag-match": '"other"'})).status_code == 412
    gone = await chiara.request("DELETE", copy, headers={"if-schedule-tag-match": tag, **({"schedule-reply": silent} if silent else {})})
    assert gone.status_code == 204
    assert f"PARTSTAT={answer}" in (await beat.get(f"{calendar}p.ics")).text.replace("\r\n ", "")


async def test_zones_are_left_out_on_request(people: People, beat: Client, calendar: str) -> None:
    """RFC 7809: a client that knows the zones need not get or send them; one that doesn't say so gets them all."""
    options = await beat.request("OPTIONS", calendar)
    assert "calendar-no-timezone" in options.headers["dav"]
    own = ZONE.replace("TZID:Europe/Zurich", "TZID:Our zone")
    zoned = event("a", "DTSTART;TZID=Europe/Zurich:20260601T080000"), event("b", "DTSTART;TZID=Our zone:20260601T080000")
    await store(beat, calendar, a=ics(zoned[0], zone=ZONE), b=ics(zoned[1], zone=own))
    bare = ics(zoned[0].replace("UID:a", "UID:c"))
    assert (await put(beat, f"{calendar}c.ics", bare, caldav_timezones="F")).headers["etag"]
    assert (await beat.get(f"{calendar}c.ics", headers={"caldav-timezones": "F"})).text == bare

    async def got(name: str, **headers: str) -> list[str]:
        path = f"{calendar}{name}.ics"
        plain = (await beat.get(path, headers={key.replace("_", "-"): value for key, value in headers.items()})).text
        asked = [f"<cal:calendar-multiget>{DATA}<d:href>{path}</d:href></cal:calendar-multiget>",
                 f'<cal:calendar-multiget>{DATA.replace("<cal:calendar-data/>", LIMITED)}<d:href>{path}</d:href></cal:calendar-multiget>']
        return [plain, *[(await beat.report(calendar, one_, **headers))[0].text("cal:calendar-data") for one_ in asked]]

    for name in "abc":
        assert all("BEGIN:VTIMEZONE" in text for text in await got(name)), "also where none was sent"
    for name, is_kept in (("a", False), ("b", True), ("c", False)):
        for text in await got(name, caldav_timezones="F"):
            assert ("BEGIN:VTIMEZONE" in text, "BEGIN:VEVENT" in text, "TZID=" in text) == (is_kept, True, True), (name, text)
    [it] = await beat.propfind(home(people.beat), "cal:timezone-service-set")
    assert not it.failed
    asked = f'<cal:calendar-query>{DATA}<cal:filter><cal:comp-filter name="VCALENDAR"/></cal:filter><cal:timezone-id>Mars/Olympus</cal:timezone-id></cal:calendar-query>'
    assert condition(await beat.ask("REPORT", calendar, asked)) == "cal:valid-timezone"


LIMITED = '<cal:calendar-data><cal:limit-recurrence-set start="20260101T000000Z" end="20270101T000000Z"/></cal:calendar-data>'


async def attach(client: Client, path: str, query: str, body: bytes = b"", **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.request("POST", f"{path}?{query}", content=body, headers=sent)


def attached(answer: httpx.Response) -> list[Property]:
    return [line for part in parse(answer.text).within("VEVENT") for line in part.all("ATTACH")]


async def test_programs_add_replace_and_remove_files(people: People, app: httpx.ASGITransport, beat: Client, calendar: str) -> None:
    """RFC 8607 §3: the three actions, and the file at the address that the event names."""
    path = f"{calendar}files.ics"
    await put(beat, path, one("files"))
    added = await attach(beat, path, "action=attachment-add", b"one, two", content_type="text/plain", content_disposition="attachment; filename*=UTF-8''Pl%C3%A4ne.txt",
                         prefer="return=representation")
    assert added.status_code == 201 and added.headers["etag"] == (await beat.get(path)).headers["etag"]
    [line] = attached(added)
    assert [line.param(name) for name in ("MANAGED-ID", "FILENAME", "FMTTYPE", "SIZE")] == [added.headers["cal-managed-id"], "Pläne.txt", "text/plain", "8"]
    url = line.value.removeprefix("http://localhost:8000")
    got = await beat.get(url)
    assert (got.content, got.headers["content-type"], got.headers["content-disposition"]) == (b"one, two", "text/plain", "attachment")
    assert (await client(app, people.anna).get(url)).status_code == 404, "she doesn't see the event"
    async with httpx.AsyncClient(transport=app, base_url="http://localhost:8000") as nobody:
        asked = await nobody.get(url)
        assert asked.status_code == 401 and asked.headers["www-authenticate"].startswith("Basic")
        assert (await nobody.get(url, headers={"accept": "text/html"})).status_code == 303, "a person is led to the page that signs in"

    replaced = await attach(beat, path, f"action=attachment-update&managed-id={line.param('MANAGED-ID')}", b"three", content_type="text/plain")
    assert replaced.status_code == 204 and replaced.headers["cal-managed-id"] != line.param("MANAGED-ID")
    [now] = attached(await beat.get(path))
    assert (await beat.get(now.value)).content == b"three" and (await beat.get(url)).status_code == 404
    removed = await attach(beat, path, f"action=attachment-remove&managed-id={now.param('MANAGED-ID')}")
    assert removed.status_code == 204 and attached(await beat.get(path)) == []


async def test_a_file_of_one_instance(beat: Client, calendar: str) -> None:
    path = f"{calendar}daily.ics"
    await put(beat, path, ics(event("daily", "DTSTART;TZID=Europe/Zurich:20260601T100000", "RRULE:FREQ=DAILY;COUNT=3"), zone=ZONE))
    added = await attach(beat, path, "action=attachment-add&rid=20260602T080000Z", b"x", content_type="application/pdf")
    parts = parse((await beat.get(path)).text).within("VEVENT")
    assert [(part.value("RECURRENCE-ID"), len(part.all("ATTACH"))) for part in parts] == [(None, 0), ("20260602T100000", 1)]
    assert attached(await beat.get(path))[0].param("FILENAME") == "attachment.pdf"
    await attach(beat, path, "action=attachment-add&rid=M", b"y", content_type="application/pdf")
    assert [len(part.all("ATTACH")) for part in parse((await beat.get(path)).text).within("VEVENT")] == [1, 1]
    managed_id = added.headers["cal-managed-id"]
    assert condition(await attach(beat, path, f"action=attachment-remove&managed-id={managed_id}&rid=M")) == "cal:valid-rid-parameter"
    assert (await attach(beat, path, f"action=attachment-remove&managed-id={managed_id}")).status_code == 204
    assert [len(part.all("ATTACH")) for part in parse((await beat.get(path)).text).within("VEVENT")] == [1, 0]


async def test_what_can_not_be_attached(people: People, app: httpx.ASGITransport, beat: Client, calendar: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{calendar}files.ics"
    await put(beat, path, one("files"))
    before = (await beat.get(path)).text
    for query, wanted in (
        ("action=attachment-eat", "valid-action-parameter"), ("", "valid-action-parameter"), ("action=attachment-add&managed-id=x", "valid-managed-id-parameter"),
        ("action=attachment-update", "valid-managed-id-parameter"), ("action=attachment-remove&managed-id=nothing", "valid-managed-id-parameter"),
        ("action=attachment-add&rid=20300101T000000Z", "valid-rid-parameter"), ("action=attachment-add&rid=%00", "valid-rid-parameter"),
        ("action=attachment-update&managed-id=x&rid=M", "valid-rid-parameter"),
    ):
        assert condition(await attach(beat, path, query, b"x")) == f"cal:{wanted}", query
    assert (await attach(beat, path, "action=attachment-add", b"x", if_match='"old"')).status_code == 412
    monkeypatch.setattr("app.routes.dav.calendars.managed.MOST_BYTES", 10)
    assert condition(await attach(beat, path, "action=attachment-add", b"x" * 11)) == "cal:max-attachment-size"
    assert (await beat.get(path)).text == before
    monkeypatch.setattr("app.routes.dav.calendars.managed.MOST", 1)
    odd = await attach(beat, path, "action=attachment-add", b"x", content_disposition='attachment; filename="../../e/pass:wd"')
    assert odd.status_code == 201 and attached(await beat.get(path))[0].param("FILENAME") == ".._.._e_pass:wd"
    assert condition(await attach(beat, path, "action=attachment-add", b"x")) == "cal:max-attachments-per-resource"
    own = await Calendar.default_for(people.beat.id, people.beat.viewer.org_id)
    await sharing.share(people.beat.viewer, own, VIEW, account_id=people.chiara.id)
    await sharing.take(people.chiara.viewer, await Calendar.seen_by(people.chiara.viewer, own.id))
    chiara, seen = client(app, people.chiara), f"{home(people.chiara)}shared-{own.id}/files.ics"
    assert (await chiara.get(seen)).status_code == 200, seen
    assert (await attach(chiara, seen, "action=attachment-add", b"x")).status_code == 403


async def test_a_file_that_came_too_late_is_not_kept(people: People, beat: Client, calendar: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody changes the event while it is being sent: it would count for a month, and more with each try."""
    path = f"{calendar}files.ics"
    await put(beat, path, one("files"))

    async def slowly(*given: Any) -> Blob:
        await put(beat, path, one("files").replace("END:VEVENT", "SUMMARY:New\r\nEND:VEVENT"))
        return await receive(*given)

    monkeypatch.setattr("app.routes.dav.calendars.managed.receive", slowly)
    assert (await attach(beat, path, "action=attachment-add", b"late")).status_code == 412
    assert (await storage_of(people.beat.viewer.org_id, people.beat.id)).used == 0
    assert attached(await beat.get(path)) == []


@pytest.mark.parametrize("fold", ["\r\n ", "\r\n\t", "\n "])
async def test_a_file_that_is_named_no_more_is_not_given_out(beat: Client, calendar: str, fold: str) -> None:
    """However a program folds the line that names it."""
    path = f"{calendar}files.ics"
    await put(beat, path, one("files"))
    await attach(beat, path, "action=attachment-add", b"x")
    [line] = attached(await beat.get(path))
    folded = f"ATTACH:{line.value.replace('/attachments/', f'/attach{fold}ments/')}"
    await put(beat, path, one("files").replace("END:VEVENT", f"{folded}\r\nEND:VEVENT"))
    assert (await beat.get(line.value)).content == b"x"
    await put(beat, path, one("files"))
    assert (await beat.get(line.value)).status_code == 404
