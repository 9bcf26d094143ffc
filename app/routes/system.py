"""For those who run the server: is it up, is it ready, what are its figures."""

from __future__ import annotations

import asyncio
import hmac

from litestar import Request, get
from litestar.response import Response

from app import database, live
from app.figures import Figures
from app.lib import blobs
from app.models.job import Job
from app.render import nothing
from app.routes.guard import OPEN
from app.settings import Settings

TEXT = "text/plain; charset=utf-8"
_NO_FILE = "0" * 64
_SECONDS = 3  # for a bucket to answer


@get("/healthz", opt=OPEN, include_in_schema=False)
async def health() -> Response[str]:
    """The process answers."""
    return Response("ok\n", media_type=TEXT)


@get("/readyz", opt=OPEN, include_in_schema=False)
async def ready() -> Response[str]:
    """The database answers, the bus is connected and files are within reach: send people here."""
    await database.fetch_value("SELECT 1")
    away = [] if live.status()["bus"] else ["Redis"]
    try:
        await asyncio.wait_for(blobs.store().size(_NO_FILE), _SECONDS)
    except (blobs.OutOfReach, TimeoutError):
        away.append("The bucket of files")
    return Response("".join(f"{one} is out of reach\n" for one in away) or "ready\n", status_code=503 if away else 200, media_type=TEXT)


@get("/metrics", opt=OPEN, include_in_schema=False)
async def metrics(request: Request) -> Response[bytes]:
    """Prometheus figures, with the token of CHALET_METRICS_TOKEN or from this machine where there is none."""
    if not _may_read(request, request.app.state.settings):
        return nothing(404)
    figures: Figures = request.app.state.figures
    figures.jobs(*await Job.counts())
    return Response(figures.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read(request: Request, settings: Settings) -> bool:
    if settings.metrics_token:
        return hmac.compare_digest(request.headers.get("authorization", ""), f"Bearer {settings.metrics_token}")
    return request.state.address in ("127.0.0.1", "::1")


handlers = [health, ready, metrics]
