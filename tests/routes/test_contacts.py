"""Contacts over HTTP: lists, cards, forms, sharing and directories, and what nobody gets who shouldn't."""

from __future__ import annotations

import re

import httpx
import pytest

from app.access import NotFound, find_avatar
from app.jobs.runner import drain
from app.lib.vcard import read_card
from app.models.chat import Message
from app.models.chat.direct import between
from app.models.contacts import AddressBook, Contact
from tests.conftest import browser
from tests.models.calendar.test_scheduling import meeting
from tests.people import People, Person
from tests.pictures import photo, written

HTMX = {"hx-request": "true"}
PANEL = {**HTMX, "hx-target": "aside#detail"}
LIST = {**HTMX, "hx-target": "div#contacts"}
DIALOG = {**HTMX, "hx-target": "dialog#dialog"}


async def book_of(person: Person) -> AddressBook:
    return await AddressBook.default_for(person.id, person.organisation.id)


async def keep(person: Person, name: str, *lines: str, book: AddressBook | None = None) -> Contact:
    uid = name.lower().replace(" ", "-")
    text = "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", f"FN:{name}", *lines, "END:VCARD", ""])
    return await (book or await book_of(person)).put(person.id, f"{uid}.vcf", text)


async def undo(client: httpx.AsyncClient, answer: httpx.Response) -> int:
    (url,) = re.findall(r'"undo_url":"([^"]+)"', answer.headers["hx-trigger"])
    return (await client.post(url, headers=HTMX)).status_code


