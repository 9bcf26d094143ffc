"""Domains of brands: prepared, watched, and mails about them."""

from __future__ import annotations

from typing import Any

from app.jobs import context, job
from app.jobs.mail import send_mail
from app.lib.dns import Resolver
from app.lib.domains import shown_domain
from app.lib.locales import long_day
from app.mail import link_base
from app.models.account import Account
from app.models.brand import BrandSite, addresses, life
from app.models.brand.handing_over import prune_hand_overs
from app.models.brand.proving import proof_of
from app.models.organisation import Organisation


@job("prepare_brand")
async def prepare_brand(site_id: int) -> None:
    """Look at the records once more and switch the addresses on."""
    if site := await BrandSite.find(site_id):
        await life.prepare(site, Resolver(context.settings().dns_servers))


@job("watch_brands")
async def watch_brands() -> None:
    """Find domains whose records are ready, or went away; end trials; forget what is over."""
    await life.watch(Resolver(context.settings().dns_servers))
    await life.end_trials()
    await prune_hand_overs()


@job("mail_brand")
async def mail_brand(site_id: int, template: str, until: int = 0, **facts: Any) -> None:
    """To the account owner: something happened to a domain (BRAND-07, MGR-09)."""
    site = await BrandSite.find(site_id)
    owner = await Account.find(site.owner_id) if site and site.owner_id else None
    if site is None or owner is None:
        return
    settings = context.settings()
    base = link_base(settings, f"http://localhost:{settings.port}")
    proof = proof_of(site)
    if until:
        facts["until"] = long_day(until, (await Organisation.get(site.org_id)).timezone, owner.locale)
    await send_mail(
        template, owner.email, owner.name, owner.locale, of_org=site.org_id, domain=shown_domain(site.domain), base=base,
        urls=[addresses.origin_of(host) for host in addresses.open_hosts_of(site.domain)], manage_url=f"{base}/manager/brand", proof_name=proof.name,
        proof_value=proof.values[0], **facts,
    )
