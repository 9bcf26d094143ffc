"""CardDAV as RFC 6352, 6578, 5689 and 3744 have it, through the app."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from app import database
from app.models.contacts import READ, WRITE, AddressBook, AddressBookAnswer, AddressBookShare
from tests.dav import Client, client, condition, said, token
from tests.people import People, Person

VCARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\nEMAIL;TYPE=work:{uid}@example.org\r\nX-ODD;X-P=\"a;b\":kept \r\n as it is\r\nEND:VCARD\r\n"
DATA = "<d:prop><d:getetag/><card:address-data/></d:prop>"


def vcard(uid: str, name: str = "Élodie Müller") -> str:
    return VCARD.format(uid=uid, name=name)


def home(person: Person) -> str:
    return f"/dav/contacts/{person.account.sync_name}/"


@pytest.fixture
def beat(people: People, app: httpx.ASGITransport) -> Client:
    return client(app, people.beat)


@pytest.fixture
async def book(people: People, beat: Client) -> str:
    """The address of Beat's book, found as a client finds it."""
    [me] = await beat.propfind(f"/dav/principals/{people.beat.account.sync_name}/", "card:addressbook-home-set")
    found = await beat.propfind(me.hrefs("card:addressbook-home-set")[0], "d:resourcetype", depth="1")
    return next(one.href for one in found if one.found["d:resourcetype"].find("{urn:ietf:params:xml:ns:carddav}addressbook") is not None)


async def put(client: Client, path: str, text: str, **headers: str) -> httpx.Response:
    return await client.request(
        "PUT", path, content=text.encode(),
        headers={"content-type": "text/vcard; charset=utf-8", **{name.replace("_", "-"): value for name, value in headers.items()}},
    )


async def sync(client: Client, path: str, since: str = "", limit: int = 0, props: str = "<d:getetag/>") -> httpx.Response:
    limits = f"<d:limit><d:nresults>{limit}</d:nresults></d:limit>" if limit else ""
    return await client.ask(
        "REPORT", path, f"<d:sync-collection><d:sync-token>{since}</d:sync-token><d:sync-level>1</d:sync-level>{limits}<d:prop>{props}</d:prop></d:sync-collection>"
    )


async def test_a_book_says_what_clients_ask(people: People, beat: Client, book: str) -> None:
    [it] = await beat.propfind(
        book, "d:displayname", "d:supported-report-set", "card:supported-address-data", "card:max-resource-size", "cs:getctag", "d:sync-token",
        "d:current-user-privilege-set", "d:owner", "d:acl", "card:supported-collation-set", "d:quota-used-bytes",
    )
    assert it.failed == {"d:quota-used-bytes": 404}
    assert it.text("d:displayname") == "Contacts" and it.hrefs("d:owner") == [f"/dav/principals/{people.beat.account.sync_name}/"]
    reports = {one.tag.partition("}")[2] for one in it.found["d:supported-report-set"].iter()}
    assert {"addressbook-query", "addressbook-multiget", "sync-collection"} <= reports
    assert [one.get("version") for one in it.found["card:supported-address-data"]] == ["3.0", "4.0"]
    assert {"write", "write-content", "bind", "unbind", "read"} <= {one.tag.partition("}")[2] for one in it.found["d:current-user-privilege-set"].iter()}
    options = await beat.ask("OPTIONS", book)
    assert "addressbook" in options.headers["dav"].split(", ")


async def test_the_first_book_is_there_for_who_never_listed_it(people: People, beat: Client) -> None:
    assert (await put(beat, f"{home(people.beat)}contacts/a.vcf", vcard("a"))).status_code == 201
    assert (await put(beat, f"{home(people.beat)}nothing/a.vcf", vcard("a"))).status_code == 409


