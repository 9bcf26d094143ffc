"""Custom Brand: an organisation's own domain. Chosen, proven by the DNS, switched on, off and on again (BRAND-01 to -09, -20)."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath
from litestar.response import Response

from app.access import require_admin
from app.lib.dns import OK, Resolver
from app.lib.domains import Domain, DomainError, is_local, read_domain, shown_domain
from app.lib.forms import Field, FieldError, Form
from app.lib.i18n import _
from app.models.base import Refused
from app.models.brand import BrandSite, addresses, life
from app.models.brand.choosing import NotAvailable, check_free, choose, may_brand, owner_of, site_seen_by, sites_of, start_trial, trial_of
from app.models.brand.proving import KEPT_FOR
from app.models.brand.site import ACTIVE, DISABLED, WAITING
from app.models.organisation import Organisation
from app.models.viewer import Viewer
from app.render import fragment, page
from app.rooms import all_apps
from app.routes.manager import moved, wants


class DomainField(Field):
    """A domain, or an address of which the domain is taken."""

    def read(self, text: str) -> Domain:
        try:
            return read_domain(text, addresses.web.own_hosts)
        except DomainError as error:
            raise FieldError(str(error)) from error


class Choice(Form):
    """The domain to use."""

    domain = DomainField()


@get("/manager/brand", include_in_schema=False)
async def show_brand(request: Request) -> Response[bytes]:
    """How it begins; the domain, where there is one; or the list of them."""
    viewer = require_admin(request.state.viewer)
    organisation, sites = await Organisation.get(viewer.org_id), await sites_of(viewer.org_id)
    if not sites:
        return await _start(request, Choice(domain=""), organisation)
    if len(sites) == 1:
        return await _show(request, sites[0], is_only=True)
    return await page(request, "manager/brand_domains.html", sites=sites, shown=shown_domain, is_allowed=await may_brand(organisation))


@post("/manager/brand/trial", status_code=200, include_in_schema=False)
async def create_trial(request: Request) -> Response[bytes]:
    """Try for free (BRAND-02)."""
    await start_trial(require_admin(request.state.viewer))
    return moved(request, "/manager/brand", _("You can try Custom Brand for 30 days."))


@get("/manager/brand/new", include_in_schema=False)
async def new_domain(request: Request) -> Response[bytes]:
    """The form for a further domain."""
    viewer = require_admin(request.state.viewer)
    return await _start(request, Choice(domain=""), await Organisation.get(viewer.org_id))


@get("/manager/brand/addresses", include_in_schema=False)
async def show_addresses(request: Request) -> Response[bytes]:
    """The addresses that a domain would give (BRAND-03, BRAND-05)."""
    viewer = require_admin(request.state.viewer)
    organisation, form = await _allowed(viewer), Choice(request.query_params)
    if form.is_valid:
        try:
            await _check_free(request, form["domain"].name)
            return await page(request, "manager/brand_domain_addresses.html", domain=form["domain"], addresses=_given(form["domain"].name), form=form)
        except NotAvailable as taken:
            form.refuse("domain", str(taken))
    return await _start(request, form, organisation, 422)


@post("/manager/brand", status_code=200, include_in_schema=False)
async def create_domain(request: Request) -> Response[bytes]:
    """“This web address suits me” (BRAND-06)."""
    viewer = require_admin(request.state.viewer)
    organisation, form = await _allowed(viewer), Choice(await request.form())
    if form.is_valid:
        try:
            await _check_free(request, form["domain"].name)
            site = await choose(viewer, form["domain"].name)
            return moved(request, f"/manager/brand/{site.id}", _("Now prove that %(domain)s is yours.") % {"domain": form["domain"].shown})
        except Refused as error:
            form.refuse("domain", str(error))
    return await _start(request, form, organisation, 422)


@get("/manager/brand/{site_id:int}", include_in_schema=False)
async def show_domain(request: Request, site_id: FromPath[int]) -> Response[bytes]:
    """A domain: its records, addresses and what can be done with it."""
    return await _show(request, await site_seen_by(request.state.viewer, site_id))


@post("/manager/brand/{site_id:int}/check", status_code=200, include_in_schema=False)
async def check_records(request: Request, site_id: FromPath[int]) -> Response[bytes]:
    """Ask the DNS now. The page of a domain that waits does it by itself."""
    site = await site_seen_by(request.state.viewer, site_id)
    return await _show(request, await life.look(site, Resolver(request.app.state.settings.dns_servers)))


@post("/manager/brand/{site_id:int}/closure", status_code=200, include_in_schema=False)
async def create_closure(request: Request, site_id: FromPath[int]) -> Response[bytes]:
    """Disable (BRAND-08)."""
    site = await site_seen_by(request.state.viewer, site_id)
    command = await life.disable(request.state.viewer, site)
    return moved(request, f"/manager/brand/{site_id}", _("%(domain)s is switched off.") % {"domain": shown_domain(site.domain)}, command)


@delete("/manager/brand/{site_id:int}/closure", status_code=200, include_in_schema=False)
async def delete_closure(request: Request, site_id: FromPath[int]) -> Response[bytes]:
    """Reactivate (BRAND-09)."""
    site = await site_seen_by(request.state.viewer, site_id)
    await _allowed(request.state.viewer)
    command = await life.reactivate(request.state.viewer, site)
    return moved(request, f"/manager/brand/{site_id}", _("%(domain)s is switched on again.") % {"domain": shown_domain(site.domain)}, command)


@post("/manager/brand/{site_id:int}/default", status_code=200, include_in_schema=False)
async def make_default(request: Request, site_id: FromPath[int]) -> Response[bytes]:
    """Let links in mails lead here."""
    site = await site_seen_by(request.state.viewer, site_id)
    command = await life.make_default(request.state.viewer, site)
    return moved(request, f"/manager/brand/{site_id}", _("Links in mails lead to %(domain)s.") % {"domain": shown_domain(site.domain)}, command)


@delete("/manager/brand/{site_id:int}", status_code=200, include_in_schema=False)
async def delete_domain(request: Request, site_id: FromPath[int]) -> Response[bytes]:
    """Give it up."""
    site = await site_seen_by(request.state.viewer, site_id)
    command = await life.remove(request.state.viewer, site)
    return moved(request, "/manager/brand", _("%(domain)s was removed.") % {"domain": shown_domain(site.domain)}, command)


async def _check_free(request: Request, domain: str) -> None:
    """Raises `NotAvailable`. Whether another organisation's proof still stands is asked now."""
    await life.look_at_holders(request.state.viewer.org_id, domain, Resolver(request.app.state.settings.dns_servers))
    await check_free(request.state.viewer.org_id, domain)


