"""Inviting members one at a time, and the invitations that wait for an answer."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.access import require_admin
from app.lib.address_lists import Line
from app.lib.forms import CheckField, ChoiceField, EmailField, Form, ManyField, NumberField, TextField
from app.lib.i18n import OFFERED, _, language
from app.mail import link_base
from app.models.base import NotFound, Refused
from app.models.brand.known import brand_of
from app.models.invitation import batches, pending
from app.models.invitation.inviting import invite
from app.models.invitation.offer import INVITABLE, Offer, channels_for
from app.models.invitation.places import Places
from app.models.invitation.tables import Invitation
from app.models.organisation import ADMIN, EXTERNAL, MANAGE, PRODUCTS, USE, USER
from app.models.team import teams_of
from app.models.viewer import Viewer
from app.render import fragment, page, redirect
from app.rooms import products
from app.routes.manager import done, wants

FREE, FIXED = "free", "fixed"
ANY_ID = 2**53
MOST_NOTE = 1000


class OfferForm(Form):
    """What people are invited to."""

    role = ChoiceField(INVITABLE, default=USER, required=False)
    login = ChoiceField((FREE, FIXED), default=FREE, required=False)
    suite = CheckField()
    use = ManyField(ChoiceField(PRODUCTS))
    manage = ManyField(ChoiceField(PRODUCTS))
    teams = ManyField(NumberField(1, ANY_ID))
    channels = ManyField(NumberField(1, ANY_ID))
    note = TextField(most=MOST_NOTE, required=False)
    language = ChoiceField(OFFERED, default="en", required=False)

    def offer(self) -> Offer:
        """What the model wants. Apps that aren't there yet come with the suite, and to administrators for managing."""
        shown = {product.key for product in products()}
        hidden = [product for product in PRODUCTS if product not in shown]
        use = [*self["use"], *hidden] if self["suite"] else []
        manage = [*self["manage"], *(hidden if self["role"] == ADMIN else ())]
        rights = [*(f"{product}.{USE}" for product in use), *(f"{product}.{MANAGE}" for product in manage)]
        return Offer(
            self["role"], tuple(dict.fromkeys(rights)), tuple(self["teams"]), tuple(self["channels"]), self["note"], self["language"], self["login"] == FIXED
        )


class NewInvitation(OfferForm):
    """And whom."""

    given_name = TextField(most=80, required=False)
    family_name = TextField(most=80, required=False)
    email = EmailField()


@get("/manager/invitations", include_in_schema=False)
async def list_invitations(request: Request, q: FromQuery[str] = "", before: FromQuery[int] = 0) -> Response[bytes]:
    """Who was invited to become a member and hasn't answered."""
    viewer = require_admin(request.state.viewer)
    rows = await pending.pending(viewer.org_id, typed=q, before=before, most=pending.PIECE + 1)
    context: dict[str, Any] = {"rows": rows[: pending.PIECE], "has_more": len(rows) > pending.PIECE, "q": q}
    if wants(request, "invitations-more"):
        return fragment(request, "manager/_invitation_rows.html", **context)
    context["under_way"] = await batches.batches_under_way(viewer)
    if wants(request, "invitations"):
        return fragment(request, "manager/_invitations.html", **context)
    return await page(request, "manager/invitations.html", **context)


@get("/manager/invitations/new", include_in_schema=False)
async def new_invitation(request: Request) -> Response[bytes]:
    """The form for one person."""
    viewer = require_admin(request.state.viewer)
    return await _show(request, NewInvitation(**blank(viewer)))


@post("/manager/invitations", status_code=200, include_in_schema=False)
async def create_invitation(request: Request) -> Response[bytes]:
    """Invite one person."""
    viewer = require_admin(request.state.viewer)
    form = NewInvitation(await request.form())
    if not form.is_valid:
        return await _show(request, form, 422)
    person = Line(1, form["email"], form["given_name"], form["family_name"])
    try:
        invitation = await invite(viewer, person, form.offer(), _base(request), request.state.idempotency_key or None)
    except NotFound:
        raise
    except Refused as error:
        form.refuse("email", str(error))
        return await _show(request, form, 422)
    return redirect(request, f"/manager/invitations/{invitation.id}")


