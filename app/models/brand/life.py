"""The life of a domain: proven by the DNS, prepared, active, switched off and on again, removed."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from app import database, live
from app.lib import clock
from app.lib.dns import MISSING, OK, WRONG, Finding, Resolver, Wanted
from app.lib.domains import is_local
from app.lib.i18n import _
from app.models import audit
from app.models.announcements import announce
from app.models.base import Refused
from app.models.brand import addresses
from app.models.brand.choosing import UNPROVEN_FOR, check_free
from app.models.brand.proving import TAKEN, any_stands, give_way, leave, mail_owner, note_proof, others_with, proof_of, tell
from app.models.brand.site import ACTIVE, DISABLED, PREPARING, WAITING, BrandSite
from app.models.command import Command, undoes
from app.models.job import Job
from app.models.member.rights import own_role
from app.models.viewer import Viewer

CHECK_AGAIN = 4 * clock.SECOND  # the DNS isn't asked more often than this


async def records(site: BrandSite, resolver: Resolver) -> list[Wanted]:
    """What has to stand in the DNS of a domain: the proof, and each address that leads somewhere."""
    web = addresses.web
    ours = web.addresses or (await resolver.addresses(web.host) if web.host else ())
    return [proof_of(site), *(Wanted(host, "HOST", ours, web.host) for host in addresses.open_hosts_of(site.domain))]


async def look(site: BrandSite, resolver: Resolver) -> BrandSite:
    """Ask the DNS, keep what it says, and begin the preparation when everything is right. Asked again at once, what was found stands.

    Names that only mean something on this machine have no records to look at.
    """
    if is_local(site.domain) or (site.checked_at is not None and site.checked_at > clock.now() - CHECK_AGAIN):
        return site
    findings = await resolver.check(await records(site, resolver))
    others = await others_with(site.org_id, site.domain) if site.state == WAITING and _all_right(findings) else []
    if others and await any_stands(others, resolver):
        findings[0] = replace(findings[0], state=TAKEN)
    async with database.transaction():
        fresh = await BrandSite.get(site.id)
        await _keep(fresh, findings)
        await note_proof(fresh, findings[0])
        if fresh.state == WAITING and fresh.withdrawn_at is None and _all_right(findings):
            await _begin(fresh, others)
    return fresh


async def look_at_holders(org_id: int, domain: str, resolver: Resolver) -> None:
    """Somebody wants a domain that another organisation has: look whether its proof stands, so that nobody has to wait for the watch."""
    for site in await others_with(org_id, domain):
        await look(site, resolver)


async def _begin(site: BrandSite, others: list[BrandSite]) -> None:
    """The proof stands: those who had the domain before, and whose proof is gone, give way, and it is prepared."""
    for other in others:
        if (fresh := await BrandSite.get(other.id)).withdrawn_at is None:
            await give_way(fresh)
    try:
        async with database.savepoint():
            await site.change(state=PREPARING, verified_at=clock.now(), proof_lost_at=None)
    except database.UniqueViolation:  # somebody else was faster by a moment: the next look says so
        site.state, site.verified_at = WAITING, None
        return
    await audit.record("brand.verify", site.domain, org_id=site.org_id)
    await Job.enqueue("prepare_brand", key=f"brand:{site.id}", org_id=site.org_id, site_id=site.id)
    tell(site)


def _all_right(findings: list[Finding]) -> bool:
    return all(one.state == OK for one in findings)


async def prepare(site: BrandSite, resolver: Resolver) -> None:
    """Look once more, then switch the addresses on in every process and tell the owner (BRAND-07)."""
    if site.state != PREPARING:
        return
    findings = await resolver.check(await records(site, resolver))
    async with database.transaction():
        fresh = await BrandSite.get(site.id)
        if fresh.state != PREPARING:
            return
        await _keep(fresh, findings)
        if not _all_right(findings):
            await fresh.change(state=WAITING, verified_at=None)
            announce("brand.changed", fresh.org_id)
            return
        await fresh.change(state=ACTIVE, activated_at=clock.now(), disabled_at=None)
        await audit.record("brand.activate", fresh.domain, org_id=fresh.org_id)
        await mail_owner(fresh, "brand-ready")
        tell(fresh)


async def disable(viewer: Viewer, site: BrandSite) -> Command:
    """Switch the addresses off (BRAND-08). The standard ones work on; whoever is on one of these is shown the way. Can be undone."""
    async with Command.once(viewer, "brand.disable") as command:
        await own_role(viewer)
        await _disable(viewer, await _current(site))
        command.done(result=site.id, what=site.domain, url="/manager/brand", inverse={"site": site.id})
    return command


async def reactivate(viewer: Viewer, site: BrandSite) -> Command:
    """Switch them on again (BRAND-09), without another preparation. Can be undone."""
    async with Command.once(viewer, "brand.reactivate") as command:
        await own_role(viewer)
        await _reactivate(viewer, await _current(site))
        command.done(result=site.id, what=site.domain, url="/manager/brand", inverse={"site": site.id})
    return command


async def remove(viewer: Viewer, site: BrandSite) -> Command:
    """Give a domain up. Can be undone as long as nobody else has taken it."""
    async with Command.once(viewer, "brand.remove") as command:
        await own_role(viewer)
        site = await _current(site)
        await leave(site)
        await site.change(withdrawn_at=clock.now(), is_default_for_org=False)
        await audit.record("brand.remove", site.domain, viewer=viewer)
        await mail_owner(site, "brand-removed", by=viewer.name)
        tell(site)
        command.done(result=site.id, what=site.domain, url="/manager/brand", inverse={"site": site.id})
    return command


async def make_default(viewer: Viewer, site: BrandSite) -> Command:
    """Let the links in the organisation's mails lead to this domain. Can be undone."""
    async with Command.once(viewer, "brand.default") as command:
        await own_role(viewer)
        before = await database.fetch_value("SELECT id FROM brand_site WHERE org_id = $1 AND is_default_for_org = TRUE AND withdrawn_at IS NULL", viewer.org_id)
        await _set_default(viewer, site)
        command.done(result=site.id, what=site.domain, url="/manager/brand", inverse={"site": before})
    return command


