"""Who is there twice, and making one of several."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.params import FromQuery
from litestar.response import Response

from app.lib.forms import Form, ManyField, NumberField
from app.lib.i18n import _
from app.lib.numbers import whole
from app.lib.vcard.details import KINDS
from app.models.base import Refused
from app.models.contacts import duplicates
from app.render import fragment, page
from app.routes.contacts.fields import bind, label_names, months, part_names, titles
from app.routes.contacts.shown import done, member, moved, side_of, wants


class Chosen(Form):
    """Which cards."""

    ids = ManyField(NumberField(1, 2**53), most=duplicates.MOST_TOGETHER, required=True)


class Merging(Chosen):
    """Which cards, which of them stays, and whose photo."""

    kept = NumberField(0, 2**53, required=False, default=0)
    photo = NumberField(0, 2**53, required=False, default=0)


@get("/contacts/duplicates", include_in_schema=False)
async def list_duplicates(request: Request) -> Response[bytes]:
    """Groups of cards that may be of one person, with the reasons."""
    viewer = member(request)
    groups = await duplicates.find_duplicates(viewer)
    if wants(request, "duplicates"):
        return fragment(request, "contacts/_duplicates.html", duplicates=groups)
    return await page(request, "contacts/duplicates.html", duplicates=groups, **await side_of(viewer, "duplicates"))


@get("/contacts/duplicates/merge", include_in_schema=False)
async def new_merge(request: Request, kept: FromQuery[int] = 0) -> Response[bytes]:
    """What one card of several would say, to look at and change."""
    viewer = member(request)
    ids = [id_ for one in request.query_params.getall("ids", []) if (id_ := whole(one)) is not None]
    return await _form(request, await duplicates.prepare(viewer, ids, kept), {})


@post("/contacts/duplicates/merge", status_code=200, include_in_schema=False)
async def create_merge(request: Request) -> Response[bytes]:
    """Make one of them."""
    viewer = member(request)
    sent = await request.form()
    form = Merging(sent)
    if not form.is_valid:
        raise Refused(_("Choose at least two contacts to merge."))
    prepared = await duplicates.prepare(viewer, form["ids"], form["kept"])
    bound = bind(sent)
    if bound.errors:
        prepared.details = bound.details
        return await _form(request, prepared, bound.errors, 422)
    command = await duplicates.merge(viewer, prepared, bound.details, form["photo"])
    return moved(request, prepared.kept.url, _("One contact was made of %(count)s.") % {"count": len(prepared.others) + 1}, command)


@post("/contacts/duplicates/apart", status_code=200, include_in_schema=False)
async def create_apart(request: Request) -> Response[bytes]:
    """They are different people: don't offer them again."""
    viewer = member(request)
    form = Chosen(await request.form())
    if form.is_valid:
        await duplicates.put_aside(viewer, form["ids"])
    return done(request, "/contacts/duplicates", _("They won’t be offered again."))


async def _form(request: Request, prepared: duplicates.Merge, errors: dict[str, str], status: int = 200) -> Response[bytes]:
    every = [(prepared.kept, prepared.book), *prepared.others]
    return await page(
        request, "contacts/merge.html", status=status, merge=prepared, every=every, details=prepared.details, errors=errors, titles=titles(),
        label_names=label_names(), part_names=part_names(), months=months(), kinds=KINDS, contact=prepared.kept, **await side_of(member(request), "duplicates"),
    )


handlers = [list_duplicates, new_merge, create_merge, create_apart]
