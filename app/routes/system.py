"""For those who run the server: is it up, is it ready, what are its figures."""

from __future__ import annotations

import hmac

from litestar import Request, get
from litestar.response import Response

from app import database, live
from app.figures import Figures
from app.models.job import Job
from app.render import nothing
from app.routes.guard import OPEN
from app.settings import Settings

TEXT = "text/plain; charset=utf-8"


@get("/healthz", opt=OPEN, include_in_schema=False)
async def health() -> Response[str]:
    """The process answers."""
    return Response("ok\n", media_type=TEXT)


@get("/readyz", opt=OPEN, include_in_schema=False)
async def ready() -> Response[str]:
    """The database answers and the bus is connected: send people here."""
    await database.fetch_value("SELECT 1")
    connected = bool(live.status()["bus"])
    return Response("ready\n" if connected else "Redis is out of reach\n", status_code=200 if connected else 503, media_type=TEXT)


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
