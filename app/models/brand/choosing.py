"""Choosing a domain for an organisation's brand: who may, which ones, and for how long it can be tried."""

from __future__ import annotations

from app import database, live
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.lib.tokens import new_token
from app.models import audit
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.brand import addresses
from app.models.brand.proving import near, others_with
from app.models.brand.site import ACTIVE, WAITING, BrandSite, BrandTrial
from app.models.command import Command, undoes
from app.models.member.rights import own_role
from app.models.organisation import LEGAL, Organisation
from app.models.viewer import Viewer

TRIAL = 30 * clock.DAY
UNPROVEN_FOR = 30 * clock.DAY  # how long a domain waits to be proven
MOST_SITES = 20


class NotAvailable(Refused):
    """The domain can't be had."""


async def trial_of(org_id: int) -> BrandTrial | None:
    """The trial of an organisation, also one that is over."""
    row = await database.fetch_one("SELECT * FROM brand_trial WHERE org_id = $1", org_id)
    return BrandTrial.from_row(row) if row else None


async def may_brand(organisation: Organisation) -> bool:
    """Whether the plan includes a brand, or a trial is running (BRAND-02)."""
    if organisation.allows("custom_brand"):
        return True
    trial = await trial_of(organisation.id)
    return trial is not None and trial.ends_at > clock.now()


async def start_trial(viewer: Viewer) -> None:
    """Try it for free, once. Raises `Refused`."""
    async with database.transaction():
        await own_role(viewer)
        if await trial_of(viewer.org_id):
            raise Refused(_("Your organisation has tried it already. Whoever runs this server can add it to your plan."))
        await BrandTrial.insert_new(org_id=viewer.org_id, started_by=viewer.account_id, started_at=clock.now(), ends_at=clock.now() + TRIAL)
        await audit.record("brand.trial", viewer=viewer)


async def sites_of(org_id: int) -> list[BrandSite]:
    """An organisation's domains, oldest first."""
    rows = await database.fetch("SELECT * FROM brand_site WHERE org_id = $1 AND withdrawn_at IS NULL ORDER BY created_at, id", org_id)
    return [BrandSite.from_row(row) for row in rows]


async def site_seen_by(viewer: Viewer, site_id: int) -> BrandSite:
    """A domain of the organisation that the viewer administers. Raises `NotFound`."""
    if not viewer.is_admin:
        raise NotFound("administration")
    site = await BrandSite.find_own(site_id, org_id=viewer.org_id)
    if site.withdrawn_at is not None:
        raise NotFound(f"site {site_id}")
    return site


async def check_free(org_id: int, domain: str) -> None:
    """Raises `NotAvailable` where a domain is the server's own, the organisation's already, or proven by another. Whose it is isn't said."""
    if domain in addresses.web.own_hosts or addresses.web.own_hosts & set(addresses.hosts_of(domain)):
        raise NotAvailable(_("This is the address of the server itself. Choose a domain of your own."))
    if set(near(domain)) & {site.domain for site in await sites_of(org_id)}:
        raise NotAvailable(_("Your organisation uses this domain already."))
    if any(site.proof_lost_at is None for site in await others_with(org_id, domain)):
        why = _("This domain can’t be used here: it is already in use on this server. If it is yours, choose a subdomain such as my.%(domain)s.")
        raise NotAvailable(why % {"domain": domain})


async def choose(viewer: Viewer, domain: str) -> BrandSite:
    """“This web address suits me”: from now on the organisation can prove that a domain is theirs. Raises `Refused`."""
    async with Command.once(viewer, "brand.choose") as command:
        await own_role(viewer)
        await check_free(viewer.org_id, domain)
        others = await sites_of(viewer.org_id)
        if len(others) >= MOST_SITES:
            raise Refused(_("An organisation may have %(most)s domains. Remove one first.") % {"most": MOST_SITES})
        owner = await owner_of(viewer.org_id)
        site = await _insert(viewer, domain, owner.id if owner else viewer.account_id, is_first=not others)
        await audit.record("brand.choose", domain, viewer=viewer)
        _changed(site)
        command.done(result=site.id, what=domain, url="/manager/brand", inverse={"site": site.id})
    return site


async def owner_of(org_id: int) -> Account | None:
    """Who is told about the brand (MGR-09): the legal representative, of several the first."""
    row = await database.fetch_one(
        "SELECT a.* FROM membership m JOIN account a ON a.id = m.account_id"
        " WHERE m.org_id = $1 AND m.role = $2 AND m.ended_at IS NULL ORDER BY m.created_at, m.id LIMIT 1",
        org_id, LEGAL,
    )
    return Account.from_row(row) if row else None


async def _insert(viewer: Viewer, domain: str, owner_id: int, *, is_first: bool) -> BrandSite:
    """The same domain once for an organisation, also when two of its administrators choose it at once."""
    site = BrandSite(
        id=new_id(), org_id=viewer.org_id, domain=domain, state=WAITING, proof_token=new_token(18), owner_id=owner_id,
        created_at=clock.now(), is_default_for_org=is_first,
    )
    try:
        async with database.savepoint():
            await BrandSite.insert(site).run()
    except database.UniqueViolation:
        raise NotAvailable(_("Your organisation uses this domain already.")) from None
    return await BrandSite.get(site.id)


def _changed(site: BrandSite) -> None:
    """Have every process read the hosts anew, and every open page of the section."""
    if site.state == ACTIVE or site.activated_at is not None:
        live.broadcast_internal("hosts", None)
    announce("brand.changed", site.org_id)


@undoes("brand.choose")
async def _unchoose(viewer: Viewer, inverse: dict[str, int]) -> None:
    await own_role(viewer)
    site = await BrandSite.find_own(inverse["site"], org_id=viewer.org_id)
    if site.activated_at is not None:
        raise Refused(_("The addresses are in use by now. Remove the domain on its page."))
    await site.change(withdrawn_at=clock.now())
    await audit.record("brand.remove", site.domain, viewer=viewer)
    _changed(site)