async def test_what_a_client_stored_comes_back_as_it_was(beat: Client, book: str) -> None:
    path = f"{book}a%20%C3%BC%3B%26.vcf"
    made = await put(beat, path, vcard("u1"), if_none_match="*")
    assert made.status_code == 201 and made.headers["etag"].startswith('"')
    got = await beat.get(path)
    assert got.content == vcard("u1").encode() and got.headers["etag"] == made.headers["etag"]
    assert got.headers["content-type"] == "text/vcard; charset=utf-8" and "sandbox" in got.headers["content-security-policy"]
    assert (await beat.get(path, headers={"if-none-match": made.headers["etag"]})).status_code == 304
    assert (await beat.head(path)).headers["content-length"] == str(len(vcard("u1").encode()))
    [row] = [one for one in await beat.propfind(book, "d:getetag", "d:getcontenttype", "d:resourcetype", depth="1") if one.href != book]
    assert (row.href, row.text("d:getetag")) == (path, made.headers["etag"]) and not len(row.found["d:resourcetype"])
    [found] = await beat.report(book, f"<card:addressbook-multiget>{DATA}<d:href>{path}</d:href></card:addressbook-multiget>")
    assert (found.found["card:address-data"].text or "") == vcard("u1"), "with its CRLFs"
    replaced = await put(beat, path, vcard("u1", "New"), if_match=made.headers["etag"])
    assert replaced.status_code == 204 and replaced.headers["etag"] != made.headers["etag"]
    assert (await beat.request("DELETE", path, headers={"if-match": made.headers["etag"]})).status_code == 412
    assert (await beat.request("DELETE", path, headers={"if-match": f'"other", {replaced.headers["etag"]}'})).status_code == 204
    assert (await beat.get(path)).status_code == 404 == (await beat.request("DELETE", path)).status_code


async def test_a_lost_race_changes_nothing(beat: Client, book: str) -> None:
    path = f"{book}a.vcf"
    first = (await put(beat, path, vcard("u1"))).headers["etag"]
    assert (await put(beat, path, vcard("u1"), if_none_match="*")).status_code == 412
    answers = await asyncio.gather(*(put(beat, path, vcard("u1", f"Name {number}"), if_match=first) for number in range(6)))
    assert sorted(answer.status_code for answer in answers) == [204] + [412] * 5
    assert (await put(beat, f"{book}none.vcf", vcard("u2"), if_match="*")).status_code == 412
    news = await asyncio.gather(*(put(beat, f"{book}new.vcf", vcard("u3", f"Name {number}"), if_none_match="*") for number in range(6)))
    assert sorted(answer.status_code for answer in news) == [201] + [412] * 5


async def test_cards_that_are_refused(beat: Client, book: str) -> None:
    assert (await put(beat, f"{book}a.vcf", vcard("u1"))).status_code == 201
    taken = await put(beat, f"{book}b.vcf", vcard("u1"))
    assert (taken.status_code, condition(taken)) == (409, "card:no-uid-conflict") and f"<d:href>{book}a.vcf</d:href>" in taken.text
    refused = {
        "two cards": vcard("u2") + vcard("u3"), "no end": vcard("u2").replace("END:VCARD", ""), "no name": "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u2\r\nEND:VCARD\r\n",
        "a calendar": "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "nothing": " ", "NUL": vcard("u2", "a\0b"),
    }
    for why, text in refused.items():
        answer = await put(beat, f"{book}c.vcf", text)
        assert (answer.status_code, condition(answer)) == (403, "card:valid-address-data"), why
    old = await put(beat, f"{book}c.vcf", vcard("u2").replace("VERSION:3.0", "VERSION:2.1"))
    assert (old.status_code, condition(old)) == (403, "card:supported-address-data")
    other = await put(beat, f"{book}c.vcf", "{}", content_type="application/json")
    assert (other.status_code, condition(other)) == (415, "card:supported-address-data")
    latin = await beat.request("PUT", f"{book}c.vcf", content=vcard("u2").encode("latin-1"), headers={"content-type": "text/vcard; charset=utf-8"})
    assert (latin.status_code, condition(latin)) == (403, "card:valid-address-data")
    told = await beat.request("PUT", f"{book}c.vcf", content=vcard("u2").encode("latin-1"), headers={"content-type": "text/vcard; charset=iso-8859-1"})
    assert told.status_code == 201 and (await beat.get(f"{book}c.vcf")).text == vcard("u2"), "what says its charset is understood"
    photo = vcard("u4").replace("END:", "PHOTO;ENCODING=b;TYPE=JPEG:" + "A" * 20_000_000 + "\r\nEND:")
    large = await put(beat, f"{book}d.vcf", photo)
    assert (large.status_code, condition(large)) == (413, "card:max-resource-size")
    for header in ({"content_encoding": "gzip"}, {"content_range": "bytes 0-1/2"}):
        assert (await put(beat, f"{book}d.vcf", vcard("u4"), **header)).status_code in (400, 415)
    assert (await put(beat, book, vcard("u4"))).status_code == 405
    assert (await put(beat, f"{book}x/y.vcf", vcard("u4"))).status_code == 409
    assert len(await beat.propfind(book, "d:getetag", depth="1")) == 3


