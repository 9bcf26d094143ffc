"""Customising a brand: the logo, then the login page; a draft all the way, published in one step (BRAND-10…18)."""

from __future__ import annotations

from typing import Any, TypeVar

from litestar import Request, get, post
from litestar.datastructures import State, UploadFile
from litestar.params import FromPath
from litestar.response import Response

from app.access import require_admin
from app.lib import blobs
from app.lib.brand_pictures import Box, PictureError, cut_logo, logo_source, slide
from app.lib.contrast import DARK, LIGHT, SHAPE, TEXT, contrast, palette, read_colour
from app.lib.forms import ChoiceField, Field, FieldError, Form, ManyField, NumberField, TextField
from app.lib.i18n import _
from app.lib.numbers import whole
from app.models.base import NotFound, Refused
from app.models.brand import appearance, drafting
from app.models.brand.appearance import MOST_ALT, MOST_NAME, MOST_SHORT_NAME, MOST_SLIDES, Logo, SlideOf
from app.models.brand.drafting import Draft, draft_of
from app.render import fragment, is_htmx, page, redirect, toast
from app.routes.brand_files import file_answer
from app.routes.manager import wants

MOST_BODY = 80_000_000  # bytes: nothing larger is even read; CHALET_MAX_UPLOAD_MB may say less
THEMES = (drafting.LIGHT, drafting.DARK)
FormT = TypeVar("FormT", bound=Form)


class ColourField(Field):
    """A colour as #rrggbb; empty for the standard one."""

    def __init__(self) -> None:
        super().__init__(required=False, default="")

    def read(self, text: str) -> str:
        colour = read_colour(text)
        if colour is None:
            raise FieldError(_("This isn’t a colour. It should look like #2f5bea."))
        return colour


class LookForm(Form):
    """Names and colours."""

    name = TextField(most=MOST_NAME, required=False)
    short_name = TextField(most=MOST_SHORT_NAME, required=False)
    sender_name = TextField(most=MOST_NAME, required=False)
    text_colour = ColourField()
    button_colour = ColourField()


