"""What the tests of brands share: a server with a public address, its name server, and domains that are switched on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import msgspec

from app.edge import SECURE_COOKIE
from app.jobs.runner import drain
from app.lib import clock
from app.lib.dns import Resolver
from app.models.brand import BrandSite, life
from app.models.brand.addresses import open_hosts_of
from app.models.brand.choosing import choose
from app.models.brand.site import ACTIVE
from app.settings import Settings
from tests.conftest import running
from tests.name_server import NameServer, name_server
from tests.people import Person

BASE = "https://suite.chalet.test"


@asynccontextmanager
async def public_server(settings: Settings) -> AsyncIterator[tuple[httpx.ASGITransport, NameServer]]:
    """The suite at BASE, behind a proxy that it trusts, and the name server that it asks."""
    with name_server() as names:
        public = replace(settings, base_url=BASE, trusted_proxies=("127.0.0.9",), dns_servers=(names.address,))
        async with running(public) as transport:
            yield transport, names


def visitor(app: httpx.ASGITransport, person: Person | None = None, origin: str = BASE) -> httpx.AsyncClient:
    """A browser behind the proxy, at any host."""
    headers = {"sec-fetch-site": "same-origin", "accept": "text/html", "accept-language": "en", "x-forwarded-proto": "https", "x-forwarded-for": "198.51.100.4"}
    cookies = {SECURE_COOKIE.decode(): person.token} if person else {}
    return httpx.AsyncClient(transport=app, base_url=origin, headers=headers, cookies=cookies)


async def active_site(person: Person, names: NameServer, domain: str = "alpina.test") -> BrandSite:
    """A domain of this administrator's organisation, proven and switched on."""
    site = await choose(person.viewer, domain)
    names.points(domain, site.proof_token)
    await life.look(site, Resolver((names.address,)))
    await drain()
    return await BrandSite.get(site.id)


async def active_now(site: BrandSite) -> BrandSite:
    """A domain as if its records had been found and it had been prepared."""
    findings = msgspec.json.encode([{"name": host, "kind": "HOST", "state": "ok", "found": []} for host in open_hosts_of(site.domain)]).decode()
    await site.change(state=ACTIVE, verified_at=clock.now(), activated_at=clock.now(), checked_at=clock.now(), findings=findings)
    return site
