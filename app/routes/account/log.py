"""What the audit log says about oneself: who did what to me, when, and from where."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import Response

from app.models.audit_search import PAGE, about_me
from app.render import fragment
from app.routes.account import show
from app.routes.manager.log import shown


@get("/account/log", include_in_schema=False)
async def list_own_log(request: Request, before: FromQuery[int] = 0) -> Response[bytes]:
    """What I did and what was done to me, newest first."""
    entries = await about_me(request.state.viewer, before or None)
    context: dict[str, Any] = {"entries": shown(entries), "following": entries[-1].position if len(entries) == PAGE else None}
    if request.headers.get("hx-target", "").endswith("#log-more"):
        return fragment(request, "account/_log_rows.html", **context)
    return await show(request, "log", **context)


handlers = [list_own_log]
