"""How people sign in: passwords, second factor, sessions, allowed ways, and the organisation's OpenID Connect provider."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from litestar import Request, get, post
from litestar.response import Response

from app.access import require_admin
from app.lib import clock
from app.lib.forms import CheckField, ChoiceField, Form, ManyField, NumberField, TextField
from app.lib.i18n import _
from app.models.base import Refused
from app.models.credential import SignInProvider
from app.models.credential.provider import ProviderFacts, save_provider, try_provider
from app.models.organisation import PRODUCTS, USER
from app.models.sign_in_policy import ADMINS, EVERYBODY, MEMBERS, METHODS, NOBODY, SignInPolicy
from app.models.sign_in_rules import change_policy, count_without_other_way, count_without_second_factor, disconnect_provider, legal_names
from app.models.viewer import Viewer
from app.render import fragment, page
from app.routes.entrance.openid import way_to
from app.routes.manager import moved, wants

IDLE = (15, 30, 60, 240, 480, 1440)  # minutes that can be chosen
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}")
_WELL_KNOWN = "/.well-known/openid-configuration"


class PolicyForm(Form):
    """The rules."""

    password_least = NumberField(8, 64)
    two_factor = ChoiceField((ADMINS, MEMBERS, EVERYBODY), required=False, default=NOBODY)
    two_factor_from = TextField(most=10, required=False)
    grace_days = NumberField(0, 90, required=False, default=7)
    session_days = NumberField(1, 365)
    idle_minutes = ChoiceField([str(minutes) for minutes in IDLE], required=False)
    member_methods = ManyField(ChoiceField(METHODS), required=True)
    guest_methods = ManyField(ChoiceField(METHODS), required=True)

    def check(self) -> None:
        if self["two_factor"] and self["two_factor_from"] and _as_date(self["two_factor_from"]) is None:
            self.refuse("two_factor_from", _("This isn’t a date."))

    def rules(self, zone: str) -> dict[str, Any]:
        """The columns of the policy; days begin at midnight of this time zone."""
        day = _as_date(self["two_factor_from"]) or datetime.now(ZoneInfo(zone)).date()
        start = int(datetime.combine(day, time(), ZoneInfo(zone)).timestamp() * 1000) if self["two_factor"] else None
        return {
            "password_least": self["password_least"], "two_factor": self["two_factor"], "two_factor_from": start, "grace_days": self["grace_days"],
            "session_days": self["session_days"], "idle_minutes": int(self["idle_minutes"]) if self["idle_minutes"] else None,
            "member_methods": " ".join(self["member_methods"]), "guest_methods": " ".join(self["guest_methods"]),
        }


class ProviderForm(Form):
    """A provider. The secret may stay empty where it is known."""

    name = TextField(most=60)
    issuer = TextField(most=500)
    client_id = TextField(most=300)
    client_secret = TextField(most=1000, required=False)
    domains = TextField(most=2000, required=False)
    newcomers = ChoiceField((USER,), required=False)
    products = ManyField(ChoiceField(PRODUCTS))
    is_two_factor = CheckField()

    def check(self) -> None:
        issuer = self["issuer"].removesuffix(_WELL_KNOWN)
        if urlsplit(issuer).scheme not in ("http", "https") or not urlsplit(issuer).hostname or "?" in issuer or "#" in issuer:
            self.refuse("issuer", _("This must be an address, such as https://login.example.org/realms/main."))
        self.values["issuer"] = issuer
        domains = [one.removeprefix("@").lower() for one in re.split(r"[\s,;]+", self["domains"]) if one]
        if wrong := [one for one in domains if not _DOMAIN.fullmatch(one)]:
            self.refuse("domains", _("“%(domain)s” isn’t a domain. It should look like example.org.") % {"domain": wrong[0]})
        elif self["newcomers"] and not domains:
            self.refuse("domains", _("Name the domains whose people become members. Otherwise anybody whom the provider knows could come in."))
        self.values["domains"] = " ".join(dict.fromkeys(domains))

    @property
    def facts(self) -> ProviderFacts:
        """What was entered."""
        return ProviderFacts(
            self["name"], self["issuer"], self["client_id"], self["client_secret"], self["domains"], self["newcomers"],
            " ".join(self["products"]), self["is_two_factor"],
        )


@get("/manager/sign-in", include_in_schema=False)
async def show_rules(request: Request) -> Response[bytes]:
    """The rules, and the provider where there is one."""
    viewer = require_admin(request.state.viewer)
    policy = await SignInPolicy.of(viewer.org_id)
    begins = datetime.fromtimestamp((policy.two_factor_from or clock.now()) / 1000, UTC).astimezone(_zone(viewer)).date()
    form = PolicyForm(
        password_least=policy.password_least, two_factor=policy.two_factor, two_factor_from=begins.isoformat(), grace_days=policy.grace_days,
        session_days=policy.session_days, idle_minutes=str(policy.idle_minutes or ""), member_methods=policy.member_methods.split(),
        guest_methods=policy.guest_methods.split(),
    )
    return await _show(request, form)


@post("/manager/sign-in", status_code=200, include_in_schema=False)
async def update_rules(request: Request) -> Response[bytes]:
    """Save; they hold at once."""
    viewer = require_admin(request.state.viewer)
    form = PolicyForm(await request.form())
    for name in ("two_factor", "idle_minutes", "member_methods", "guest_methods"):
        form.raw.setdefault(name, "")  # none was chosen
    try:
        if form.is_valid:
            command = await change_policy(viewer, request.state.idempotency_key or None, **form.rules(str(_zone(viewer))))
            return moved(request, "/manager/sign-in", _("Saved."), command)
    except Refused as error:
        form.refuse("", str(error))
    return await _show(request, form, 422)


@get("/manager/sign-in/provider", include_in_schema=False)
async def show_provider(request: Request) -> Response[bytes]:
    """The form of the provider."""
    viewer = require_admin(request.state.viewer)
    provider = await SignInProvider.of(viewer.org_id)
    return await _show_provider(request, _filled(provider) if provider else ProviderForm(products=list(PRODUCTS)))


@post("/manager/sign-in/provider", status_code=200, include_in_schema=False)
async def update_provider(request: Request) -> Response[bytes]:
    """Connect it, or change it."""
    viewer = require_admin(request.state.viewer)
    form = _bound(await request.form())
    try:
        if form.is_valid:
            await save_provider(viewer, form.facts)
            return moved(request, "/manager/sign-in", _("Saved."))
    except Refused as error:
        form.refuse("client_secret", str(error))
    return await _show_provider(request, form, 422)


@post("/manager/sign-in/provider/test", status_code=200, include_in_schema=False)
async def create_test(request: Request) -> Response[bytes]:
    """Try what was entered, without saving it."""
    viewer = require_admin(request.state.viewer)
    form = _bound(await request.form())
    tried: dict[str, Any] = {"problem": "", "warnings": []}
    try:
        if form.is_valid:
            tried["warnings"] = await try_provider(viewer, form.facts, way_to(request))
        else:
            tried["problem"] = next(iter(form.errors.values()))
    except Refused as error:
        tried["problem"] = str(error)
    if wants(request, "provider-test"):
        return fragment(request, "manager/_provider_test.html", tried=tried)
    return await _show_provider(request, form, tried=tried)


@post("/manager/sign-in/provider/removal", status_code=200, include_in_schema=False)
async def delete_provider(request: Request) -> Response[bytes]:
    """Disconnect it."""
    await disconnect_provider(require_admin(request.state.viewer))
    return moved(request, "/manager/sign-in", _("Disconnected."))


def _as_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _zone(viewer: Viewer) -> ZoneInfo:
    return ZoneInfo(viewer.timezone or "UTC")


def _bound(sent: Any) -> ProviderForm:
    form = ProviderForm(sent)
    form.raw.setdefault("products", [])
    return form


def _filled(provider: SignInProvider) -> ProviderForm:
    return ProviderForm(
        name=provider.name, issuer=provider.issuer, client_id=provider.client_id, domains=provider.domains, newcomers=provider.newcomers,
        products=provider.products.split(), is_two_factor=bool(provider.is_two_factor),
    )


async def _show(request: Request, form: PolicyForm, status: int = 200) -> Response[bytes]:
    viewer = request.state.viewer
    provider = await SignInProvider.of(viewer.org_id)
    return await page(
        request, "manager/sign_in.html", status=status, form=form, provider=provider, idle=IDLE, missing=await count_without_second_factor(viewer),
        people=await provider.count_people() if provider else 0, stranded=await count_without_other_way(viewer), legal=await legal_names(viewer),
    )


async def _show_provider(request: Request, form: ProviderForm, status: int = 200, tried: dict[str, Any] | None = None) -> Response[bytes]:
    viewer = request.state.viewer
    return await page(
        request, "manager/provider.html", status=status, form=form, provider=await SignInProvider.of(viewer.org_id), tried=tried,
        return_url=way_to(request).return_url,
    )


handlers = [show_rules, update_rules, show_provider, update_provider, create_test, delete_provider]
