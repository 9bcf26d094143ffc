"""The pictures of a brand, for anybody who comes to its host: by the hash of their content, so that they may be kept for ever."""

from __future__ import annotations

from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Response

from app.lib import blobs
from app.lib.brand_pictures import PHONE, WIDTHS
from app.models.base import NotFound
from app.models.brand import Brand
from app.routes.guard import OPEN

_TYPES = {"png": "image/png", "webp": "image/webp", "avif": "image/avif", "jpeg": "image/jpeg"}
_SLIDES = [f"{kind}{width}-{form}" for kind, widths in (("w", WIDTHS), ("p", PHONE)) for width in widths for form in ("avif", "webp", "jpeg")]
FILES = {"png": "", "webp": "webp", **{name: name for name in _SLIDES}}
"""Names in addresses, and the derivatives in the blob store that they stand for."""


@get("/brand/{name:str}/{form:str}", opt=OPEN, include_in_schema=False)
async def show_brand_file(request: Request, name: FromPath[str], form: FromPath[str]) -> Response[bytes]:
    """A logo or slide of the brand of this host, and of no other."""
    if name not in files_of(request.state.brand):
        raise NotFound(f"file {name}")
    return await file_answer(name, form, public=True)


def files_of(brand: Brand) -> set[str]:
    """What visitors of a brand may see."""
    return {name for name in (brand.logo, brand.logo_dark) if name} | {slide.hash for slide in brand.slides}


async def file_answer(name: str, form: str, *, public: bool) -> Response[bytes]:
    """A picture, in a sandbox of its own although it was written here: nothing of what was uploaded is left in it. Raises `NotFound`."""
    content = await blobs.store().get(name, FILES[form]) if form in FILES else None
    if content is None:
        raise NotFound(f"file {name} {form}")
    return Response(content, media_type=_TYPES[form.rpartition("-")[2]], headers={
        "Cache-Control": f"{'public' if public else 'private'}, max-age=31536000, immutable",
        "Content-Security-Policy": "default-src 'none'; sandbox", "Content-Disposition": "inline",
    })


handlers = [show_brand_file]
