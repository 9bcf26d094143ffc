"""How a brand comes to look: a draft that is kept as somebody works on it, published in one step that can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from app import database, live
from app.lib import clock
from app.lib.i18n import _
from app.models import audit
from app.models.base import NotFound, Refused
from app.models.brand.appearance import MOST_SLIDES, Appearance, Logo, SlideOf, read_appearance, with_look, written
from app.models.brand.brand import Brand
from app.models.brand.site import BrandLook, BrandSite
from app.models.command import Command, undoes
from app.models.organisation import Organisation
from app.models.viewer import Viewer

LIGHT, DARK = "light", "dark"


@dataclass(frozen=True, slots=True)
class Draft:
    """A domain's look while somebody works on it: as it would be, and as everybody sees it."""

    site: BrandSite
    row: BrandLook
    look: Appearance
    public: Appearance

    @property
    def is_changed(self) -> bool:
        """Whether there is something to publish."""
        return self.row.draft is not None and self.look != self.public

    @property
    def files(self) -> set[str]:
        """Everything that an administrator may look at here."""
        return self.look.files | self.public.files

    async def brand(self) -> Brand:
        """The brand as the draft would make it."""
        organisation = await Organisation.get(self.site.org_id)
        plain = Brand(id=self.site.id, org_id=organisation.id, domain=self.site.domain, name=organisation.name, short_name=organisation.name[:12])
        return with_look(plain, self.look)


async def draft_of(viewer: Viewer, site_id: int) -> Draft:
    """The draft of a domain of the viewer's organisation; what is published, where nobody has begun one. Raises `NotFound`."""
    if not viewer.is_admin:
        raise NotFound("administration")
    site = await BrandSite.find_own(site_id, org_id=viewer.org_id)
    if site.withdrawn_at is not None:
        raise NotFound(f"domain {site_id}")
    row = await database.fetch_one("SELECT * FROM brand_look WHERE site_id = $1", site_id)
    kept = BrandLook.from_row(row) if row else BrandLook(site_id=site_id, draft=None, published=None)
    public = read_appearance(kept.published)
    return Draft(site, kept, read_appearance(kept.draft) if kept.draft is not None else public, public)


async def name_it(viewer: Viewer, site_id: int, **texts: str) -> Draft:
    """Keep names and colours in the draft."""
    async with _working(viewer, site_id) as work:
        work.keep(msgspec.structs.replace(work.look, **texts))
    return await draft_of(viewer, site_id)


async def put_logo(viewer: Viewer, site_id: int, theme: str, logo: Logo | None) -> Draft:
    """Keep a logo in the draft, for the light theme or as the variant for the dark one; None takes it away."""
    async with _working(viewer, site_id) as work:
        work.keep(msgspec.structs.replace(work.look, **{theme: logo}))
    return await draft_of(viewer, site_id)


async def add_slide(viewer: Viewer, site_id: int, slide: SlideOf) -> Draft:
    """Add a slide at the end. Raises `Refused` when there are three, or this one is among them."""
    async with _working(viewer, site_id) as work:
        if len(work.look.slides) >= MOST_SLIDES:
            raise Refused(_("There are three slides already. Remove one first."))
        if slide.hash in {one.hash for one in work.look.slides}:
            raise Refused(_("This picture is among the slides already."))
        work.keep(msgspec.structs.replace(work.look, slides=(*work.look.slides, slide)))
    return await draft_of(viewer, site_id)


async def arrange_slides(viewer: Viewer, site_id: int, order: list[str], words: dict[str, str]) -> Draft:
    """Put slides into this order, with these alternative texts; who isn't named stays where it was, behind."""
    async with _working(viewer, site_id) as work:
        places = {name: place for place, name in enumerate(order)}
        slides = [msgspec.structs.replace(one, alt=words.get(one.hash, one.alt)) for one in work.look.slides]
        work.keep(msgspec.structs.replace(work.look, slides=tuple(sorted(slides, key=lambda one: places.get(one.hash, len(places))))))
    return await draft_of(viewer, site_id)


async def remove_slide(viewer: Viewer, site_id: int, name: str) -> Draft:
    """Take a slide out of the draft."""
    async with _working(viewer, site_id) as work:
        work.keep(msgspec.structs.replace(work.look, slides=tuple(one for one in work.look.slides if one.hash != name)))
    return await draft_of(viewer, site_id)