async def test_a_hundred_megabytes_are_cut_off_early(beat: Client, book: str) -> None:
    sent = 0

    async def endless() -> object:
        nonlocal sent
        for _ in range(100):
            sent += 1_000_000
            yield b"x" * 1_000_000

    answer = await beat.request("PUT", f"{book}a.vcf", content=endless(), headers={"content-type": "text/vcard"})
    assert answer.status_code == 413 and sent <= 12_000_000
    announced = await beat.request("PUT", f"{book}a.vcf", content=b"", headers={"content-length": "100000000"})
    assert announced.status_code == 413


async def test_syncing_by_what_changed(beat: Client, book: str) -> None:
    for number in range(5):
        await put(beat, f"{book}{number}.vcf", vcard(f"u{number}"))
    whole = await sync(beat, book)
    assert len(list(said(whole))) == 5
    since = token(whole)
    [it] = await beat.propfind(book, "d:sync-token")
    assert it.text("d:sync-token") == since
    assert list(said(await sync(beat, book, since))) == []
    await put(beat, f"{book}1.vcf", vcard("u1", "Changed"))
    await beat.request("DELETE", f"{book}2.vcf")
    await put(beat, f"{book}new.vcf", vcard("new"))
    await put(beat, f"{book}brief.vcf", vcard("brief"))
    await beat.request("DELETE", f"{book}brief.vcf")
    news = await sync(beat, book, since, props="<d:getetag/><card:address-data/>")
    found = {one.href.removeprefix(book): one for one in said(news)}
    assert {name: one.status for name, one in found.items()} == {"1.vcf": None, "2.vcf": 404, "new.vcf": None, "brief.vcf": 404}
    assert "Changed" in found["1.vcf"].text("card:address-data")
    assert list(said(await sync(beat, book, token(news)))) == []


async def test_syncing_piece_by_piece(beat: Client, book: str) -> None:
    for number in range(7):
        await put(beat, f"{book}{number}.vcf", vcard(f"u{number}"))
    seen: list[str] = []
    since, rounds = "", 0
    while True:
        answer = await sync(beat, book, since, limit=3)
        responses = list(said(answer))
        seen += [one.href for one in responses if one.href != book]
        since, rounds = token(answer), rounds + 1
        [*more] = [one for one in responses if one.href == book]
        if not more:
            break
        assert (more[0].status, more[0].error) == (507, "d:number-of-matches-within-limits")
        if rounds == 1:
            await put(beat, f"{book}0.vcf", vcard("u0", "Changed meanwhile"))
    assert rounds == 3 and len(seen) == 8 and seen.count(f"{book}0.vcf") == 2