async def test_a_contact_is_made_edited_deleted_and_brought_back(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        assert "No contacts here yet" in (await anna.get("/contacts")).text
        bad = await anna.post("/contacts", data={"given": "Zoë", "email.0.value": "nonsense", "note.0.value": "typed <b>"}, headers=PANEL)
        assert bad.status_code == 422 and "This isn’t an email address" in bad.text and "typed &lt;b&gt;" in bad.text
        form = {
            "given": "Zoë", "family": "Zürcher", "email.0.value": "zoe@x.example", "email.0.label": "work", "phone.0.value": "044 312 12 12",
            "phone.0.label": "own", "phone.0.own": "Hut", "date.0.day": "29", "date.0.month": "2", "date.0.label": "birthday", "labels": "Friends, Alps",
        }
        assert (await anna.post("/contacts", data=form, headers=PANEL)).status_code == 200
        [contact] = await (await book_of(people.anna)).contacts()
        assert contact.name == "Zoë Zürcher" and contact.birthday == "--02-29"
        shown = (await anna.get(contact.url, headers=PANEL)).text
        assert "zoe@x.example" in shown and "Hut" in shown and "29 February" in shown and "Friends" in shown

        before = contact.vcard
        edit = (await anna.get(f"{contact.url}/edit", headers=PANEL)).text
        sent = dict(re.findall(r'name="([a-z]+\.\d+\.line)" value="(\d+)"', edit)) | form | {"etag": contact.etag, "family": "Meier", "shown": "Zoë Zürcher"}
        saved = await anna.post(contact.url, data=sent, headers=PANEL)
        assert saved.status_code == 200, saved.text
        after = (await Contact.get(contact.id)).vcard
        assert after == before.replace("FN:Zoë Zürcher", "FN:Zoë Meier").replace("N:Zürcher;", "N:Meier;")
        assert (await anna.post(contact.url, data=sent, headers=PANEL)).status_code == 422, "the card is no longer what the form was made of"
        assert await undo(anna, saved) < 300
        assert (await Contact.get(contact.id)).vcard == before

        gone = await anna.delete(contact.url, headers=HTMX)
        assert (await anna.get(contact.url)).status_code == 404
        assert await undo(anna, gone) < 300
        assert (await Contact.get(contact.id)).vcard == before


async def test_lists_are_narrowed_by_what_is_typed_and_go_on_in_pieces(app: httpx.ASGITransport, people: People) -> None:
    for number in range(65):
        await keep(people.anna, f"Person {number:02}", f"NOTE:number{number:02}")
    await keep(people.anna, "Zoë Zürcher", "CATEGORIES:Alps")
    async with browser(app, people.anna) as anna:
        first = (await anna.get("/contacts", headers=LIST)).text
        assert first.count("data-row") == 60 and 'href="/contacts?letter=Z"' in first
        (following,) = re.findall(r'hx-get="(/contacts\?after=[^"]+)"', first)
        rest = (await anna.get(following, headers={**HTMX, "hx-target": "div#contacts-more"})).text
        assert rest.count("data-row") == 6
        assert "Zoë" in (await anna.get("/contacts?letter=Z", headers=LIST)).text
        assert (await anna.get("/contacts?q=zur", headers=LIST)).text.count("data-row") == 1
        assert (await anna.get("/contacts?q=number07", headers=LIST)).text.count("data-row") == 1
        labelled = (await anna.get("/contacts?in=label:alps", headers=LIST)).text
        assert labelled.count("data-row") == 1 and 'value="label:Alps"' in labelled
        assert labelled.index('value="label:"') < labelled.index('value="label:Alps"'), "Enter presses the first button"
        assert "Nobody found" in (await anna.get("/contacts?q=xyz%25", headers=LIST)).text
        assert "Zoë" in (await anna.get("/contacts/print")).text
        for odd in ("book:1", "book:x", "nowhere", "label:", "group:99999999999999999999"):
            assert (await anna.get("/contacts", params={"in": odd})).status_code == 200, odd
        assert (await anna.get("/contacts?after=%00|9")).status_code in (200, 400)


async def test_several_are_moved_labelled_copied_and_deleted_with_undo(app: httpx.ASGITransport, people: People) -> None:
    one, two = await keep(people.anna, "One"), await keep(people.anna, "Two")
    ids = [str(one.id), str(two.id)]
    async with browser(app, people.anna) as anna:
        assert (await anna.post("/contacts/books", data={"name": "Work", "hue": "3"}, headers=DIALOG)).status_code == 200
        [first, work] = await AddressBook.all_for(people.anna.id)

        async def change(what: str) -> httpx.Response:
            answer = await anna.post("/contacts/changes", data={"ids": ids, "change": what}, headers=HTMX)
            assert answer.status_code == 200, answer.text
            return answer

        async def state() -> list[tuple[str, str, str]]:
            return sorted([(book.name, contact.name, contact.vcard) for book in (first, work) for contact in await book.contacts()])

        begin = await state()
        for what in (f"move:{work.id}", "label:Alps & more", f"copy:{work.id}", "delete:"):
            answer = await change(what)
            assert await state() != begin, what
            assert await undo(anna, answer) < 300, what
            assert await state() == begin, what
        assert (await anna.post("/contacts/changes", data={"ids": ids, "change": "fly:"}, headers=HTMX)).status_code == 404
        assert (await anna.post("/contacts/changes", data={"change": "delete:"}, headers=HTMX)).status_code >= 400
        file = await anna.post("/contacts/export", data={"ids": ids})
        assert file.headers["content-type"].startswith("text/vcard") and file.text.count("BEGIN:VCARD") == 2


async def test_a_book_is_exported_as_it_is_or_in_another_version(app: httpx.ASGITransport, people: People) -> None:
    kept = await keep(people.anna, "Zoë", "N:Zoë;;;;", "X-ODD:kept", "TEL;TYPE=pref:1")
    book = await book_of(people.anna)
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat:
        whole = await anna.get(f"{book.url}/export")
        assert whole.text == kept.vcard and "attachment" in whole.headers["content-disposition"] and "nosniff" in whole.headers["x-content-type-options"]
        four = (await anna.get(f"{book.url}/export?version=4.0")).text
        assert "VERSION:4.0" in four and "TEL;PREF=1:1" in four and "X-ODD:kept" in four
        assert (await anna.get(f"{kept.url}/card")).text == kept.vcard
        for path in (f"{book.url}/export", f"{kept.url}/card", kept.url, book.url, f"{kept.url}/photo"):
            assert (await beat.get(path)).status_code == 404, path


async def test_a_book_is_shared_accepted_and_withdrawn(app: httpx.ASGITransport, people: People) -> None:
    kept = await keep(people.anna, "Zoë")
    book = await book_of(people.anna)
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat, browser(app, people.erik) as erik:
        shared = await anna.post(f"{book.url}/shares", data={"people": [str(people.beat.id), str(people.gina.id), str(people.erik.id)], "level": "1"}, headers=DIALOG)
        assert shared.status_code == 200 and "Beat Keller" in shared.text and "Gina" not in shared.text and "Erik" not in shared.text
        assert "shares the address book" in (await beat.get("/notifications")).text
        assert (await beat.get(kept.url)).status_code == 404, "not before it is accepted"
        assert "Anna Alpha" in (await beat.get(f"{book.url}/offer", headers=DIALOG)).text
        assert (await erik.get(f"{book.url}/offer")).status_code == 404
        assert (await beat.post(f"{book.url}/answer", headers=HTMX)).status_code == 200
        assert "Zoë" in (await beat.get(book.url)).text
        assert (await beat.get(f"{kept.url}/edit", headers=PANEL)).status_code >= 400, "he reads only"
        assert (await beat.delete(kept.url, headers=HTMX)).status_code >= 400
        assert (await beat.get(f"{book.url}/sharing", headers=DIALOG)).status_code == 404
        [share] = re.findall(rf"{book.url}/shares/(\d+)", (await anna.get(f"{book.url}/sharing", headers=DIALOG)).text)[:1]
        await anna.post(f"{book.url}/shares/{share}", data={"level": "2"}, headers=DIALOG)
        assert (await beat.get(f"{kept.url}/edit", headers=PANEL)).status_code == 200
        left = await beat.delete(f"{book.url}/answer", headers=HTMX)
        assert (await beat.get(kept.url)).status_code == 404
        assert await undo(beat, left) < 300
        await anna.post(f"{book.url}/shares/{share}", data={"level": "0"}, headers=DIALOG)
        assert (await beat.get(kept.url)).status_code == 404


async def test_a_directory_shows_members_and_gives_nothing_but_single_cards(app: httpx.ASGITransport, people: People) -> None:
    org, anna = people.anna.organisation.id, people.anna.membership.id
    async with browser(app, people.beat) as beat, browser(app, people.erik) as erik, browser(app, people.gina) as gina:
        page = (await beat.get(f"/contacts/directories/{org}")).text
        assert "Directory of Alpina" in page and "Anna Alpha" in page and "Gina" not in page
        assert "/export" not in page and "Advanced actions" not in page
        assert "Anna" in (await beat.get(f"/contacts/people/{anna}", headers=PANEL)).text
        for way in (f"/contacts/directories/{org}/export", f"/contacts/directories/{org}/card", f"/contacts/books/{org}/export"):
            assert (await beat.get(way)).status_code == 404, way
        members = [str(one.membership.id) for one in (people.anna, people.chiara)]
        assert (await beat.post("/contacts/export", data={"ids": members})).status_code >= 400
        assert (await beat.get(f"/contacts/people/{anna}/edit")).status_code == 404
        assert (await beat.post(f"/contacts/people/{anna}", data={"given": "X"})).status_code in (404, 405)
        card = read_card((await beat.get(f"/contacts/people/{anna}/card")).text)
        assert card.value("FN") == "Anna Alpha"
        copied = await beat.post(f"/contacts/people/{anna}/copies", data={"book": ""}, headers=HTMX)
        assert [one.name for one in await (await book_of(people.beat)).contacts()] == ["Anna Alpha"]
        assert await undo(beat, copied) < 300
        assert (await beat.post(f"/contacts/people/{anna}/favourite", headers=HTMX)).status_code == 200
        assert "Anna Alpha" in (await beat.get("/contacts?in=favourites")).text
        for stranger in (erik, gina):
            assert (await stranger.get(f"/contacts/directories/{org}")).status_code == 404
            assert (await stranger.get(f"/contacts/people/{anna}/card")).status_code == 404


async def test_somebody_with_an_account_can_be_written_to(app: httpx.ASGITransport, people: People) -> None:
    kept = await keep(people.anna, "Beat at home", "EMAIL:Beat@Alpina.example")
    other = await keep(people.anna, "Somebody", "EMAIL:erik@nordlicht.example")
    async with browser(app, people.anna) as anna:
        assert f'name="account_id" value="{people.beat.id}"' in (await anna.get(kept.url, headers=PANEL)).text
        assert f'data-person="{people.beat.id}"' in (await anna.get("/contacts", headers=LIST)).text
        assert "/chat/direct" not in (await anna.get(other.url, headers=PANEL)).text, "another organisation's member"


async def test_a_photo_is_cut_and_put_into_the_card(app: httpx.ASGITransport, people: People) -> None:
    kept = await keep(people.anna, "Zoë")
    async with browser(app, people.anna) as anna:
        bad = await anna.post(f"{kept.url}/photo", files={"picture": ("x.png", b"no picture")}, headers=HTMX)
        assert bad.status_code >= 400
        changed = await anna.post(f"{kept.url}/photo", files={"picture": ("x.png", written(photo(40, 30)))}, data={"crop_left": "0", "crop_top": "0", "crop_side": "1"}, headers=HTMX)
        assert changed.status_code == 200
        shown = await anna.get(f"{kept.url}/photo")
        assert shown.headers["content-type"] == "image/webp" and "sandbox" in shown.headers["content-security-policy"]
        assert "PHOTO;ENCODING=b;TYPE=JPEG:" in (await Contact.get(kept.id)).vcard
        assert await undo(anna, changed) < 300
        assert (await anna.get(f"{kept.url}/photo")).status_code == 404


@pytest.mark.parametrize("path", ["/contacts", "/contacts/new", "/contacts/side", "/contacts/print", "/contacts/books/new"])
async def test_guests_have_no_contacts(app: httpx.ASGITransport, people: People, path: str) -> None:
    async with browser(app, people.gina) as gina:
        assert (await gina.get(path)).status_code == 404


async def test_events_and_mails_find_whom_one_types(app: httpx.ASGITransport, people: People) -> None:
    await keep(people.anna, "Anna Outside", "EMAIL;TYPE=work:anna@out.example", "EMAIL:anna2@out.example")
    async with browser(app, people.anna) as anna:
        found = (await anna.get("/contacts/addressees?q=ann")).text
        assert re.findall(r'data-email="([^"]+)"', found) == ["anna@alpina.example", "anna@out.example", "anna2@out.example"]


async def test_a_file_is_brought_in_and_taken_back(app: httpx.ASGITransport, people: People) -> None:
    file = b"BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=ISO-8859-1:M\xfcller;J\xf6rg\nTEL;CELL:1\nEND:VCARD\n"
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat:
        assert (await anna.post("/contacts/import", data={"book": ""})).status_code == 422
        assert "neither a vCard nor a table" in (await anna.post("/contacts/import", files={"file": ("x.vcf", b"hello")})).text
        sent = await anna.post("/contacts/import", files={"file": ("old.vcf", file)})
        url = sent.headers["location"]
        preview = (await anna.get(url)).text
        assert "Jörg Müller" in preview and "Import 1 contact" in preview
        for method, path in (("GET", url), ("POST", f"{url}/start"), ("POST", f"{url}/stop"), ("DELETE", url)):
            assert (await beat.request(method, path)).status_code == 404
        assert (await anna.post(f"{url}/start")).status_code == 303
        await drain()
        shown = (await anna.get(url)).text
        assert "Take all of it back" in shown
        [contact] = await (await book_of(people.anna)).contacts()
        assert contact.name == "Jörg Müller" and "TEL;TYPE=CELL:1" in contact.vcard
        (back,) = re.findall(r'action="(/activity/\d+/undo)"', shown)
        assert (await anna.post(back, headers=HTMX)).status_code < 300
        assert await (await book_of(people.anna)).contacts() == []
        table = await anna.post("/contacts/import", files={"file": ("t.csv", b"Vorname;Nachname\nA;B\n")})
        mapped = await anna.post(f"{table.headers['location']}/mapping", data={"column.0": "family", "column.1": "given"})
        assert mapped.status_code == 303 and "B A" in (await anna.get(table.headers["location"])).text


async def test_two_cards_are_made_one_on_a_page(app: httpx.ASGITransport, people: People) -> None:
    one, two = await keep(people.anna, "Zoë Meier", "EMAIL:z@x.example"), await keep(people.anna, "Zoe Meier", "NOTE:second")
    async with browser(app, people.anna) as anna:
        page = (await anna.get("/contacts/duplicates")).text
        assert "Same name" in page and "Zoe Meier" in page
        chosen = await anna.post("/contacts/changes", data={"ids": [str(one.id), str(two.id)], "change": "merge:"})
        form = await anna.get(chosen.headers["location"])
        assert "second" in form.text and "z@x.example" in form.text
        data = {"ids": [str(one.id), str(two.id)], "kept": str(one.id), "given": "Zoë", "family": "Meier", "email.0.value": "broken"}
        assert (await anna.post("/contacts/duplicates/merge", data=data, headers=HTMX)).status_code == 422
        merged = await anna.post("/contacts/duplicates/merge", data={**data, "email.0.value": "z@x.example", "note.0.value": "second"}, headers=HTMX)
        assert [contact.name for contact in await (await book_of(people.anna)).contacts()] == ["Zoë Meier"]
        assert await undo(anna, merged) < 300
        assert len(await (await book_of(people.anna)).contacts()) == 2
        assert (await anna.get("/contacts/duplicates/merge?ids=1")).status_code >= 400
        await anna.post("/contacts/duplicates/apart", data={"ids": [str(one.id), str(two.id)]}, headers=HTMX)
        assert "Nobody is here twice" in (await anna.get("/contacts/duplicates")).text


async def test_contacts_are_found_by_the_search_over_everything(app: httpx.ASGITransport, people: People) -> None:
    kept = await keep(people.anna, "Zoë Zürcher", "ORG:Alpina;Guides")
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat:
        assert f'href="{kept.url}"' in (await anna.get("/search?q=zurcher")).text
        assert f'href="{kept.url}"' in (await anna.get("/search/palette?q=zur", headers=HTMX)).text
        for path in ("/search?q=zurcher", "/search/palette?q=zur"):
            assert kept.url not in (await beat.get(path, headers=HTMX)).text


async def test_what_one_looked_at_is_listed_and_a_fetch_beforehand_is_not(app: httpx.ASGITransport, people: People) -> None:
    kept = await keep(people.anna, "Zoë")
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat:
        assert "hx-post" in (await anna.get(kept.url, headers=PANEL)).text
        assert "Nobody seen yet" in (await anna.get("/contacts?in=recent")).text
        assert (await anna.post(f"{kept.url}/visits", headers=HTMX)).status_code == 204
        assert (await anna.post(f"/contacts/people/{people.beat.membership.id}/visits", headers=HTMX)).status_code == 204
        seen = (await anna.get("/contacts?in=recent", headers=LIST)).text
        assert seen.index("Beat Keller") < seen.index("Zoë")
        assert (await beat.post(f"{kept.url}/visits", headers=HTMX)).status_code == 404


async def test_pictures_of_another_organisation_one_belongs_to_are_shown(app: httpx.ASGITransport, people: People) -> None:
    name = "a" * 64
    await people.erik.account.picture(name)
    with pytest.raises(NotFound):
        await find_avatar(people.anna.viewer, name)
    await people.erik.organisation.admit(people.anna.account)
    assert await find_avatar(people.anna.viewer, name) == name
    with pytest.raises(NotFound):
        await find_avatar(people.gina.viewer, name)


async def test_a_card_shows_shared_events_and_what_was_said(app: httpx.ASGITransport, people: People) -> None:
    card = await keep(people.anna, "B. Keller", "EMAIL:beat@alpina.example")
    await meeting(people.anna, "beat@alpina.example", title="Launch")
    await meeting(people.chiara, "beat@alpina.example", title="Secret launch")
    channel = await between(people.anna.viewer, [people.beat.id])
    await Message.post(channel, people.anna.viewer, "Are **you** in?")
    await Message.post(await between(people.chiara.viewer, [people.beat.id]), people.chiara.viewer, "Anna must not know")
    async with browser(app, people.anna) as anna, browser(app, people.david) as david:
        for url in (card.url, f"/contacts/people/{people.beat.membership.id}"):
            shown = (await anna.get(url, headers=PANEL)).text
            assert "Launch" in shown and "Are you in?" in shown and f"/chat/channels/{channel.id}/messages/" in shown
            assert "Secret" not in shown and "must not" not in shown
        shown = (await david.get(f"/contacts/people/{people.beat.membership.id}", headers=PANEL)).text
        assert "Beat Keller" in shown and "Shared events" not in shown and "Exchanges" not in shown
        own = (await anna.get(f"/contacts/people/{people.anna.membership.id}", headers=PANEL)).text
        assert "Shared events" not in own, "not all of one’s own events"


async def test_a_label_is_renamed_and_deleted_as_a_whole(app: httpx.ASGITransport, people: People) -> None:
    both = await keep(people.anna, "Both", "CATEGORIES:Kunden,Alps")
    await keep(people.anna, "One", "CATEGORIES:KUNDEN")
    of_beat = await keep(people.beat, "Theirs", "CATEGORIES:Kunden")
    async with browser(app, people.anna) as anna:
        assert 'value="Kunden"' in (await anna.get("/contacts/labels/edit?label=Kunden", headers=DIALOG)).text
        assert (await anna.post("/contacts/labels", data={"label": "Kunden", "name": " "}, headers=DIALOG)).status_code == 422
        renamed = await anna.post("/contacts/labels", data={"label": "Kunden", "name": "Alps"}, headers=DIALOG)
        assert renamed.status_code == 200, renamed.text
        assert (await Contact.get(both.id)).vcard == both.vcard.replace("Kunden,Alps", "Alps"), "two of one name are one"
        assert (await anna.get("/contacts?in=label%3Aalps", headers=LIST)).text.count("data-row") == 2
        assert await undo(anna, renamed) < 300
        assert (await Contact.get(both.id)).vcard == both.vcard
        deleted = await anna.delete("/contacts/labels?label=Kunden", headers=HTMX)
        assert read_card((await Contact.get(both.id)).vcard).value("CATEGORIES") == "Alps"
        assert await undo(anna, deleted) < 300
        assert (await Contact.get(of_beat.id)).vcard == of_beat.vcard
        assert (await anna.delete("/contacts/labels?label=Nobody", headers=HTMX)).status_code == 404
