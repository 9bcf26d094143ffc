"""The only place where things are put together."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin

from app import database, jobs, live
from app.assets import Assets
from app.edge import Edge
from app.figures import Figures
from app.hosts import Hosts
from app.jobs import context
from app.jobs.runner import Runner
from app.lib import blobs, seals
from app.models.chat.integrations import calling, outside_commands
from app.models.worker import Worker
from app.render import open_templates
from app.routes import all_handlers, errors
from app.routes.guard import signed_in
from app.settings import Settings

FORM_LIMIT = 1_000_000  # bytes; routes that take files say more


def create_app(settings: Settings, *, with_jobs: bool = True) -> Edge:
    """The whole suite as one ASGI app. The database must have been migrated."""
    return equip(register(settings.debug, with_jobs), settings)


def register(debug: bool, with_jobs: bool) -> Litestar:
    """All handlers in their places, which takes a while; `equip` makes a suite of them."""
    return _Litestar(
        route_handlers=all_handlers(debug),
        guards=[signed_in],
        exception_handlers=errors.handlers,
        lifespan=[_running_with_jobs if with_jobs else _running],
        request_max_body_size=FORM_LIMIT,
        openapi_config=OpenAPIConfig(title="Chalet", version="1", path="/api/schema") if debug else None,
        logging_config=None,
        debug=False,
    )


class _Litestar(Litestar):
    """Litestar without its plugins for libraries that no handler here speaks: importing Pydantic takes longer than all our handlers."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]


def equip(inner: Litestar, settings: Settings, assets: Assets | None = None) -> Edge:
    """The suite with these settings, around handlers that are registered."""
    assets, figures = assets or Assets(), Figures()
    open_templates(assets, settings)
    jobs.load()
    context.use(settings)
    seals.use(settings.secret_key, settings.data_dir)
    calling.use(settings.webhook_private_hosts)
    outside_commands.answer_at(settings.base_url)
    inner.state.update({"settings": settings, "figures": figures, "assets": assets})
    return Edge(inner, settings, assets, Hosts(settings), figures)


@asynccontextmanager
async def _running(app: Litestar) -> AsyncIterator[Worker]:
    settings: Settings = app.state.settings
    await open_database(settings)
    await live.open(settings.redis_url)
    worker = await Worker.join(secrets.randbits(48))
    try:
        yield worker
    finally:
        await live.close()
        await worker.leave()
        await database.close()


@asynccontextmanager
async def _running_with_jobs(app: Litestar) -> AsyncIterator[None]:
    async with _running(app) as worker:
        runner = Runner(worker)
        runner.start()
        try:
            yield
        finally:
            await runner.stop()


async def open_database(settings: Settings) -> None:
    """Open the database, and the place for files, that the settings name."""
    blobs.use(settings.data_dir / "files", settings.files_url)
    if settings.database_url:
        await database.open(settings.database_url, pool_size=settings.database_pool)
    else:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        await database.open(settings.database_address, synchronous=settings.sqlite_synchronous)