async def test_sync_tokens_that_lead_nowhere(people: People, app: httpx.ASGITransport, beat: Client, book: str) -> None:
    await put(beat, f"{book}a.vcf", vcard("a"))
    good = token(await sync(beat, book))
    await beat.ask("MKCOL", f"{home(people.beat)}other/", "<d:mkcol><d:set><d:prop><d:resourcetype><d:collection/><card:addressbook/></d:resourcetype></d:prop></d:set></d:mkcol>")
    for path, since in ((book, "nonsense"), (book, good[:-1] + "999"), (f"{home(people.beat)}other/", good)):
        answer = await sync(beat, path, since)
        assert (answer.status_code, condition(answer)) == (403, "d:valid-sync-token"), since
    await put(beat, f"{book}b.vcf", vcard("b"))
    await database.execute("UPDATE address_book SET forgotten_modseq = modseq WHERE slug = 'contacts'")
    assert condition(await sync(beat, book, good)) == "d:valid-sync-token", "what was removed since is forgotten"
    assert (await beat.ask("REPORT", book, "<d:sync-collection><d:sync-token/><d:prop/></d:sync-collection>")).status_code == 400
    unknown = await beat.ask("REPORT", book, "<x:report/>")
    assert (unknown.status_code, condition(unknown)) == (403, "d:supported-report")


async def test_a_book_that_goes_during_a_sync(people: People, beat: Client) -> None:
    path = f"{home(people.beat)}passing/"
    kind = "<d:mkcol><d:set><d:prop><d:resourcetype><d:collection/><card:addressbook/></d:resourcetype><d:displayname>Passing</d:displayname></d:prop></d:set></d:mkcol>"
    assert (await beat.ask("MKCOL", path, kind)).status_code == 201
    await put(beat, f"{path}a.vcf", vcard("a"))
    since = token(await sync(beat, path))
    assert (await beat.request("DELETE", path)).status_code == 204
    for answer in (await sync(beat, path, since), await put(beat, f"{path}b.vcf", vcard("b")), await beat.get(f"{path}a.vcf")):
        assert answer.status_code in (404, 409)
    assert (await beat.ask("MKCOL", path, kind)).status_code == 201, "the address is free again"
    assert len(await beat.propfind(path, "d:getetag", depth="1")) == 1, "and the book there is another one"
    assert condition(await sync(beat, path, since)) == "d:valid-sync-token"


async def test_books_are_made_and_described(people: People, beat: Client, book: str) -> None:
    path = f"{home(people.beat)}0D7A-Family/"
    body = (
        "<d:mkcol><d:set><d:prop><d:resourcetype><d:collection/><card:addressbook/></d:resourcetype><d:displayname>Family</d:displayname>"
        "<card:addressbook-description xml:lang='en'>Near and far</card:addressbook-description><x:colour>red</x:colour></d:prop></d:set></d:mkcol>"
    )
    assert (await beat.ask("MKCOL", path, body)).status_code == 201
    [it] = await beat.propfind(path, "d:displayname", "card:addressbook-description", "x:colour")
    assert (it.text("d:displayname"), it.text("card:addressbook-description"), it.text("x:colour")) == ("Family", "Near and far", "red")
    assert (await beat.ask("MKCOL", path, body)).status_code == 405
    wrong = await beat.ask("MKCOL", f"{home(people.beat)}x/", "<d:mkcol><d:set><d:prop><d:resourcetype><d:collection/><cal:calendar/></d:resourcetype></d:prop></d:set></d:mkcol>")
    assert (wrong.status_code, condition(wrong)) == (403, "d:valid-resourcetype")
    plain = await beat.ask("MKCOL", f"{home(people.beat)}x/")
    assert (plain.status_code, condition(plain)) == (403, "d:valid-resourcetype")
    assert (await beat.ask("MKCOL", f"{home(people.beat)}x/", "<d:propfind/>")).status_code == 415
    assert (await beat.ask("MKCOL", f"{path}deeper/", body)).status_code == 403
    patched = await beat.ask(
        "PROPPATCH", path, "<d:propertyupdate><d:set><d:prop><d:displayname>Kin</d:displayname><x:a><x:b>1</x:b></x:a></d:prop></d:set><d:remove><d:prop><x:colour/></d:prop></d:remove></d:propertyupdate>"
    )
    assert list(next(said(patched)).found) == ["d:displayname", "x:a", "x:colour"]
    [it] = await beat.propfind(path, "d:displayname", "x:a", "x:colour")
    assert it.text("d:displayname") == "Kin" and it.found["x:a"][0].tag == "{http://example.org/ns}b" and it.failed == {"x:colour": 404}
    refused = await beat.ask(
        "PROPPATCH", path, "<d:propertyupdate><d:set><d:prop><d:displayname>No</d:displayname><d:getetag>x</d:getetag></d:prop></d:set></d:propertyupdate>"
    )
    assert next(said(refused)).failed == {"d:displayname": 424, "d:getetag": 403}
    [it] = await beat.propfind(path, "d:displayname")
    assert it.text("d:displayname") == "Kin", "all or nothing"
    assert (await beat.request("DELETE", book)).status_code == 403, "where new contacts go"
    assert (await beat.request("DELETE", home(people.beat))).status_code == 403