async def watch(resolver: Resolver) -> None:
    """Look after all domains: find those that became ready, warn of records that went away, let go of what isn't proven any more or never was."""
    for row in await database.fetch("SELECT * FROM brand_site WHERE withdrawn_at IS NULL AND state IN ($1, $2, $3)", WAITING, ACTIVE, DISABLED):
        site = BrandSite.from_row(row)
        if site.state == WAITING and max(site.created_at, site.proof_lost_at or 0) < clock.now() - UNPROVEN_FOR:
            await site.change(withdrawn_at=clock.now())
            await audit.record("brand.lapse", site.domain, org_id=site.org_id)
            announce("brand.changed", site.org_id)
            continue
        were_right = {one["name"] for one in site.found if one["state"] == OK}  # not that of an app which is new on this server
        fresh = await look(site, resolver)
        if site.state == fresh.state == ACTIVE and any(one["state"] in (MISSING, WRONG) and one["name"] in were_right for one in fresh.found[1:]):
            await mail_owner(fresh, "brand-records")


async def end_trials() -> None:
    """Switch off the brands whose trial is over, and tell the owner."""
    rows = await database.fetch(
        "SELECT s.* FROM brand_site s JOIN brand_trial t ON t.org_id = s.org_id JOIN organisation o ON o.id = s.org_id"
        " WHERE s.state = $1 AND s.withdrawn_at IS NULL AND t.ends_at <= $2 AND o.features IS NOT NULL AND o.features NOT LIKE $3",
        ACTIVE, clock.now(), "%custom_brand%",
    )
    for row in rows:
        site = BrandSite.from_row(row)
        async with database.transaction():
            await leave(site)
            await site.change(state=DISABLED, disabled_at=clock.now())
            await audit.record("brand.trial_over", site.domain, org_id=site.org_id)
            await mail_owner(site, "brand-trial-over")
            tell(site)


@live.topic("brand")
async def _may_hear(viewer: Viewer, id_: int) -> bool:
    return viewer.is_admin and viewer.org_id == id_


async def _current(site: BrandSite) -> BrandSite:
    fresh = await BrandSite.get(site.id)
    if fresh.withdrawn_at is not None:
        raise Refused(_("Somebody removed this domain meanwhile."))
    return fresh


async def _disable(viewer: Viewer, site: BrandSite) -> None:
    if site.state != ACTIVE:
        raise Refused(_("The addresses are switched off already."))
    await leave(site)
    await site.change(state=DISABLED, disabled_at=clock.now())
    await audit.record("brand.disable", site.domain, viewer=viewer)
    await mail_owner(site, "brand-disabled", by=viewer.name)
    tell(site)


async def _reactivate(viewer: Viewer, site: BrandSite) -> None:
    if site.state != DISABLED:
        raise Refused(_("The addresses are switched on already."))
    await site.change(state=ACTIVE, disabled_at=None)
    await audit.record("brand.reactivate", site.domain, viewer=viewer)
    await mail_owner(site, "brand-reactivated", by=viewer.name)
    tell(site)


async def _set_default(viewer: Viewer, site: BrandSite) -> None:
    await database.execute("UPDATE brand_site SET is_default_for_org = FALSE WHERE org_id = $1", viewer.org_id)
    await site.change(is_default_for_org=True)
    await audit.record("brand.default", site.domain, viewer=viewer)
    tell(site)


async def _keep(site: BrandSite, findings: list[Finding]) -> None:
    before = site.findings
    await site.change(findings=msgspec.json.encode(findings).decode(), checked_at=clock.now())
    if site.findings != before:
        announce("brand.changed", site.org_id)


@undoes("brand.disable")
async def _undo_disable(viewer: Viewer, inverse: dict[str, int]) -> None:
    await own_role(viewer)
    await _reactivate(viewer, await _current(await BrandSite.find_own(inverse["site"], org_id=viewer.org_id)))


@undoes("brand.reactivate")
async def _undo_reactivate(viewer: Viewer, inverse: dict[str, int]) -> None:
    await own_role(viewer)
    await _disable(viewer, await _current(await BrandSite.find_own(inverse["site"], org_id=viewer.org_id)))


@undoes("brand.default")
async def _undo_default(viewer: Viewer, inverse: dict[str, int | None]) -> None:
    await own_role(viewer)
    if inverse["site"] is None:
        await database.execute("UPDATE brand_site SET is_default_for_org = FALSE WHERE org_id = $1", viewer.org_id)
        return
    await _set_default(viewer, await _current(await BrandSite.find_own(inverse["site"], org_id=viewer.org_id)))


@undoes("brand.remove")
async def _undo_remove(viewer: Viewer, inverse: dict[str, int]) -> None:
    await own_role(viewer)
    site = await BrandSite.find_own(inverse["site"], org_id=viewer.org_id)
    await check_free(viewer.org_id, site.domain)
    await site.change(withdrawn_at=None)
    await audit.record("brand.choose", site.domain, viewer=viewer)
    tell(site)
