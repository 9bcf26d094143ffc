"""Where the Manager begins."""

from __future__ import annotations

from litestar import Request, get
from litestar.response import Response

from app.access import require_admin
from app.render import redirect


@get("/manager", include_in_schema=False)
async def show_manager(request: Request) -> Response[bytes]:
    """To its first page."""
    require_admin(request.state.viewer)
    return redirect(request, "/manager/people")


handlers = [show_manager]