async def publish(viewer: Viewer, site_id: int) -> Command:
    """Show the draft to everybody. Can be undone. Raises `Refused` when there is nothing to publish."""
    async with Command.once(viewer, "brand.publish") as command:
        draft = await draft_of(viewer, site_id)
        if not draft.is_changed:
            raise Refused(_("Everything is published already."))
        before, after = draft.row.published, written(draft.look)
        await _write(site_id, after, None, viewer.account_id)
        await audit.record("brand.publish", draft.site.domain, viewer=viewer, before=_said(draft.public), after=_said(draft.look))
        command.done(result=site_id, what=draft.site.domain, url=_url(site_id), inverse={"site": site_id, "published": before, "draft": after})
    return command


async def discard(viewer: Viewer, site_id: int) -> Command:
    """Forget the draft: back to what is published. Can be undone. Raises `Refused` when there is none."""
    async with Command.once(viewer, "brand.discard") as command:
        draft = await draft_of(viewer, site_id)
        if draft.row.draft is None:
            raise Refused(_("There is no draft to discard."))
        await database.execute("UPDATE brand_look SET draft = NULL WHERE site_id = $1", site_id)
        command.done(result=site_id, what=draft.site.domain, url=_url(site_id), inverse={"site": site_id, "draft": draft.row.draft})
    return command


@undoes("brand.publish")
async def _publish_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    draft = await draft_of(viewer, inverse["site"])
    await _write(draft.site.id, inverse["published"], draft.row.draft or inverse["draft"], viewer.account_id)
    await audit.record("brand.publish", draft.site.domain, viewer=viewer, before=_said(draft.public), after=_said(read_appearance(inverse["published"])))


@undoes("brand.discard")
async def _take_draft_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    draft = await draft_of(viewer, inverse["site"])
    if draft.row.draft is not None:
        raise Refused(_("A new draft was begun since, so the old one can’t come back."))
    await database.execute("UPDATE brand_look SET draft = $1 WHERE site_id = $2", inverse["draft"], draft.site.id)


class _working:
    """A change of a draft, in a transaction of its own that makes two of them take turns."""

    def __init__(self, viewer: Viewer, site_id: int) -> None:
        self._viewer, self._site_id = viewer, site_id
        self._transaction = database.transaction()
        self._kept: Appearance | None = None

    async def __aenter__(self) -> _working:
        await draft_of(self._viewer, self._site_id)  # whether they may
        await self._transaction.__aenter__()
        await _lock(self._site_id)
        self.look = (await draft_of(self._viewer, self._site_id)).look
        return self

    def keep(self, look: Appearance) -> None:
        """What the draft is to be."""
        self._kept = look

    async def __aexit__(self, *failure: Any) -> None:
        if self._kept is not None and failure[0] is None:
            await database.execute("UPDATE brand_look SET draft = $1 WHERE site_id = $2", written(self._kept), self._site_id)
        await self._transaction.__aexit__(*failure)


async def _lock(site_id: int) -> None:
    """The row, made if it isn't there yet; others wait for it until the transaction ends."""
    if not await database.fetch_one("SELECT id FROM brand_look WHERE site_id = $1", site_id):
        await BrandLook.insert_new(site_id=site_id)
    await database.execute("UPDATE brand_look SET site_id = site_id WHERE site_id = $1", site_id)


async def _write(site_id: int, published: str | None, draft: str | None, account_id: int) -> None:
    await database.execute(
        "UPDATE brand_look SET published = $1, draft = $2, published_at = $3, published_by = $4 WHERE site_id = $5",
        published, draft, clock.now(), account_id, site_id,
    )
    live.broadcast_internal("hosts", None)


def _said(look: Appearance) -> dict[str, Any]:
    """A look in the audit log: words and colours, and how many pictures."""
    return {
        "name": look.name, "short_name": look.short_name, "sender_name": look.sender_name, "text_colour": look.text_colour,
        "button_colour": look.button_colour, "logo": look.light is not None, "slides": len(look.slides),
    }


def _url(site_id: int) -> str:
    return f"/manager/brand/{site_id}/look"
