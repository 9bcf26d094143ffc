"""WebDAV on Drive: RFC 4918 class 1 and 2, RFC 4331, RFC 6578, and the habits of the programs people use. litmus has the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app import database
from app.lib import blobs, clock
from app.models.drive import EDIT, VIEW, Node, create_drive, find_node, find_path, home_drive, remove, share, unshare
from app.models.drive.rights import grants_at, inherit
from app.models.drive.tables import ACCOUNT, TEAM
from app.models.drive.versions import versions_of
from app.models.team import Description, Team
from tests.dav import Client, client, condition, said, token
from tests.drive import content, file, folder
from tests.people import People

LOCK = "<d:lockinfo><d:lockscope><d:{scope}/></d:lockscope><d:locktype><d:write/></d:locktype><d:owner><d:href>mailto:beat@alpina.example</d:href></d:owner></d:lockinfo>"
HOME = "/dav/files/"


@pytest.fixture
def beat(people: People, app: httpx.ASGITransport) -> Client:
    return client(app, people.beat)


async def put(dav: Client, path: str, content: bytes | str = b"hello", **headers: str) -> httpx.Response:
    return await dav.request("PUT", path, content=content, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def names(dav: Client, path: str = HOME) -> list[str]:
    return sorted(one.href.removeprefix(path) for one in await dav.propfind(path, "d:resourcetype", depth="1") if one.href != path)


async def test_files_come_back_as_they_were(beat: Client) -> None:
    made = await put(beat, f"{HOME}report%20%C3%BC%23.txt", "Grüezi", x_oc_mtime="1700000000")
    assert made.status_code == 201 and made.headers["x-oc-mtime"] == "accepted"
    got = await beat.get(f"{HOME}report%20%C3%BC%23.txt")
    assert got.text == "Grüezi" and got.headers["etag"] == made.headers["etag"] and got.headers["last-modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert got.headers["content-disposition"] == "attachment" and "sandbox" in got.headers["content-security-policy"] and got.headers["x-content-type-options"] == "nosniff"
    [it] = await beat.propfind(f"{HOME}report%20%C3%BC%23.txt", "d:getcontentlength", "d:getetag", "d:getcontenttype", "d:displayname", "d:supportedlock")
    assert (it.text("d:getcontentlength"), it.text("d:getetag"), it.text("d:getcontenttype"), it.text("d:displayname")) == ("7", made.headers["etag"], "text/plain", "report ü#.txt")
    assert (await beat.get(f"{HOME}report%20%C3%BC%23.txt", headers={"if-none-match": made.headers["etag"]})).status_code == 304
    assert await names(beat) == ["report%20%C3%BC%23.txt"]


@pytest.mark.parametrize(
    ("asked", "status", "part", "content_range"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"), ("bytes=7-", 206, b"789", "bytes 7-9/10"), ("bytes=-2", 206, b"89", "bytes 8-9/10"), ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-", 416, None, "bytes */10"), ("bytes=-0", 416, None, "bytes */10"), ("bytes=4-2", 200, b"0123456789", None), ("bytes=0-1,3-4", 200, b"0123456789", None), ("lines=1-2", 200, b"0123456789", None),
    ],
)
async def test_parts_of_files(beat: Client, asked: str, status: int, part: bytes | None, content_range: str | None) -> None:
    etag = (await put(beat, f"{HOME}a", b"0123456789")).headers["etag"]
    got = await beat.get(f"{HOME}a", headers={"range": asked})
    assert (got.status_code, got.headers.get("content-range")) == (status, content_range)
    assert part is None or got.content == part
    assert (await beat.get(f"{HOME}a", headers={"range": "bytes=0-3", "if-range": etag})).content == b"0123"
    assert (await beat.get(f"{HOME}a", headers={"range": "bytes=0-3", "if-range": '"old"'})).content == b"0123456789"


async def test_writing_over_keeps_the_versions(people: People, beat: Client) -> None:
    first = (await put(beat, f"{HOME}a.txt", "one")).headers["etag"]
    second = await put(beat, f"{HOME}a.txt", "two", if_match=first)
    assert second.status_code == 204 and second.headers["etag"] != first
    assert (await put(beat, f"{HOME}a.txt", "three", if_match=first)).status_code == 412
    assert (await put(beat, f"{HOME}a.txt", "three", if_none_match="*")).status_code == 412
    races = await asyncio.gather(*(put(beat, f"{HOME}a.txt", f"race {number}", if_match=second.headers["etag"]) for number in range(5)))
    assert sorted(one.status_code for one in races) == [204] + [412] * 4
    # An editor writes beside the file and moves over it: it stays the same file.
    file = (await find_path(people.beat.viewer, await home_drive(people.beat.viewer), ["a.txt"])).node
    await put(beat, f"{HOME}.a.txt.swp", "from an editor")
    assert (await beat.ask("MOVE", f"{HOME}.a.txt.swp", destination=f"{HOME}a.txt")).status_code == 204
    again = (await find_path(people.beat.viewer, await home_drive(people.beat.viewer), ["a.txt"])).node
    assert again.id == file.id and len(await versions_of(again)) == 4 and (await beat.get(f"{HOME}a.txt")).text == "from an editor"
    assert await names(beat) == ["a.txt"]


async def test_new_files_at_the_same_moment(beat: Client) -> None:
    answers = await asyncio.gather(*(put(beat, f"{HOME}n.txt", f"{number}", if_none_match="*") for number in range(5)))
    assert sorted(one.status_code for one in answers) == [201] + [412] * 4
    answers = await asyncio.gather(*(put(beat, f"{HOME}m.txt", f"{number}") for number in range(5)))
    assert {one.status_code for one in answers} <= {201, 204} and await names(beat) == ["m.txt", "n.txt"]


async def test_names_that_no_device_could_keep(beat: Client) -> None:
    for name in ("CON", "aux.txt", "trailing.", "a%0Ab", "a%0Db", "%F0%9F%98%80" * 70):
        assert (await put(beat, HOME + name)).status_code == 403, name
        assert (await beat.ask("MKCOL", f"{HOME}{name}/")).status_code == 403, name
    await put(beat, f"{HOME}Caf%C3%A9.txt", "composed")
    assert (await put(beat, f"{HOME}Cafe%CC%81.txt", "decomposed")).status_code == 204, "the same name as macOS writes it"
    assert (await beat.get(f"{HOME}caf%C3%A9.TXT")).text == "decomposed" and await names(beat) == ["Caf%C3%A9.txt"]
    assert (await beat.ask("MOVE", f"{HOME}Caf%C3%A9.txt", destination=f"{HOME}CAF%C3%89.txt")).status_code in (201, 204)
    assert await names(beat) == ["CAF%C3%89.txt"], "a change of case is a change"
    for name in ("._a.txt", ".DS_Store", "desktop.ini"):
        assert (await put(beat, HOME + name)).status_code == 201, name


async def test_what_clients_note_of_a_file_has_limits(people: People, beat: Client) -> None:
    async def note(**values: str) -> dict[str, int]:
        given = "".join(f"<x:{name}>{value}</x:{name}>" for name, value in values.items())
        answer = await beat.ask("PROPPATCH", f"{HOME}a.txt", f"<d:propertyupdate><d:set><d:prop>{given}</d:prop></d:set></d:propertyupdate>")
        [it] = said(answer)
        assert not it.failed or b"quota-not-exceeded" in answer.content
        return it.failed

    await put(beat, f"{HOME}a.txt")
    assert await note(**{f"a{number}": "1" for number in range(100)}) == {}
    assert await note(a0="2") == {} and await note(b="1") == {"x:b": 507}
    [it] = await beat.propfind(f"{HOME}a.txt", "x:a0", "x:b")
    assert it.text("x:a0") == "2" and "x:b" in it.failed
    for number in range(100):
        gone = f"<d:remove><d:prop><x:a{number}/></d:prop></d:remove>"
        assert (await beat.ask("PROPPATCH", f"{HOME}a.txt", f"<d:propertyupdate>{gone}</d:propertyupdate>")).status_code == 207
    assert await note(long="ü" * 40_000) == {"x:long": 507}, "bytes count"
    assert await note(one="1" * 40_000) == {} and await note(two="2" * 40_000) == {"x:two": 507} and await note(one="3" * 50_000) == {}
    many = "".join(f"<x:a{number}/>" for number in range(101))
    made = await beat.ask("MKCOL", f"{HOME}b/", f"<d:mkcol><d:set><d:prop><d:resourcetype><d:collection/></d:resourcetype>{many}</d:prop></d:set></d:mkcol>")
    assert made.status_code == 403 and b"507" in made.content and (await beat.ask("PROPFIND", f"{HOME}b/")).status_code == 404


async def test_folders(people: People, beat: Client) -> None:
    assert (await beat.ask("MKCOL", f"{HOME}a/")).status_code == 201 and (await beat.ask("MKCOL", f"{HOME}a")).status_code == 405
    assert (await beat.ask("MKCOL", f"{HOME}x/y/")).status_code == 409
    await beat.ask("MKCOL", f"{HOME}a/b")
    await put(beat, f"{HOME}a/b/c.txt", "deep")
    await beat.ask("PROPPATCH", f"{HOME}a/b/c.txt", "<d:propertyupdate><d:set><d:prop><x:mark>7</x:mark></d:prop></d:set></d:propertyupdate>")
    assert (await beat.ask("COPY", f"{HOME}a/", destination=f"{HOME}copy/", depth="infinity")).status_code == 201
    assert (await beat.get(f"{HOME}copy/b/c.txt")).text == "deep"
    [it] = await beat.propfind(f"{HOME}copy/b/c.txt", "x:mark")
    assert it.text("x:mark") == "7", "with what clients noted"
    assert (await beat.ask("COPY", f"{HOME}a/", destination=f"{HOME}shallow/", depth="0")).status_code == 201 and await names(beat, f"{HOME}shallow/") == []
    for to, status in ((f"{HOME}a/b/inside/", 409), (f"{HOME}a/", 403), ("/dav/contacts/x/", 403), ("http://elsewhere.example/a/", 502)):
        assert (await beat.ask("MOVE", f"{HOME}a/", destination=to, depth="infinity")).status_code == status, to
    assert (await beat.ask("MOVE", f"{HOME}a/b/", destination=f"{HOME}copy/", depth="infinity", overwrite="F")).status_code == 412
    assert (await beat.ask("MOVE", f"{HOME}a/b/", destination=f"{HOME}copy/", depth="infinity")).status_code == 204
    assert await names(beat, f"{HOME}copy/") == ["c.txt"]
    assert (await beat.request("DELETE", f"{HOME}copy/")).status_code == 204 and (await beat.get(f"{HOME}copy/c.txt")).status_code == 404
    assert (await database.fetch_value("SELECT COUNT(*) FROM node WHERE trashed_at IS NOT NULL")) >= 2, "in the trash, where it can be taken back"
    assert (await beat.request("DELETE", HOME)).status_code == 403 and (await beat.get(HOME)).status_code == 405
    deep = await beat.ask("PROPFIND", HOME, depth="infinity")
    assert (deep.status_code, condition(deep)) == (403, "d:propfind-finite-depth")


async def test_locks_hold_until_they_end(people: People, app: httpx.ASGITransport, beat: Client) -> None:
    await beat.ask("MKCOL", f"{HOME}shared/")
    drive = await home_drive(people.beat.viewer)
    folder = await find_path(people.beat.viewer, drive, ["shared"])
    taken = await beat.ask("LOCK", f"{HOME}shared/new.docx", LOCK.format(scope="exclusive"), timeout="Second-600")
    assert taken.status_code == 201, "LOCK of nothing makes an empty file"
    held = taken.headers["lock-token"]
    assert "mailto:beat@alpina.example" in taken.text and "Second-" in taken.text
    assert (await put(beat, f"{HOME}shared/new.docx", "x")).status_code == 423
    assert (await put(beat, f"{HOME}shared/new.docx", "x", **{"if": f"({held})"})).status_code == 204
    assert (await put(beat, f"{HOME}shared/new.docx", "x", **{"if": "(<urn:uuid:0>)"})).status_code == 412
    assert (await put(beat, f"{HOME}shared/new.docx", "x", **{"if": "(broken"})).status_code == 400
    for method in ("DELETE", "PROPPATCH"):
        answer = await beat.ask(method, f"{HOME}shared/new.docx", "<d:propertyupdate/>" if method == "PROPPATCH" else "")
        assert (answer.status_code, condition(answer)) == (423, "d:lock-token-submitted"), method
    assert (await beat.request("DELETE", f"{HOME}shared/")).status_code == 423, "what is in it is locked"
    again = await beat.ask("LOCK", f"{HOME}shared/new.docx", LOCK.format(scope="shared"))
    assert (again.status_code, condition(again)) == (423, "d:no-conflicting-lock")
    assert (await beat.ask("LOCK", f"{HOME}shared/new.docx", **{"if": f"({held})", "timeout": "Second-1200"})).status_code == 200
    [it] = await beat.propfind(f"{HOME}shared/new.docx", "d:lockdiscovery")
    assert it.hrefs("d:lockdiscovery")[1] == held.strip("<>")
    # Somebody else, who may write there, can neither use the token nor take the lock away.
    other = await create_drive(people.anna.viewer, "shared", "Team")
    assert other.slug == "team"
    await share(people.beat.viewer, folder.node, ACCOUNT, people.chiara.id, EDIT)
    assert (await find_node(people.chiara.viewer, folder.node.id, EDIT)).can_edit
    anna, chiara = client(app, people.anna), client(app, people.chiara)
    await put(anna, "/dav/drives/team/plan.txt", "plan")
    mine = (await anna.ask("LOCK", "/dav/drives/team/plan.txt", LOCK.format(scope="exclusive"))).headers["lock-token"]
    assert (await put(chiara, "/dav/drives/team/plan.txt", "x", **{"if": f"({mine})"})).status_code == 423
    assert (await chiara.ask("UNLOCK", "/dav/drives/team/plan.txt", lock_token=mine)).status_code == 403
    wrong = await beat.ask("UNLOCK", f"{HOME}shared/new.docx", lock_token="<urn:uuid:0>")
    assert (wrong.status_code, condition(wrong)) == (409, "d:lock-token-matches-request-uri")
    with clock.at(clock.now() + 3 * clock.HOUR):
        assert (await put(beat, f"{HOME}shared/new.docx", "later")).status_code == 204, "it ended by itself"
    assert (await beat.ask("UNLOCK", f"{HOME}shared/new.docx", lock_token=held)).status_code == 204
    assert (await put(beat, f"{HOME}shared/new.docx", "y")).status_code == 204


async def test_a_lock_is_not_held_on_to_by_who_may_only_look_by_now(people: People, beat: Client) -> None:
    node = await file(people.anna, "plan.txt")
    await share(people.anna.viewer, node, "account", people.beat.id, EDIT)
    where = "/dav/drives/shared-with-me/plan.txt"
    held = f"({(await beat.ask('LOCK', where, LOCK.format(scope='exclusive'))).headers['lock-token']})"
    assert (await beat.request("LOCK", where, headers={"if": held})).status_code == 200
    await share(people.anna.viewer, node, "account", people.beat.id, VIEW)
    assert (await beat.request("LOCK", where, headers={"if": held})).status_code == 403


async def test_a_deep_lock_holds_below(beat: Client) -> None:
    await beat.ask("MKCOL", f"{HOME}a/")
    await put(beat, f"{HOME}a/b.txt")
    held = (await beat.ask("LOCK", f"{HOME}a/", LOCK.format(scope="exclusive"), depth="infinity")).headers["lock-token"]
    assert (await put(beat, f"{HOME}a/b.txt", "x")).status_code == 423 and (await put(beat, f"{HOME}a/new.txt", "x")).status_code == 423
    assert (await put(beat, f"{HOME}a/new.txt", "x", **{"if": f"<http://localhost:8000{HOME}a/> ({held})"})).status_code == 201
    assert (await beat.ask("MOVE", f"{HOME}a/b.txt", destination=f"{HOME}b.txt")).status_code == 423
    assert (await beat.ask("UNLOCK", f"{HOME}a/b.txt", lock_token=held)).status_code == 204, "asked of anything that it holds for"
    assert (await beat.ask("MOVE", f"{HOME}a/b.txt", destination=f"{HOME}b.txt")).status_code == 201


async def test_few_questions_are_asked_for_a_file(beat: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    await beat.ask("MKCOL", f"{HOME}a")
    await put(beat, f"{HOME}a/first.bin", "first")
    asked, engine, run = list[str](), database.engine(), database.engine().run

    async def counted(sql: str, *args: Any) -> Any:
        asked.append(sql)
        return await run(sql, *args)

    monkeypatch.setattr(engine, "run", counted)
    assert (await put(beat, f"{HOME}a/new.bin", "new")).status_code == 201
    assert len(asked) <= 13, asked
    asked.clear()
    assert (await put(beat, f"{HOME}a/new.bin", "other")).status_code == 204
    assert len(asked) <= 15, asked


async def test_quota(people: People, beat: Client) -> None:
    [it] = await beat.propfind(HOME, "d:quota-used-bytes", "d:quota-available-bytes")
    assert it.text("d:quota-used-bytes") == "0" and it.failed == {"d:quota-available-bytes": 404}, "no limit, nothing to say"
    await database.execute("UPDATE organisation SET storage_limit = 1000")
    await put(beat, f"{HOME}a", b"x" * 600)
    [it] = await beat.propfind(HOME, "d:quota-used-bytes", "d:quota-available-bytes")
    assert (it.text("d:quota-used-bytes"), it.text("d:quota-available-bytes")) == ("600", "400")

    async def chunked() -> object:
        for _ in range(100):
            yield b"x" * 10

    for body in (b"x" * 500, chunked()):
        answer = await beat.request("PUT", f"{HOME}b", content=body)
        assert (answer.status_code, condition(answer)) == (507, "d:quota-not-exceeded")
    assert await names(beat) == ["a"]


async def test_syncing_a_folder(beat: Client) -> None:
    body = "<d:sync-collection><d:sync-token>{}</d:sync-token><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"
    await put(beat, f"{HOME}a.txt")
    await put(beat, f"{HOME}b.txt")
    first = await beat.ask("REPORT", HOME, body.format(""))
    assert {one.href for one in said(first)} == {f"{HOME}a.txt", f"{HOME}b.txt"}
    await put(beat, f"{HOME}a.txt", "changed")
    await beat.ask("MOVE", f"{HOME}b.txt", destination=f"{HOME}c.txt")
    news = await beat.ask("REPORT", HOME, body.format(token(first)))
    assert {one.href: one.status for one in said(news)} == {f"{HOME}a.txt": None, f"{HOME}b.txt": 404, f"{HOME}c.txt": None}
    assert list(said(await beat.ask("REPORT", HOME, body.format(token(news))))) == []
    bad = await beat.ask("REPORT", HOME, body.format("urn:chalet:sync:n1:1"))
    assert (bad.status_code, condition(bad)) == (403, "d:valid-sync-token")


async def test_rights_hold_in_programs_too(people: People, app: httpx.ASGITransport, beat: Client) -> None:
    drive = await create_drive(people.anna.viewer, "shared", "Team")
    anna = client(app, people.anna)
    await put(anna, "/dav/drives/team/open.txt", "for all")
    await anna.ask("MKCOL", "/dav/drives/team/closed/")
    await put(anna, "/dav/drives/team/closed/secret.txt", "for few")
    from app.models.drive.rights import _put, inherit

    closed = (await find_path(people.anna.viewer, drive, ["closed"])).node
    await inherit(people.anna.viewer, closed, False)
    assert sorted(await names(beat, "/dav/drives/")) == ["files/", "shared-with-me/", "team/"]
    assert await names(beat, "/dav/drives/team/") == ["open.txt"], "what is closed to him isn't there"
    for method in ("PROPFIND", "GET", "PUT", "DELETE", "MKCOL", "LOCK"):
        answer = await beat.ask(method, "/dav/drives/team/closed/secret.txt", LOCK.format(scope="exclusive") if method == "LOCK" else "")
        assert answer.status_code in (404, 409), method
    await _put(people.anna.viewer, await Node.get(drive.root_id), "everyone", 0, VIEW, None)
    [it] = await beat.propfind("/dav/drives/team/", "d:current-user-privilege-set")
    assert "write" not in {one.tag.partition("}")[2] for one in it.found["d:current-user-privilege-set"].iter()}
    for method in ("PUT", "DELETE", "PROPPATCH", "LOCK"):
        answer = await beat.ask(method, "/dav/drives/team/open.txt", {"LOCK": LOCK.format(scope="exclusive"), "PROPPATCH": "<d:propertyupdate><d:set><d:prop><x:a/></d:prop></d:set></d:propertyupdate>"}.get(method, ""))
        assert answer.status_code == 403 or (method == "PROPPATCH" and next(said(answer)).failed), method
    assert (await put(beat, "/dav/drives/team/mine.txt")).status_code == 403
    assert (await beat.get("/dav/drives/team/open.txt")).text == "for all"
    assert (await beat.ask("MOVE", "/dav/drives/team/open.txt", destination="/dav/drives/files/open.txt")).status_code == 403
    assert (await beat.ask("COPY", "/dav/drives/team/open.txt", destination="/dav/drives/files/open.txt")).status_code == 201
    for outsider in (people.erik, people.gina):
        other = client(app, outsider)
        assert (await other.ask("PROPFIND", "/dav/drives/team/")).status_code == 404 and (await other.get("/dav/drives/team/open.txt")).status_code == 404
    assert (await client(app, people.gina).ask("PROPFIND", HOME)).status_code == 404, "guests have no drive"


async def test_what_is_shared_is_there_for_programs(people: People, app: httpx.ASGITransport, beat: Client) -> None:
    shared = "/dav/drives/shared-with-me/"
    plans, twin = await folder(people.anna, "Plans"), await folder(people.chiara, "plans")
    report = await file(people.anna, "report.txt", b"numbers", await folder(people.anna, "Closed"))
    await file(people.anna, "a.txt", b"plan", plans)
    assert await names(beat, shared) == []
    team = await Team.create(people.anna.viewer, Description("Planners"), [people.beat.id])
    await share(people.anna.viewer, plans.node, TEAM, team.id, EDIT)
    await share(people.chiara.viewer, twin.node, ACCOUNT, people.beat.id, VIEW)
    await share(people.anna.viewer, report, ACCOUNT, people.beat.id, EDIT)
    assert await names(beat, shared) == ["Plans/", f"plans~{twin.node.id}/", "report.txt"], "and nothing of what they lie in"
    # As the share says: in one he writes, in the other he reads.
    assert (await put(beat, f"{shared}Plans/b.txt", "mine")).status_code == 201 and await names(beat, f"{shared}Plans/") == ["a.txt", "b.txt"]
    assert (await beat.ask("MKCOL", f"{shared}Plans/deep/")).status_code == 201
    assert (await put(beat, f"{shared}Plans/deep/c.txt")).status_code == 201 and (await beat.request("DELETE", f"{shared}Plans/a.txt")).status_code == 204
    assert (await put(beat, f"{shared}plans~{twin.node.id}/b.txt")).status_code == 403
    assert (await put(beat, f"{shared}report.txt", "more numbers")).status_code == 204
    assert (await client(app, people.anna).get("/dav/files/Closed/report.txt")).text == "more numbers"
    [it] = await beat.propfind(f"{shared}report.txt", "d:current-user-privilege-set")
    assert any(one.tag == "{DAV:}write-content" for one in it.found["d:current-user-privilege-set"].iter())
    # It stays where it is and can be copied home; nothing is put beside it.
    for method, path, to in (
        ("DELETE", "Plans/", ""), ("DELETE", "report.txt", ""), ("MOVE", "report.txt", "/dav/drives/files/r.txt"), ("MOVE", "Plans/", f"{shared}Other/"),
        ("MOVE", "Plans/", f"{shared}plans~{twin.node.id}/in/"), ("MOVE", "Plans/b.txt", "/dav/drives/files/b.txt"), ("PUT", "new.txt", ""), ("MKCOL", "new/", ""),
    ):
        assert (await beat.ask(method, shared + path, depth="infinity", **({"destination": to} if to else {}))).status_code == 403, (method, path)
    assert (await beat.ask("COPY", f"{shared}Plans/", destination="/dav/drives/files/Plans/", depth="infinity")).status_code == 201
    # A lock holds however one comes to the file, and rights that end are gone.
    held = (await beat.ask("LOCK", f"{shared}report.txt", LOCK.format(scope="exclusive"))).headers["lock-token"]
    assert (await put(client(app, people.anna), "/dav/files/Closed/report.txt", "x")).status_code == 423
    assert (await put(beat, f"{shared}report.txt", "x", **{"if": f"({held})"})).status_code == 204
    [grant] = await grants_at(report.id)
    await unshare(people.anna.viewer, report, grant["id"])
    assert (await beat.get(f"{shared}report.txt")).status_code == 404
    assert await names(beat, shared) == ["Plans/", f"plans~{twin.node.id}/"]


async def test_a_guest_mounts_what_is_shared(people: People, app: httpx.ASGITransport) -> None:
    await people.gina.membership.grant("drive", "use")
    plans, gina = await folder(people.anna, "Plans"), client(app, people.gina)
    await file(people.anna, "a.txt", b"plan", plans)
    await share(people.anna.viewer, plans.node, ACCOUNT, people.gina.id, VIEW)
    assert await names(gina, "/dav/drives/") == ["shared-with-me/"] and await names(gina, "/dav/drives/shared-with-me/") == ["Plans/"]
    assert (await gina.get("/dav/drives/shared-with-me/Plans/a.txt")).text == "plan"
    assert (await put(gina, "/dav/drives/shared-with-me/Plans/a.txt")).status_code == 403


async def test_a_file_that_is_hidden_is_not_written_over(people: People, app: httpx.ASGITransport, beat: Client) -> None:
    place = await folder(people.anna, "project")
    node = await file(people.anna, "wages.txt", b"secret", place)
    await share(people.anna.viewer, place.node, "account", people.beat.id, EDIT)
    await inherit(people.anna.viewer, node, False)
    where = "/dav/drives/shared-with-me/project"
    await put(beat, f"{where}/mine.txt", b"mine")
    for answer in (
        await put(beat, f"{where}/wages.txt"), await beat.ask("MOVE", f"{where}/mine.txt", destination=f"{where}/wages.txt"),
        await beat.ask("COPY", f"{where}/mine.txt", destination=f"{where}/wages.txt"), await beat.delete(f"{where}/wages.txt"), await beat.ask("LOCK", f"{where}/wages.txt", LOCK.format(scope="exclusive")),
    ):
        assert 400 <= answer.status_code < 500, answer.status_code
    assert await content(node) == b"secret"
    assert (await beat.get(f"{where}/mine.txt")).content == b"mine"


async def test_odd_headers_are_ignored(beat: Client) -> None:
    for name, value in ((b"x-oc-mtime", "\u00b2".encode("latin-1")), (b"x-oc-mtime", b"9" * 5000), (b"x-expected-entity-length", "\u00b2".encode("latin-1")), (b"x-oc-mtime", b"-5")):
        answer = await beat.put("/dav/files/a.txt", content=b"1", headers=[(name, value)])
        assert answer.status_code in (201, 204), (name, value[:10], answer.status_code)


async def test_other_letters_of_the_same_name(beat: Client) -> None:
    await beat.ask("MKCOL", f"{HOME}dir/")
    await put(beat, f"{HOME}a.txt")
    for name, other in (("dir/", "DIR/"), ("a.txt", "A.txt")):
        assert (await beat.ask("COPY", HOME + name, depth="infinity", destination=HOME + other)).status_code == 403
        assert (await beat.ask("MOVE", HOME + name, depth="infinity", destination=HOME + other)).status_code == 204
    assert await names(beat) == ["A.txt", "DIR/"]


async def test_files_that_are_out_of_reach_are_told_of(beat: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_what: object) -> AsyncIterator[bytes]:
        raise blobs.OutOfReach("away")
        yield b""

    await put(beat, f"{HOME}a.txt")
    monkeypatch.setattr(type(blobs.store()), "stream", away)
    answer = await beat.get(f"{HOME}a.txt")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


async def test_a_sync_hears_no_names_of_what_is_hidden(people: People, beat: Client) -> None:
    place = await folder(people.anna, "project")
    hidden, shown = await file(people.anna, "wages.txt", parent=place), await file(people.anna, "plan.txt", parent=place)
    await share(people.anna.viewer, place.node, "account", people.beat.id, EDIT)
    await inherit(people.anna.viewer, hidden, False)
    where, body = "/dav/drives/shared-with-me/project/", "<d:sync-collection><d:sync-token>{}</d:sync-token><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"
    first = await beat.ask("REPORT", where, body.format(""))
    assert [one.href for one in said(first)] == [f"{where}plan.txt"]
    await remove(people.anna.viewer, [hidden.id, shown.id])
    assert [one.href for one in said(await beat.ask("REPORT", where, body.format(token(first))))] == [f"{where}plan.txt"]
