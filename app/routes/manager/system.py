"""How the server is, and what failed."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response

from app import __version__, database, live
from app.access import require_admin
from app.lib.i18n import _
from app.models.job import Job
from app.render import nothing, page, toast


@get("/manager/system", include_in_schema=False)
async def show_system(request: Request) -> Response[bytes]:
    """How the server is: mail, database, live connections, and jobs that failed for good."""
    viewer = require_admin(request.state.viewer)
    settings = request.app.state.settings
    return await page(
        request, "manager/system.html", version=__version__, engine=database.dialect(), live=live.status(), dead=await Job.dead(viewer.org_id),
        redis=bool(settings.redis_url), outbox=str(settings.data_dir / "outbox"),
    )


@post("/manager/jobs/{job_id:int}/revive", status_code=200, include_in_schema=False)
async def create_revival(request: Request, job_id: FromPath[int]) -> Response[bytes]:
    """Try a failed job again."""
    viewer = require_admin(request.state.viewer)
    await (await Job.find_own(job_id, org_id=viewer.org_id)).revive()
    return nothing(200, **toast(_("It will be tried again now.")))


handlers = [show_system, create_revival]
