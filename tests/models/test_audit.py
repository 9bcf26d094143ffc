"""The audit log: nothing in it can be altered unseen."""

from __future__ import annotations

import asyncio

import pytest

from app import database
from app.commands.checks import FAIL, OK, Finding, _audit
from app.models import audit
from app.models.audit import AuditEntry, first_broken, record
from tests.people import People


@pytest.mark.usefixtures("app")
async def test_entries_form_a_chain_of_their_organisation(people: People) -> None:
    anna, beat = people.anna, people.beat
    await record("member.role", "Beat", viewer=anna.viewer, concerns=beat.id, before="user", after="admin")
    await record("sign-in.failed", "Beat", org_id=anna.viewer.org_id, concerns=beat.id)
    entries = await AuditEntry.after(anna.viewer.org_id, 0)
    assert [entry.position for entry in entries[-2:]] == [len(entries) - 1, len(entries)]
    assert anna.viewer.email in entries[-2].actor and entries[-1].actor == ""
    assert await first_broken(anna.viewer.org_id) is None


@pytest.mark.usefixtures("app")
async def test_two_writers_at_once_take_turns(people: People) -> None:
    viewer = people.anna.viewer
    await asyncio.gather(*(record("test", str(number), viewer=viewer) for number in range(12)))
    assert await first_broken(viewer.org_id) is None


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("sql", ["UPDATE audit_entry SET subject = 'x'", "DELETE FROM audit_entry"])
async def test_the_database_refuses_to_alter_entries(people: People, sql: str) -> None:
    await record("test", "one", viewer=people.anna.viewer)
    with pytest.raises(Exception, match="append-only"):
        await database.execute(sql)


@pytest.mark.usefixtures("app")
async def test_a_forged_entry_shows(people: People) -> None:
    org = people.anna.viewer.org_id
    for number in range(3):
        await record("test", str(number), viewer=people.anna.viewer)
    last = (await AuditEntry.after(org, 0))[-1]
    await database.execute(
        "INSERT INTO audit_entry (id, org_id, position, kind, actor, subject, address, facts, created_at, hash)"
        " VALUES ($1, $2, $3, 'test', '', 'slipped in', '', '{}', 0, $4)",
        last.id + 1, org, last.position + 1, "0" * 64,
    )
    assert await first_broken(org) == last.position + 1


@pytest.mark.usefixtures("app")
async def test_what_is_taken_off_the_end_shows(people: People) -> None:
    org = people.anna.viewer.org_id
    await record("test", "one", viewer=people.anna.viewer)
    await database.execute("UPDATE audit_head SET position = position + 1 WHERE id = $1", org)
    assert await first_broken(org) is not None


@pytest.mark.usefixtures("app")
async def test_the_doctor_reads_every_chain_and_names_where_one_breaks(people: People) -> None:
    for viewer in (people.anna.viewer, people.anna.viewer, people.erik.viewer):
        await record("test", "one", viewer=viewer)
    assert await _audit() == Finding(OK, "Audit log", "the chains of 3 entries hold")
    await database.execute("UPDATE audit_head SET position = position + 1 WHERE id = $1", people.anna.viewer.org_id)
    finding = await _audit()
    assert finding.level == FAIL and "that of Alpina breaks at entry 3" in finding.text and "Nordlicht" not in finding.text


def test_a_chain_begins_at_zero() -> None:
    assert set(audit.START) == {"0"}
