"""Manager > Custom Brand: from a domain to addresses that work, and off and on again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import msgspec
import pytest

from app import database
from app.jobs.brand import watch_brands
from app.jobs.runner import drain
from app.lib import clock
from app.lib.dns import Resolver
from app.models.brand import BrandSite, life
from app.models.brand.choosing import UNPROVEN_FOR, NotAvailable, choose, sites_of
from app.models.brand.proving import KEPT_FOR
from app.models.organisation import Organisation
from app.settings import Settings
from tests.brands import active_now, active_site, public_server, visitor
from tests.invitations import letters, text_of
from tests.name_server import NameServer
from tests.people import People, move_in

HTMX = {"hx-request": "true", "hx-target": "main#view"}


@dataclass
class World:
    """A public server with its people."""

    app: httpx.ASGITransport
    names: NameServer
    people: People
    settings: Settings


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    async with public_server(settings) as (app, names):
        yield World(app, names, await move_in(), settings)


def mails_to_anna(world: World) -> list[str]:
    return [str(one["subject"]) for one in letters(world.settings.data_dir, "anna@alpina.example")]


async def undo(client: httpx.AsyncClient, answer: httpx.Response) -> None:
    (url,) = re.findall(r'"undo_url":"([^"]+)"', answer.headers["hx-trigger"])
    assert (await client.post(url, headers=HTMX)).status_code == 200


async def test_from_a_domain_to_addresses_that_work(world: World) -> None:
    async with visitor(world.app, world.people.anna) as anna:
        assert "don’t have a domain yet" in (await anna.get("/manager/brand")).text
        offered = (await anna.get("/manager/brand/addresses?domain=https://Alpina.test/")).text
        assert all(f"{label}.alpina.test" in offered for label in ("login", "suite", "manager", "mail", "calendar", "contacts", "chat", "drive", "meet", "assistant"))
        assert "This web address suits me" in offered and 'href="https://mail.alpina.test' not in offered
        kept = await anna.post("/manager/brand", data={"domain": "alpina.test"})
        page = (await anna.get(kept.headers["location"])).text
        token = re.search(r"chalet-verify=([\w-]+)", page)
        assert token and "_chalet.alpina.test" in page and "suite.chalet.test" in page and "chat.alpina.test" in page
        early = await anna.post(f"{kept.headers['location']}/check")
        assert "Not there yet" in early.text
        assert (await anna.get("https://chat.alpina.test/")).status_code == 421, "nothing is served before the proof"
        world.names.points("alpina.test", token[1])
        await database.execute("UPDATE brand_site SET checked_at = 0")
        assert "being prepared" in (await anna.post(f"{kept.headers['location']}/check")).text
        await drain()
        assert "The addresses work" in (await anna.get("/manager/brand")).text
    assert mails_to_anna(world) == ["alpina.test is ready"]
    assert "https://chat.alpina.test" in text_of(letters(world.settings.data_dir, "anna@alpina.example")[0])
    async with visitor(world.app) as somebody:
        assert (await somebody.get("https://login.alpina.test/sign-in")).status_code == 200


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        ("co.uk", "ending"), ("127.0.0.1", "numbers"), ("localhost", "one machine"), ("", "fill this in"), ("suite.chalet.test", "server itself"),
        ("chalet.test", "server itself"), ("a b.ch", "spaces"), (f"{'a.' * 140}ch", "too long"),
    ],
)
async def test_what_can_not_be_used_is_refused_and_stays_in_the_field(world: World, domain: str, why: str) -> None:
    async with visitor(world.app, world.people.anna) as anna:
        for answer in (await anna.get("/manager/brand/addresses", params={"domain": domain}), await anna.post("/manager/brand", data={"domain": domain})):
            assert answer.status_code == 422 and why in answer.text
            assert not domain or f'value="{domain}"' in answer.text
    assert not await database.fetch("SELECT id FROM brand_site")


@pytest.mark.parametrize("domain", ["alpina.test", "ALPINA.test", "chat.alpina.test"])
async def test_a_domain_of_another_organisation_is_refused_without_naming_it(world: World, domain: str) -> None:
    await active_site(world.people.anna, world.names)
    async with visitor(world.app, world.people.erik) as erik:
        answer = await erik.post("/manager/brand", data={"domain": domain})
        assert answer.status_code == 422 and "already in use" in answer.text and "Alpina" not in answer.text.replace("ALPINA.test", "")
        assert (await erik.post("/manager/brand", data={"domain": "my.alpina.test"})).status_code == 303, "a subdomain is free"


async def test_waiting_for_a_proof_keeps_nobody_else_from_the_domain(world: World) -> None:
    squatter = await choose(world.people.erik.viewer, "alpina.test")
    mine = await active_site(world.people.anna, world.names)
    assert (await BrandSite.get(mine.id)).state == "active"
    await squatter.change(checked_at=0)
    await watch_brands()
    assert (await BrandSite.get(squatter.id)).state == "waiting"
    with pytest.raises(NotAvailable):
        await choose(world.people.anna.viewer, "alpina.test")


async def test_of_two_proofs_the_first_counts_and_the_page_says_what_to_do(world: World) -> None:
    later = await choose(world.people.erik.viewer, "alpina.test")
    await active_site(world.people.anna, world.names)
    world.names.zone.append(f'_chalet.alpina.test. 60 TXT "chalet-verify={later.proof_token}"')
    async with visitor(world.app, world.people.erik) as erik:
        answer = await erik.post(f"/manager/brand/{later.id}/check")
    assert "another organisation has proven this domain" in answer.text and "Alpina" not in answer.text
    assert (await BrandSite.get(later.id)).state == "waiting"


async def test_two_who_prove_a_domain_at_once_do_not_both_get_it(world: World) -> None:
    sites = [await choose(one.viewer, "alpina.test") for one in (world.people.anna, world.people.erik)]
    world.names.points("alpina.test", sites[0].proof_token)
    world.names.zone.append(f'_chalet.alpina.test. 60 TXT "chalet-verify={sites[1].proof_token}"')
    resolver = Resolver((world.names.address,))
    await asyncio.gather(*(life.look(site, resolver) for site in sites))
    assert sorted([(await BrandSite.get(site.id)).state for site in sites]) == ["preparing", "waiting"]


async def test_who_can_write_the_zone_has_the_domain(world: World) -> None:
    before = await active_site(world.people.anna, world.names)
    async with visitor(world.app, world.people.erik) as erik, visitor(world.app, world.people.beat) as beat:
        assert (await beat.get("https://chat.alpina.test/chat/channels")).status_code == 200
        await before.change(checked_at=0)
        world.names.zone = [line for line in world.names.zone if "TXT" not in line]
        kept = await erik.post("/manager/brand", data={"domain": "alpina.test"})
        assert kept.status_code == 303, "the proof is asked for at once, not at the next watch"
        later = (await sites_of(world.people.erik.organisation.id))[0]
        assert (await beat.get("https://chat.alpina.test/chat/channels")).status_code == 200, "until somebody proves it, it works on"
        world.names.points("alpina.test", later.proof_token)
        await erik.post(f"{kept.headers['location']}/check")
        await drain()
        assert (await BrandSite.get(later.id)).state == "active" and (await BrandSite.get(before.id)).withdrawn_at is not None
        moved = await beat.get("https://chat.alpina.test/chat/channels")
        assert moved.status_code == 303 and "/sign-in" in moved.headers["location"], "a session of Alpina is none at Nordlicht"
        assert "Nordlicht" in (await beat.get("https://login.alpina.test/sign-in")).text
    assert mails_to_anna(world) == ["alpina.test is ready", "The proof of alpina.test is gone", "alpina.test was let go"]


async def test_a_proof_that_is_gone_for_long_lets_the_domain_go_and_brings_it_back(world: World) -> None:
    site = await active_site(world.people.anna, world.names)
    proof = next(line for line in world.names.zone if "TXT" in line)
    world.names.zone.remove(proof)

    async def watched() -> BrandSite:
        await database.execute("UPDATE brand_site SET checked_at = 0")
        await watch_brands()
        await drain()
        return await BrandSite.get(site.id)

    assert (await watched()).state == "active"
    async with visitor(world.app, world.people.anna) as anna:
        assert "Put the TXT record below back by" in (await anna.get("/manager/brand")).text
    await site.change(proof_lost_at=clock.now() - KEPT_FOR - 1)
    world.names.failing = {"_chalet.alpina.test"}
    assert (await watched()).state == "active", "an error says nothing about the proof"
    world.names.failing = set()
    assert (await watched()).state == "waiting"
    async with visitor(world.app, world.people.anna) as anna:
        moved = await anna.get("https://chat.alpina.test/chat/channels")
        assert moved.headers["location"].startswith("https://suite.chalet.test/moved?"), "people are shown the way"
        assert "has to prove its domain anew" in (await anna.get(moved.headers["location"])).text
        assert "was missing for a week" in (await anna.get("/manager/brand")).text
    world.names.zone.append(proof)
    back = await watched()
    assert (back.state, back.proof_lost_at) == ("active", None)
    assert mails_to_anna(world) == ["alpina.test is ready", "The proof of alpina.test is gone", "alpina.test was let go", "alpina.test is ready"]


async def test_names_of_this_machine_have_no_records_to_watch(world: World) -> None:
    site = await active_now(await choose(world.people.anna.viewer, "alpina.localhost"))
    await site.change(checked_at=0)
    await watch_brands()
    await drain()
    fresh = await BrandSite.get(site.id)
    assert (fresh.state, fresh.proof_lost_at, fresh.checked_at) == ("active", None, 0) and mails_to_anna(world) == []
    async with visitor(world.app, world.people.anna) as anna:
        text = (await anna.get("/manager/brand")).text
        assert "This domain needs no records" in text and "Some records" not in text
        assert (await anna.post(f"/manager/brand/{site.id}/check")).status_code == 200


async def test_letters_that_imitate_are_shown_as_the_dns_spells_them(world: World) -> None:
    async with visitor(world.app, world.people.anna) as anna:
        text = (await anna.get("/manager/brand/addresses", params={"domain": "аpple.com"})).text
    assert "login.xn--pple-43d.com" in text and "mixes letters" in text and "login.аpple.com" not in text


async def test_records_say_what_is_wrong(world: World) -> None:
    site = await choose(world.people.anna.viewer, "alpina.test")
    world.names.zone = ["chat.alpina.test. 60 A 198.51.100.9", '_chalet.alpina.test. 60 TXT "google-site"', "suite.chalet.test. 60 A 203.0.113.7"]
    world.names.failing = {"login.alpina.test"}
    async with visitor(world.app, world.people.anna) as anna:
        text = (await anna.post(f"/manager/brand/{site.id}/check")).text
    for words in ("There is another text: google-site", "It leads to 198.51.100.9. It must lead here", "SERVFAIL", "Not there yet"):
        assert words in text, words


async def test_disabled_people_are_shown_the_way_and_on_again(world: World) -> None:
    site = await active_site(world.people.anna, world.names)
    async with visitor(world.app, world.people.anna) as anna, visitor(world.app, world.people.beat, "https://chat.alpina.test") as beat:
        assert (await beat.get("/chat")).status_code in (200, 303)
        answer = await anna.post(f"/manager/brand/{site.id}/closure", headers=HTMX)
        moved = await beat.get("/chat/channels")
        assert moved.status_code == 303 and moved.headers["location"].startswith("https://suite.chalet.test/moved?from=chat.alpina.test&next=%2Fchat%2Fchannels")
        words = (await beat.get(moved.headers["location"])).text
        assert "chat.alpina.test is switched off" in words and 'href="/chat/channels"' in words
        clicked = await beat.get("/chat/channels", headers={"hx-request": "true", "accept": "*/*"})
        assert clicked.headers["hx-redirect"].startswith("https://suite.chalet.test/moved?")
        assert (await beat.post("/chat/channels", data={"name": "x"})).status_code == 421, "what was written isn't taken"
        assert (await anna.get("/manager/brand")).status_code == 200, "standard addresses keep working"
        await undo(anna, answer)
        assert (await beat.get(moved.headers["location"])).headers["location"] == "https://chat.alpina.test/chat/channels", "it works again"
        assert (await beat.get("/chat")).status_code in (200, 303)
        assert (await anna.post(f"/manager/brand/{site.id}/closure")).status_code == 303
        assert "Reactivate" in (await anna.get("/manager/brand")).text
        assert (await anna.delete(f"/manager/brand/{site.id}/closure")).status_code == 303
    await drain()
    assert mails_to_anna(world) == [f"alpina.test {what}" for what in ("is ready", "was switched off", "was switched on again", "was switched off", "was switched on again")]
    kinds = [row["kind"] for row in await database.fetch("SELECT kind FROM audit_entry WHERE kind LIKE 'brand.%' ORDER BY position")]
    assert kinds == ["brand.choose", "brand.verify", "brand.activate", "brand.disable", "brand.reactivate", "brand.disable", "brand.reactivate"]


async def test_only_real_addresses_are_said_to_be_off(world: World) -> None:
    async with visitor(world.app) as somebody:
        assert (await somebody.get("/moved?from=evil.example&next=/")).status_code == 404


async def test_a_removed_domain_is_nobodys_and_comes_back_by_undo(world: World) -> None:
    site = await active_site(world.people.anna, world.names)
    async with visitor(world.app, world.people.anna) as anna, visitor(world.app) as somebody:
        answer = await anna.delete(f"/manager/brand/{site.id}", headers=HTMX)
        assert (await somebody.get("https://login.alpina.test/sign-in")).status_code == 421
        await undo(anna, answer)
        assert (await somebody.get("https://login.alpina.test/sign-in")).status_code == 200
        again = await anna.delete(f"/manager/brand/{site.id}", headers=HTMX)
        await active_site(world.people.erik, world.names)
        (url,) = re.findall(r'"undo_url":"([^"]+)"', again.headers["hx-trigger"])
        assert (await anna.post(url, headers=HTMX)).status_code == 422


async def test_without_the_plan_it_is_tried_for_a_while(world: World) -> None:
    await (await Organisation.get(world.people.anna.organisation.id)).change(features="")
    async with visitor(world.app, world.people.anna) as anna:
        assert "Try for free" in (await anna.get("/manager/brand")).text
        assert (await anna.post("/manager/brand", data={"domain": "alpina.test"})).status_code == 422
        await anna.post("/manager/brand/trial")
        assert "Which domain" in (await anna.get("/manager/brand")).text
        await active_site(world.people.anna, world.names)
        assert (await anna.post("/manager/brand/trial")).status_code == 422, "once"
        await database.execute("UPDATE brand_trial SET ends_at = $1", clock.now() - 1)
        await watch_brands()
        await drain()
        (site,) = [BrandSite.from_row(row) for row in await database.fetch("SELECT * FROM brand_site")]
        assert site.state == "disabled"
        assert (await anna.delete(f"/manager/brand/{site.id}/closure")).status_code == 422
    assert mails_to_anna(world)[-1] == "The trial of alpina.test is over"


async def test_domains_are_looked_after(world: World) -> None:
    site = await active_site(world.people.anna, world.names)
    idle = await choose(world.people.anna.viewer, "other.test")
    await idle.change(created_at=clock.now() - UNPROVEN_FOR - 1)
    await site.change(checked_at=0)
    world.names.zone = [line for line in world.names.zone if not line.startswith("chat.")]
    await watch_brands()
    await drain()
    assert mails_to_anna(world)[-1] == "The records of alpina.test have changed"
    assert (await BrandSite.get(idle.id)).withdrawn_at is not None
    assert (await BrandSite.get(site.id)).state == "active", "a DNS that hiccups switches nobody off"


async def test_a_new_app_on_the_server_is_no_record_that_went_away(world: World) -> None:
    site = await active_site(world.people.anna, world.names)
    world.names.zone = [line for line in world.names.zone if not line.startswith("chat.")]
    await site.change(checked_at=0, findings=msgspec.json.encode([one for one in site.found if one["name"] != "chat.alpina.test"]).decode())
    await watch_brands()
    await drain()
    assert mails_to_anna(world) == ["alpina.test is ready"]
    async with visitor(world.app, world.people.anna) as anna:
        text = (await anna.get("/manager/brand")).text
    assert "Some records are missing or not right" in text and "Add it, so that this address leads here" in text


async def test_what_went_wrong_between_proof_and_preparation_waits_again(world: World) -> None:
    site = await choose(world.people.anna.viewer, "alpina.test")
    await site.change(state="preparing")
    await life.prepare(site, Resolver((world.names.address,)))
    assert (await BrandSite.get(site.id)).state == "waiting"


async def test_others_find_nothing(world: World) -> None:
    site = await active_site(world.people.anna, world.names)
    for outsider in (world.people.erik, world.people.beat, world.people.gina):
        async with visitor(world.app, outsider) as client:
            assert (await client.get(f"/manager/brand/{site.id}")).status_code == 404
            assert (await client.post(f"/manager/brand/{site.id}/closure")).status_code == 404
            assert (await client.delete(f"/manager/brand/{site.id}")).status_code == 404
    assert (await BrandSite.get(site.id)).state == "active"