async def _allowed(viewer: Viewer) -> Organisation:
    """Raises `Refused` where neither the plan nor a trial has it."""
    organisation = await Organisation.get(viewer.org_id)
    if not await may_brand(organisation):
        raise Refused(_("Custom Brand isn’t part of your organisation’s plan. Try it for free first, or ask whoever runs this server."))
    return organisation


async def _start(request: Request, form: Choice, organisation: Organisation, status: int = 200) -> Response[bytes]:
    return await page(
        request, "manager/brand_domain_start.html", status=status, form=form, is_allowed=await may_brand(organisation),
        trial=await trial_of(organisation.id), has_base=bool(addresses.web.base), others=await sites_of(organisation.id),
    )


async def _show(request: Request, site: BrandSite, *, is_only: bool = False) -> Response[bytes]:
    facts: dict[str, Any] = {
        "site": site, "domain": shown_domain(site.domain), "records": _records(site), "addresses": _given(site.domain), "state": site.state,
        "is_waiting": site.state == WAITING, "is_active": site.state == ACTIVE, "is_disabled": site.state == DISABLED, "web": addresses.web,
        "owner": await owner_of(site.org_id), "is_only": is_only or len(await sites_of(site.org_id)) == 1,
        "is_local": is_local(site.domain), "given_up_at": (site.proof_lost_at or 0) + KEPT_FOR,
        "all_right": bool(site.found) and all(one["state"] == OK for one in site.found),
    }
    if wants(request, "brand-site"):
        return fragment(request, "manager/_brand_domain.html", **facts)
    return await page(request, "manager/brand_domain.html", **facts)


def _given(domain: str) -> list[dict[str, Any]]:
    """Every address of a domain: what is there, and whether it is already."""
    apps = {app.key: app.title for app in all_apps()}
    names = {
        "login": _("Signing in"), "suite": _("Home"), "manager": _("Manager"), "mail": _("Mail"), "calendar": _("Calendar"), "contacts": _("Contacts"),
        "chat": _("Chat"), "drive": _("Drive"), "meet": _("Meetings"), "assistant": _("Assistant"),
    }
    icons = {
        "login": "key-round", "suite": "home", "manager": "settings", "mail": "mail", "calendar": "calendar", "contacts": "users", "chat": "message-circle",
        "drive": "folder", "meet": "video", "assistant": "sparkles",
    }
    return [
        {"label": label, "host": f"{label}.{domain}", "shown": f"{label}.{shown_domain(domain)}", "title": apps.get(label, names[label]), "icon": icons[label],
         "url": addresses.origin_of(f"{label}.{domain}") + "/", "is_open": label in addresses.web.open_labels}
        for label in addresses.LABELS
    ]


def _records(site: BrandSite) -> list[dict[str, Any]]:
    """What to enter where the domain is administered, and what was found of it."""
    found = {one["name"]: one for one in site.found}
    proof = f"{addresses.PROOF}.{site.domain}"
    rows = [{"kind": "TXT", "name": proof, "values": [f"chalet-verify={site.proof_token}"], "found": found.get(proof)}]
    for host in addresses.open_hosts_of(site.domain):
        if addresses.web.host:
            rows.append({"kind": "CNAME", "name": host, "values": [addresses.web.host], "found": found.get(host)})
        else:
            kind = "A" if all(":" not in one for one in addresses.web.addresses) else "A / AAAA"
            rows.append({"kind": kind, "name": host, "values": list(addresses.web.addresses), "found": found.get(host)})
    return rows


handlers = [
    show_brand, create_trial, new_domain, show_addresses, create_domain, show_domain, check_records, create_closure, delete_closure, make_default,
    delete_domain,
]