async def test_shared_books_and_what_one_may_do_in_them(people: People, app: httpx.ASGITransport, beat: Client, book: str) -> None:
    await put(beat, f"{book}a.vcf", vcard("a"))
    shared = await AddressBook.by_segment(people.beat.id, "contacts")
    share = await AddressBookShare.insert_new(book_id=shared.id, account_id=people.chiara.id, sole_key=f"a:{people.chiara.id}", level=READ, shared_by=people.beat.id, created_at=1)
    chiara = client(app, people.chiara)
    assert not [one for one in await chiara.propfind(home(people.chiara), "d:owner", depth="1") if "shared" in one.href], "not before it is accepted"
    await AddressBookAnswer.insert_new(book_id=shared.id, account_id=people.chiara.id, accepted_at=1)
    path = f"{home(people.chiara)}shared-{shared.id}/"
    [it] = await chiara.propfind(path, "d:displayname", "d:current-user-privilege-set", "d:owner")
    assert it.text("d:displayname") == "Contacts (Beat Keller)" and people.beat.account.sync_name not in it.hrefs("d:owner")[0]
    assert {one.tag.partition("}")[2] for one in it.found["d:current-user-privilege-set"].iter()} & {"write", "bind", "unbind"} == set()
    assert (await chiara.get(f"{path}a.vcf")).text == vcard("a")
    for answer in (await put(chiara, f"{path}a.vcf", vcard("a", "No")), await put(chiara, f"{path}b.vcf", vcard("b")), await chiara.request("DELETE", f"{path}a.vcf")):
        assert (answer.status_code, condition(answer)) == (403, "d:need-privileges")
    renamed = await chiara.ask("PROPPATCH", path, "<d:propertyupdate><d:set><d:prop><d:displayname>Mine</d:displayname></d:prop></d:set></d:propertyupdate>")
    assert next(said(renamed)).failed
    await chiara.ask("PROPPATCH", path, "<d:propertyupdate><d:set><d:prop><x:colour>blue</x:colour></d:prop></d:set></d:propertyupdate>")
    [hers], [his] = await chiara.propfind(path, "x:colour"), await beat.propfind(book, "x:colour")
    assert hers.text("x:colour") == "blue" and his.failed == {"x:colour": 404}, "each their own"
    await share.change(level=WRITE)
    assert (await put(chiara, f"{path}b.vcf", vcard("b"))).status_code == 201
    assert (await beat.get(f"{book}b.vcf")).status_code == 200
    assert (await chiara.request("DELETE", path)).status_code == 204, "she leaves it"
    assert (await chiara.ask("PROPFIND", path)).status_code == 404 and (await beat.get(f"{book}b.vcf")).status_code == 200
    for outsider in (people.david, people.erik, people.gina):
        other = client(app, outsider)
        for address in (path, book, home(people.beat), f"{home(outsider)}shared-{shared.id}/", f"{home(outsider)}{shared.slug}-x/"):
            assert (await other.ask("PROPFIND", address)).status_code == 404, (outsider.account.email, address)


