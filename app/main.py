"""The only place where things are put together."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from litestar import Litestar
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig

from app import database, jobs, live
from app.assets import Assets
from app.edge import Edge
from app.figures import Figures
from app.hosts import Hosts
from app.jobs import context
from app.jobs.runner import Runner
from app.models.worker import Worker
from app.render import open_templates
from app.routes import all_handlers, errors
from app.routes.guard import signed_in
from app.settings import Settings

FORM_LIMIT = 1_000_000  # bytes; routes that take files say more


def create_app(settings: Settings, *, with_jobs: bool = True) -> Edge:
    """The whole suite as one ASGI app. The database must have been migrated."""
    assets, figures = Assets(), Figures()
    open_templates(assets, settings)
    jobs.load()
    context.use(settings)
    inner = Litestar(
        route_handlers=all_handlers(settings),
        state=State({"settings": settings, "figures": figures, "assets": assets}),
        guards=[signed_in],
        exception_handlers=errors.handlers,
        lifespan=[_running(settings, with_jobs)],
        request_max_body_size=FORM_LIMIT,
        openapi_config=OpenAPIConfig(title="Chalet", version="1", path="/api/schema") if settings.debug else None,
        logging_config=None,
        debug=False,
    )
    return Edge(inner, settings, assets, Hosts(settings), figures)


def _running(settings: Settings, with_jobs: bool) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        await open_database(settings)
        await live.open(settings.redis_url)
        worker = await Worker.join(secrets.randbits(48))
        runner = Runner(worker)
        if with_jobs:
            runner.start()
        try:
            yield
        finally:
            await runner.stop()
            await live.close()
            await worker.leave()
            await database.close()

    return lifespan


async def open_database(settings: Settings) -> None:
    """Open the database that the settings name."""
    if settings.database_url:
        await database.open(settings.database_url, pool_size=settings.database_pool)
    else:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        await database.open(settings.database_address, synchronous=settings.sqlite_synchronous)
