"""The audit log in the Manager and in one's own account."""

from __future__ import annotations

import csv
import hashlib
import io
import json

import httpx

from app import database
from app.lib import clock
from app.models.audit import record
from app.models.audit_search import check
from tests.conftest import browser
from tests.people import People

MONDAY = 1_794_787_200_000 + 12 * clock.HOUR


async def fill(people: People) -> None:
    anna = people.anna.viewer
    with clock.at(MONDAY):
        await record("account.name", "Beat Keller", viewer=anna, concerns=people.beat.id, before="Beat", after="=2+2")
    with clock.at(MONDAY + clock.DAY):
        await record("account.export", viewer=people.chiara.viewer, note="100%_done")
    await record("account.export", viewer=people.erik.viewer)


async def test_administrators_read_and_filter_it(app: httpx.ASGITransport, people: People) -> None:
    await fill(people)
    async with browser(app, people.anna) as anna:
        everything = (await anna.get("/manager/log")).text
        assert "Beat Keller" in everything and "Chiara Dotti &lt;chiara@" in everything and "Erik" not in everything
        rows = {"hx-target": "div#log", "hx-request": "true"}
        for query, finds in (
            ("text=keller", "Beat"), ("text=100%25_done", "Chiara"), ("text=nobody", "Nothing found"), ("kind=account.name", "Beat"), (f"actor={people.chiara.id}", "Chiara"),
            (f"concerns={people.beat.id}", "Beat"), ("since=2026-11-17", "Chiara"), ("until=2026-11-16", "Beat"),
        ):
            found = (await anna.get(f"/manager/log?{query}", headers=rows)).text
            assert finds in found and ("Beat" in found) != ("Chiara" in found or "Nothing found" in found), query
        assert (await anna.get("/manager/log?since=yesterday&actor=x&before=y&kind='")).status_code == 200
        shown = (await anna.get("/manager/log/1")).text
        assert "Beat → =2+2" in shown and "as it was written" in shown
        assert (await anna.get("/manager/log/99")).status_code == 404
    async with browser(app, people.beat) as beat:
        for path in ("/manager/log", "/manager/log/1"):
            assert (await beat.get(path)).status_code == 404
        assert (await beat.post("/manager/log/export", data={"format": "csv"})).status_code == 404
        assert (await beat.post("/manager/log/check")).status_code == 404


async def test_it_comes_page_by_page(app: httpx.ASGITransport, people: People) -> None:
    for number in range(70):
        await record("account.name", f"Number {number}.", viewer=people.anna.viewer)
    async with browser(app, people.anna) as anna:
        first = (await anna.get("/manager/log")).text
        assert "Number 69." in first and "Number 10." in first and "Number 9." not in first and "before=11" in first
        second = (await anna.get("/manager/log?before=11", headers={"hx-target": "li#log-more"})).text
        assert "Number 9." in second and "Number 0." in second and "before=" not in second and "<html" not in second


async def test_it_is_exported_as_a_table_and_as_lines_that_prove_themselves(app: httpx.ASGITransport, people: People) -> None:
    await fill(people)
    async with browser(app, people.anna) as anna:
        table = (await anna.post("/manager/log/export", data={"format": "csv", "concerns": str(people.beat.id)})).text
        rows = list(csv.DictReader(io.StringIO(table.lstrip("\ufeff"))))
        assert [row["subject"] for row in rows] == ["Beat Keller"] and rows[0]["at"] == "2026-11-16T12:00:00Z"
        answer = await anna.post("/manager/log/export", data={"format": "jsonl"})
        lines = [json.loads(line) for line in answer.text.splitlines()]
    assert "attachment" in answer.headers["content-disposition"]
    assert [line["kind"] for line in lines] == ["account.name", "account.export", "log.export", "log.export"]
    previous = "0" * 64
    for line in lines:  # as docs/your-data.md says
        content = [previous, *(line[name] for name in ("id", "org_id", "position", "kind", "actor_id", "actor", "subject", "concerns_id", "address", "facts", "created_at"))]
        assert hashlib.sha256(json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest() == line["hash"]
        previous = line["hash"]


async def test_a_table_has_no_formulas(app: httpx.ASGITransport, people: People) -> None:
    await record("account.name", "=cmd()", viewer=people.anna.viewer)
    async with browser(app, people.anna) as anna:
        table = (await anna.post("/manager/log/export", data={"format": "csv"})).text
    assert "'=cmd()" in table


async def test_verifying_says_how_many_hold_and_where_it_breaks(app: httpx.ASGITransport, people: People) -> None:
    await fill(people)
    async with browser(app, people.anna) as anna:
        assert "Not verified yet" in (await anna.get("/manager/log")).text
        assert "chain of 2 entries holds" in (await anna.post("/manager/log/check")).text
        await database.execute("UPDATE audit_head SET position = 7 WHERE id = $1", people.anna.viewer.org_id)
        assert "hold at entry 3" in (await anna.post("/manager/log/check")).text
        assert "hold at entry 3" in (await anna.get("/manager/log")).text
    assert (await check(people.erik.viewer.org_id)).broken_at is None


async def test_each_person_sees_what_concerns_them(app: httpx.ASGITransport, people: People) -> None:
    await fill(people)
    async with browser(app, people.beat) as beat, browser(app, people.chiara) as chiara, browser(app, people.gina) as gina:
        assert "anna@alpina.example" in (await beat.get("/account/log")).text
        theirs = (await chiara.get("/account/log")).text
        assert "You" in theirs and "Beat" not in theirs
        assert "Nothing yet" in (await gina.get("/account/log")).text