class Fraction(Field):
    """A number from 0 to 1."""

    def read(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not 0 <= number <= 1:
            raise FieldError(_("Please choose the part again."))
        return number


class CutForm(Form):
    """The part of a logo that is shown."""

    theme = ChoiceField(THEMES)
    left = Fraction()
    top = Fraction()
    width = Fraction()
    height = Fraction()

    @property
    def box(self) -> Box:
        """As the pictures want it."""
        return self["left"], self["top"], min(self["width"], 1 - self["left"]), min(self["height"], 1 - self["top"])


class ThemeForm(Form):
    """For which theme a logo is."""

    theme = ChoiceField(THEMES)


class SlidesForm(Form):
    """The order of the slides, and what they show. `move` says which one goes a place up or down (+ or -, and its place)."""

    slide = ManyField(TextField(most=64), most=MOST_SLIDES)
    move = NumberField(-MOST_SLIDES, MOST_SLIDES, required=False, default=0)


@get("/manager/brand/{site_id:int}/look", include_in_schema=False)
async def show_logo(request: Request, site_id: FromPath[int]) -> Response[bytes]:
    """Step 1: the logo."""
    return await _show(request, "logo", await _draft(request, site_id))


@get("/manager/brand/{site_id:int}/look/login-page", include_in_schema=False)
async def show_login_page(request: Request, site_id: FromPath[int]) -> Response[bytes]:
    """Step 2: names, colours and slides."""
    return await _show(request, "page", await _draft(request, site_id))


@post("/manager/brand/{site_id:int}/look/logo", status_code=200, request_max_body_size=MOST_BODY, include_in_schema=False)
async def create_logo(request: Request, site_id: FromPath[int], state: State) -> Response[bytes]:
    """Take a file, draw or decode it, and offer to cut it."""
    draft = await _draft(request, site_id)
    try:
        sent, content = await _picture(request, state)
        theme = _valid(ThemeForm(sent))["theme"]
        made = await logo_source(content)
        logo = Logo(await _files(state).put(made.files["source"]), tuple(made.facts["seen"]), has_letters=made.facts["has_letters"])
        draft = await drafting.put_logo(request.state.viewer, site_id, theme, await _cut(state, logo, logo.box))
    except PictureError as error:
        return await _show(request, "logo", draft, 422, error=str(error))
    return await _show(request, "logo", draft, cutting=theme)


@post("/manager/brand/{site_id:int}/look/logo/cut", status_code=200, include_in_schema=False)
async def cut(request: Request, site_id: FromPath[int], state: State) -> Response[bytes]:
    """Keep another part of the same picture: "Validate"."""
    draft = await _draft(request, site_id)
    form = _valid(CutForm(await request.form()))
    logo = _logo(draft, form["theme"])
    try:
        draft = await drafting.put_logo(request.state.viewer, site_id, form["theme"], await _cut(state, logo, form.box))
    except PictureError as error:
        return await _show(request, "logo", draft, 422, error=str(error), cutting=form["theme"])
    answer = await _show(request, "logo", draft)
    answer.headers.update(toast(_("The logo is in the draft.")))
    return answer


@post("/manager/brand/{site_id:int}/look/logo/removal", status_code=200, include_in_schema=False)
async def remove_logo(request: Request, site_id: FromPath[int]) -> Response[bytes]:
    """Without this logo again."""
    await _draft(request, site_id)
    form = _valid(ThemeForm(await request.form()))
    return await _show(request, "logo", await drafting.put_logo(request.state.viewer, site_id, form["theme"], None))


@post("/manager/brand/{site_id:int}/look/login-page", status_code=200, include_in_schema=False)
async def update_login_page(request: Request, site_id: FromPath[int]) -> Response[bytes]:
    """Keep names and colours as they are typed."""
    form = LookForm(await request.form())
    draft = await _keep(request, site_id, form)
    if is_htmx(request) and form.is_valid:
        return fragment(request, "manager/_brand_look_state.html", **await _facts(draft))
    return await _show(request, "page", draft, 200 if form.is_valid else 422, form=form)


@post("/manager/brand/{site_id:int}/look/slides", status_code=200, request_max_body_size=MOST_BODY, include_in_schema=False)
async def add_slide(request: Request, site_id: FromPath[int], state: State) -> Response[bytes]:
    """"Add" a slide."""
    draft = await _draft(request, site_id)
    try:
        if len(draft.look.slides) >= MOST_SLIDES:
            raise PictureError(_("There are three slides already. Remove one first."))
        _sent, content = await _picture(request, state)
        made = await slide(content)
        name = await _keep_slide(_files(state), made.files)
        draft = await drafting.add_slide(request.state.viewer, site_id, SlideOf(name, tuple(made.facts["widths"])))
    except (PictureError, Refused) as error:
        return await _slides(request, draft, 422, error=str(error))
    return await _slides(request, draft)


@post("/manager/brand/{site_id:int}/look/slides/order", status_code=200, include_in_schema=False)
async def arrange_slides(request: Request, site_id: FromPath[int]) -> Response[bytes]:
    """Keep the order of the slides and what they show."""
    await _draft(request, site_id)
    sent = await request.form()
    form = _valid(SlidesForm(sent))
    order = _moved(form["slide"], form["move"])
    words = {name: " ".join(str(sent.get(f"alt-{name}", "")).split())[:MOST_ALT] for name in order}
    return await _slides(request, await drafting.arrange_slides(request.state.viewer, site_id, order, words))


@post("/manager/brand/{site_id:int}/look/slides/{name:str}/removal", status_code=200, include_in_schema=False)
async def remove_slide(request: Request, site_id: FromPath[int], name: FromPath[str]) -> Response[bytes]:
    """Take a slide out."""
    await _draft(request, site_id)
    return await _slides(request, await drafting.remove_slide(request.state.viewer, site_id, name))


@post("/manager/brand/{site_id:int}/look/publication", status_code=200, include_in_schema=False)
async def publish(request: Request, site_id: FromPath[int]) -> Response[bytes]:
    """"Finish": everybody sees it, with what was typed last."""
    form = LookForm(await request.form())
    draft = await _keep(request, site_id, form)
    if not form.is_valid:
        return await _show(request, "page", draft, 422, form=form)
    command = await drafting.publish(request.state.viewer, site_id)
    said = _("Published. Visitors of %(domain)s see it now.") % {"domain": draft.site.domain}
    return _gone(request, f"/manager/brand/{site_id}/look/login-page", said, command.id)


@post("/manager/brand/{site_id:int}/look/draft/removal", status_code=200, include_in_schema=False)
async def discard(request: Request, site_id: FromPath[int]) -> Response[bytes]:
    """Back to what is published."""
    await _draft(request, site_id)
    command = await drafting.discard(request.state.viewer, site_id)
    return _gone(request, f"/manager/brand/{site_id}/look", _("The draft was discarded."), command.id)


@get("/manager/brand/{site_id:int}/look/files/{name:str}/{form:str}", include_in_schema=False)
async def show_file(request: Request, site_id: FromPath[int], name: FromPath[str], form: FromPath[str]) -> Response[bytes]:
    """A picture of the draft, for who administers it."""
    draft = await _draft(request, site_id)
    if name not in draft.files:
        raise NotFound(f"file {name}")
    return await file_answer(name, form, public=False)


async def _draft(request: Request, site_id: int) -> Draft:
    return await draft_of(require_admin(request.state.viewer), site_id)


async def _keep(request: Request, site_id: int, form: LookForm) -> Draft:
    draft = await _draft(request, site_id)
    if not form.is_valid or not form.raw:
        return draft
    return await drafting.name_it(request.state.viewer, site_id, **{name: " ".join(value.split()) for name, value in form.values.items()})


def _valid(form: FormT) -> FormT:
    if not form.is_valid:
        raise Refused(next(iter(form.errors.values())))
    return form


async def _picture(request: Request, state: State) -> tuple[Any, bytes]:
    """The form and the bytes of its `picture`. Its size is known from the header, before anything is read. Raises `PictureError`."""
    most = state.settings.max_upload_mb
    length = whole(request.headers.get("content-length", ""))
    if length is None or length > most * 1_000_000 + 10_000:
        raise PictureError(_("This picture is too large. It may have at most %(most)s MB.") % {"most": most})
    sent = await request.form()
    file = sent.get("picture")
    if not isinstance(file, UploadFile) or not file.filename:
        raise PictureError(_("Please choose a picture first."))
    return sent, await file.read()


def _files(state: State) -> blobs.Store:
    return blobs.store()


async def _cut(state: State, logo: Logo, box: Box) -> Logo:
    """A logo with this part of its picture. Raises `PictureError`."""
    files = _files(state)
    made = await cut_logo(await files.get(logo.source) or b"", box)
    name = await files.put(made.files["png"])
    await files.put_derivative(name, "webp", made.files["webp"])
    return Logo(logo.source, box, name, made.facts["width"], made.facts["height"], tuple(made.facts["faint_on"]), logo.has_letters)


async def _keep_slide(files: blobs.Store, made: dict[str, bytes]) -> str:
    name = await files.put(made["w865-jpeg"])
    for form, body in made.items():
        await files.put_derivative(name, form, body)
    return name


def _logo(draft: Draft, theme: str) -> Logo:
    logo = draft.look.light if theme == drafting.LIGHT else draft.look.dark
    if logo is None:
        raise NotFound(f"logo {theme}")
    return logo


def _moved(order: list[str], move: int) -> list[str]:
    """The order with the one at place |move| (from 1) a place further down (+) or up (-)."""
    place, other = abs(move) - 1, abs(move) - 1 + (1 if move > 0 else -1)
    if move and 0 <= place < len(order) and 0 <= other < len(order):
        order[place], order[other] = order[other], order[place]
    return order


def _gone(request: Request, url: str, said: str, command_id: int) -> Response[bytes]:
    answer = redirect(request, url)
    if is_htmx(request):
        answer.headers.update(toast(said, undo=command_id))
    return answer


async def _slides(request: Request, draft: Draft, status: int = 200, error: str = "") -> Response[bytes]:
    if is_htmx(request):
        most = request.app.state.settings.max_upload_mb
        facts = await _facts(draft)
        return fragment(request, "manager/_brand_look_slides.html", status=status, slide_error=error, slides_only=True, most_mb=most, **facts)
    return await _show(request, "page", draft, status, slide_error=error)


async def _show(request: Request, step: str, draft: Draft, status: int = 200, *, form: LookForm | None = None, **context: Any) -> Response[bytes]:
    look = draft.look
    form = form or LookForm(
        name=look.name, short_name=look.short_name, sender_name=look.sender_name, text_colour=look.text_colour, button_colour=look.button_colour,
    )
    given = {"error": "", "slide_error": "", "cutting": "", **context}
    facts = {**await _facts(draft), **given, "form": form, "most_mb": request.app.state.settings.max_upload_mb}
    if wants(request, "look-step"):
        return fragment(request, "manager/_brand_look_logo.html", status=status, **facts)
    return await page(request, f"manager/brand_look_{step}.html", status=status, **facts)


async def _facts(draft: Draft) -> dict[str, Any]:
    """What every part of the wizard shows."""
    look = draft.look
    shown = await draft.brand()
    button, text = look.button_colour or appearance.BUTTON, look.text_colour or appearance.TEXT
    colours = palette(button, text)
    return {
        "draft": draft, "look": look, "shown": shown, "site": draft.site, "files": f"/manager/brand/{draft.site.id}/look/files", "colours": colours,
        "url": f"/manager/brand/{draft.site.id}/look", "standard": {"button": appearance.BUTTON, "text": appearance.TEXT},
        "verdicts": {
            "text": _verdict(text, colours.text, colours.dark_text, TEXT) | {"is_standard": not look.text_colour},
            "button": _verdict(button, colours.accent, colours.dark_accent, SHAPE) | {"is_standard": not look.button_colour},
        },
    }


def _verdict(chosen: str, light: str, dark: str, least: float) -> dict[str, Any]:
    """How a colour stands on both grounds: the contrast that it has, that it needs, and what is shown instead."""
    return {
        "chosen": chosen, "light": light, "dark": dark, "least": least,
        "light_ratio": f"{contrast(chosen, LIGHT):.1f}", "dark_ratio": f"{contrast(chosen, DARK):.1f}",
        "passes_light": chosen == light, "passes_dark": chosen == dark, "suits_both": contrast(dark, LIGHT) >= least,
    }


handlers = [
    show_logo, show_login_page, create_logo, cut, remove_logo, update_login_page, add_slide, arrange_slides, remove_slide, publish, discard, show_file,
]