async def test_multiget_over_what_is_there_and_what_is_not(beat: Client, book: str) -> None:
    await put(beat, f"{book}a.vcf", vcard("a"))
    asked = [f"{book}a.vcf", f"http://localhost:8000{book}a.vcf", f"{book}none.vcf", "/dav/elsewhere/x.vcf", "http://evil.example/x.vcf", f"{book}%2e%2e"]
    found = await beat.report(book, f"<card:addressbook-multiget>{DATA}{''.join(f'<d:href>{one}</d:href>' for one in asked)}</card:addressbook-multiget>")
    assert [one.href for one in found if one.status is None] == [f"{book}a.vcf"]
    assert {one.href for one in found if one.status == 404} == set(asked[2:])


async def test_queries_with_all_filters(beat: Client, book: str) -> None:
    cards = {
        "anna": "FN:Anna Ångström\r\nN:Ångström;Anna;;;\r\nEMAIL;TYPE=home:anna@example.org\r\nEMAIL;TYPE=work:aa@work.example\r\nNOTE:She said\\, \"hi\"; fol\r\n ded line\r\n",
        "bert": "FN:Bert Braun\r\nitem1.EMAIL;TYPE=HOME,PREF:bert@example.org\r\nitem1.X-ABLabel:Club\r\nTEL;TYPE=cell:+41 79 123 45 67\r\n",
        "carl": "FN:Carl Braun\r\nNICKNAME:annA\r\nTEL:123\r\n",
    }
    for uid, lines in cards.items():
        assert (await put(beat, f"{book}{uid}.vcf", f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\n{lines}END:VCARD\r\n")).status_code == 201

    async def names(filter_: str, more: str = "") -> str:
        found = await beat.report(book, f"<card:addressbook-query><d:prop><d:getetag/></d:prop>{filter_}{more}</card:addressbook-query>", depth="1")
        return " ".join(sorted(one.href.removeprefix(book).removesuffix(".vcf") for one in found if one.href != book))

    def prop(name: str, inner: str = "", test: str = "anyof") -> str:
        return f'<card:prop-filter name="{name}" test="{test}">{inner}</card:prop-filter>' if inner else f'<card:prop-filter name="{name}"/>'

    def match(sought: str, **attributes: str) -> str:
        said = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
        return f"<card:text-match{said}>{sought}</card:text-match>"

    def whole(*parts: str, test: str = "anyof") -> str:
        return f'<card:filter test="{test}">{"".join(parts)}</card:filter>'

    assert await names("<card:filter/>") == await names("") == "anna bert carl"
    assert await names(whole(prop("TEL"))) == "bert carl"
    assert await names(whole(prop("TEL", "<card:is-not-defined/>"))) == "anna"
    assert await names(whole(prop("FN", match("ÅNG")))) == "anna"
    assert await names(whole(prop("FN", match("åNG", collation="i;ascii-casemap")))) == ""
    assert await names(whole(prop("FN", match("braun", match_type="ends-with")))) == "bert carl"
    assert await names(whole(prop("FN", match("be", match_type="starts-with")))) == "bert"
    assert await names(whole(prop("FN", match("bert braun", match_type="equals")))) == "bert"
    assert await names(whole(prop("FN", match("braun", negate_condition="yes")))) == "anna"
    assert await names(whole(prop("FN", match("bert")), prop("NICKNAME", match("anna")))) == "bert carl"
    assert await names(whole(prop("FN", match("braun")), prop("EMAIL", match("example")), test="allof")) == "bert"
    assert await names(whole(prop("EMAIL", match("example.org") + '<card:param-filter name="TYPE">' + match("work", match_type="equals") + "</card:param-filter>", test="allof"))) == ""
    assert await names(whole(prop("EMAIL", '<card:param-filter name="TYPE">' + match("home", match_type="equals") + "</card:param-filter>"))) == "anna bert"
    assert await names(whole(prop("TEL", '<card:param-filter name="TYPE"><card:is-not-defined/></card:param-filter>'))) == "carl"
    assert await names(whole(prop("item1.EMAIL"))) == "bert" and await names(whole(prop("item2.EMAIL"))) == ""
    assert await names(whole(prop("NOTE", match('said, "hi"')))) == "anna" == await names(whole(prop("NOTE", match("folded"))))
    assert len((await names("<card:filter/>", "<card:limit><card:nresults>2</card:nresults></card:limit>")).split()) == 2
    limited = await beat.report(book, "<card:addressbook-query><d:prop><d:getetag/></d:prop><card:filter/><card:limit><card:nresults>2</card:nresults></card:limit></card:addressbook-query>")
    assert [one.error for one in limited if one.href == book] == ["d:number-of-matches-within-limits"]
    for inner, named in ((prop("FN", match("a", collation="i;klingon")), "card:supported-collation"), (prop("X") * 200, "card:supported-filter")):
        answer = await beat.ask("REPORT", book, f"<card:addressbook-query><d:prop/>{whole(inner)}</card:addressbook-query>")
        assert (answer.status_code, condition(answer)) == (403, named)


async def test_versions_are_agreed_on(beat: Client, book: str) -> None:
    four = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:four\r\nFN:Four\r\nEMAIL;PREF=1:four@example.org\r\nKIND:individual\r\nEND:VCARD\r\n"
    await put(beat, f"{book}3.vcf", vcard("three"))
    await put(beat, f"{book}4.vcf", four)
    assert (await beat.get(f"{book}4.vcf")).text == four, "as it was stored"
    assert "VERSION:3.0" in (await beat.get(f"{book}4.vcf", headers={"accept": "text/vcard; version=3.0"})).text
    assert "VERSION:4.0" in (await beat.get(f"{book}3.vcf", headers={"accept": "text/vcard;version=4.0, */*;q=0.1"})).text
    assert (await beat.get(f"{book}3.vcf", headers={"accept": "text/vcard; version=5.0"})).status_code == 406

    async def data(attributes: str, inner: str = "") -> list[str]:
        found = await beat.report(
            book, f"<card:addressbook-multiget><d:prop><card:address-data {attributes}>{inner}</card:address-data></d:prop><d:href>{book}3.vcf</d:href><d:href>{book}4.vcf</d:href></card:addressbook-multiget>"
        )
        return [one.found["card:address-data"].text or "" for one in sorted(found, key=lambda one: one.href)]

    assert [text.split("\r\n")[1] for text in await data("")] == ["VERSION:3.0"] * 2, "RFC 6352 §10.4: 3.0 where nothing is said"
    asked = await data('content-type="text/vcard" version="4.0"')
    assert asked[1] == four and asked[0].split("\r\n")[1] == "VERSION:4.0"
    assert (await data('version="3.0"'))[0] == vcard("three")
    parts = await data('version="4.0"', '<card:prop name="FN"/><card:prop name="EMAIL" novalue="yes"/>')
    assert parts[1] == "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Four\r\nEMAIL;PREF=1:\r\nEND:VCARD\r\n"
    xml = await beat.ask("REPORT", book, f'<card:addressbook-multiget><d:prop><card:address-data content-type="application/vcard+xml"/></d:prop><d:href>{book}3.vcf</d:href></card:addressbook-multiget>')
    assert (xml.status_code, condition(xml)) == (403, "card:supported-address-data")


async def test_cards_are_copied_and_moved_between_books(people: People, beat: Client, book: str) -> None:
    other = f"{home(people.beat)}other/"
    await beat.ask("MKCOL", other, "<d:mkcol><d:set><d:prop><d:resourcetype><d:collection/><card:addressbook/></d:resourcetype></d:prop></d:set></d:mkcol>")
    await put(beat, f"{book}a.vcf", vcard("a"))
    assert (await beat.ask("COPY", f"{book}a.vcf", destination=f"http://localhost:8000{other}copy.vcf")).status_code == 201
    assert (await beat.ask("COPY", f"{book}a.vcf", destination=f"{other}copy.vcf", overwrite="F")).status_code == 412
    assert (await beat.ask("COPY", f"{book}a.vcf", destination=f"{other}copy.vcf")).status_code == 204
    twice = await beat.ask("COPY", f"{book}a.vcf", destination=f"{book}b.vcf")
    assert (twice.status_code, condition(twice)) == (409, "card:no-uid-conflict")
    assert (await beat.ask("MOVE", f"{book}a.vcf", destination=f"{book}renamed.vcf")).status_code == 201
    assert (await beat.get(f"{book}renamed.vcf")).text == vcard("a") and (await beat.get(f"{book}a.vcf")).status_code == 404
    clash = await beat.ask("MOVE", f"{book}renamed.vcf", destination=f"{other}a.vcf")
    assert clash.status_code == 409 and (await beat.get(f"{book}renamed.vcf")).status_code == 200, "nothing is lost by a move that fails"
    assert (await beat.ask("MOVE", f"{book}renamed.vcf", destination=f"{other}copy.vcf")).status_code == 204
    for to, status in (("http://evil.example/x", 502), (f"{book}x/y.vcf", 409), ("/dav/files/a.vcf", 403), (f"{other}copy.vcf", 403)):
        assert (await beat.ask("MOVE", f"{other}copy.vcf", destination=to)).status_code == status, to


async def test_a_directory_is_looked_up_in_and_never_given_away(people: People, app: httpx.ASGITransport, beat: Client) -> None:
    [me] = await beat.propfind(f"/dav/principals/{people.beat.account.sync_name}/", "card:directory-gateway")
    [path] = me.hrefs("card:directory-gateway")
    assert path not in [one.href for one in await beat.propfind(home(people.beat), "d:resourcetype", depth="1")], "no client syncs it by accident"
    [it] = await beat.propfind(path, "d:displayname", "d:resourcetype", "d:current-user-privilege-set", "d:sync-token")
    assert it.text("d:displayname") == "Directory of Alpina" and it.failed == {"d:sync-token": 404}
    query = '<card:addressbook-query><d:prop><d:getetag/><card:address-data/></d:prop><card:filter><card:prop-filter name="FN"><card:text-match>{}</card:text-match></card:prop-filter></card:filter></card:addressbook-query>'
    [found] = await beat.report(path, query.format("chia"))
    assert "FN:Chiara Dotti" in found.text("card:address-data")
    assert (await beat.get(found.href)).headers["etag"] == found.text("d:getetag")
    [again] = await beat.report(path, f"<card:addressbook-multiget>{DATA}<d:href>{found.href}</d:href></card:addressbook-multiget>")
    assert again.text("d:getetag") == found.text("d:getetag")
    assert await beat.report(path, query.format("gina")) == [], "guests aren't in it"
    for depth in ("1", "infinity"):
        assert (await beat.ask("PROPFIND", path, depth=depth)).status_code == 403
    assert (await sync(beat, path)).status_code == 403
    everything = await beat.report(path, "<card:addressbook-query><d:prop><d:getetag/></d:prop><card:filter/></card:addressbook-query>")
    assert [(one.href, one.error) for one in everything] == [(path, "d:number-of-matches-within-limits")]
    assert (await beat.get(path)).status_code == 405
    for answer in (await put(beat, found.href, vcard("x")), await put(beat, f"{path}x.vcf", vcard("x")), await beat.request("DELETE", found.href), await beat.request("DELETE", path)):
        assert answer.status_code == 403
    org_id = people.beat.organisation.id
    for outsider in (people.erik, people.gina):
        assert (await client(app, outsider).ask("PROPFIND", f"{home(outsider)}directory-{org_id}/")).status_code == 404


async def test_a_thousand_cards_in_one_answer(people: People, beat: Client, book: str) -> None:
    shelf = await AddressBook.by_segment(people.beat.id, "contacts")
    async with database.transaction():
        for number in range(1000):
            await shelf.put(people.beat.id, f"{number}.vcf", vcard(f"u{number}", f"Name {number}"))
    assert len(await beat.propfind(book, "d:getetag", depth="1")) == 1001
    packed = await beat.ask("PROPFIND", book, "<d:propfind><d:prop><card:address-data/></d:prop></d:propfind>", depth="1", accept_encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip" and len(list(said(packed))) == 1001