@get("/manager/invitations/{invitation_id:int}", include_in_schema=False)
async def show_invitation(request: Request, invitation_id: FromPath[int]) -> Response[bytes]:
    """What was sent, and what comes next."""
    viewer = require_admin(request.state.viewer)
    invitation = await pending.find_pending(viewer, invitation_id)
    if invitation.role == EXTERNAL:
        raise NotFound("guests have their own page")
    return await page(request, "manager/invitation.html", invitation=invitation)


@post("/manager/invitations/{invitation_id:int}/delivery", status_code=200, include_in_schema=False)
async def create_delivery(request: Request, invitation_id: FromPath[int]) -> Response[bytes]:
    """Send it again, with a new link."""
    invitation = await pending.find_pending(request.state.viewer, invitation_id)
    await pending.send_again(request.state.viewer, invitation, _base(request))
    return done(request, _list_of(invitation), _("The invitation is sent to %(email)s again. Earlier links don’t work any more.") % {"email": invitation.email})


@post("/manager/invitations/{invitation_id:int}/link", status_code=200, include_in_schema=False)
async def create_link(request: Request, invitation_id: FromPath[int]) -> Response[bytes]:
    """A link to hand over by oneself, in a dialog."""
    settings = request.app.state.settings
    invitation = await pending.find_pending(request.state.viewer, invitation_id)
    token = await pending.copy_link(request.state.viewer, invitation, settings.invitation_days)
    context: dict[str, Any] = {"invitation": invitation, "link": f"{await _entrance(request)}/invitation/{token}"}
    if wants(request, "dialog"):
        return fragment(request, "manager/_invitation_link.html", headers={"Cache-Control": "no-store"}, **context)
    return await page(
        request, "manager/form.html", part="manager/_invitation_link.html", form_title=_("Link"), headers={"Cache-Control": "no-store"}, **context
    )


@delete("/manager/invitations/{invitation_id:int}", status_code=200, include_in_schema=False)
async def delete_invitation(request: Request, invitation_id: FromPath[int]) -> Response[bytes]:
    """Take it back."""
    return await _cancelled(request, invitation_id)


@post("/manager/invitations/{invitation_id:int}/cancellation", status_code=200, include_in_schema=False)
async def create_cancellation(request: Request, invitation_id: FromPath[int]) -> Response[bytes]:
    """Take it back, as forms without scripts do."""
    return await _cancelled(request, invitation_id)


def blank(viewer: Viewer) -> dict[str, Any]:
    """The values of a form that nobody has touched."""
    use = [product.key for product in products() if product.key != "chat" or viewer.can_manage("chat")]
    return {"role": USER, "login": FREE, "suite": "on", "use": use, "manage": [], "teams": [], "channels": [], "language": language()}


async def choices(request: Request) -> dict[str, Any]:
    """What the form offers to choose from."""
    viewer: Viewer = request.state.viewer
    return {
        "products": products(), "teams": await teams_of(viewer.org_id), "channels": [row for row in await channels_for(viewer) if row["sole_key"] is None],
        "places": await Places.of(viewer.org_id), "most_note": MOST_NOTE, "days": request.app.state.settings.invitation_days,
    }


async def _cancelled(request: Request, invitation_id: int) -> Response[bytes]:
    invitation = await pending.find_pending(request.state.viewer, invitation_id)
    command = await pending.cancel(request.state.viewer, invitation)
    return done(request, _list_of(invitation), _("The invitation of %(email)s was cancelled.") % {"email": invitation.email}, command, invitations=True)


async def _show(request: Request, form: NewInvitation, status: int = 200) -> Response[bytes]:
    return await page(request, "manager/invitation_form.html", status=status, form=form, is_list=False, **await choices(request))


def _list_of(invitation: Invitation) -> str:
    return "/manager/guests" if invitation.role == EXTERNAL else "/manager/invitations"


async def _entrance(request: Request) -> str:
    """Where people of this organisation come in: at the domain in use, else where the mail would lead, too."""
    brand = request.state.brand if request.state.brand.domain else await brand_of(request.state.viewer.org_id)
    return brand.origin or _base(request)


def _base(request: Request) -> str:
    return link_base(request.app.state.settings, request.state.origin)


handlers = [
    list_invitations, new_invitation, create_invitation, show_invitation, create_delivery, create_link, delete_invitation, create_cancellation,
]
