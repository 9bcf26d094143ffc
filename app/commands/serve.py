"""`serve`: migrate, listen, and print `ready http://…` once people can come."""

from __future__ import annotations

import argparse
import asyncio
import socket

from app import database
from app.commands import Stop, as_setting
from app.commands.demo import check_demo, fill_demo
from app.commands.opened import open_or_stop
from app.lib import blobs, logs
from app.settings import Settings

_EXAMPLES = """
examples:
  python -m app serve                             on http://localhost:8000, data in ./data
  python -m app serve --port 0 --data-dir /srv/chalet
  python -m app serve --demo --data-dir demo      filled with a believable organisation, to look around
  python -m app serve --workers 4                 several processes; needs REDIS_URL
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `serve` takes."""
    parser.epilog = _EXAMPLES
    parser.add_argument("--host", type=as_setting("host"), help="address to listen on (CHALET_HOST; default: 127.0.0.1)")
    parser.add_argument("--port", type=as_setting("port"), help="port to listen on, 0 for any free one (CHALET_PORT; default: 8000)")
    parser.add_argument("--workers", type=as_setting("workers"), help="server processes (CHALET_WORKERS; default: 1; more need REDIS_URL)")
    parser.add_argument("--demo", action="store_true", help="fill an empty data folder with the demo organisation Alpina first")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT."""
    logs.start(settings.log_format)
    if options.demo:
        check_demo(settings)
    listener = listen(settings)
    asyncio.run(prepare(settings, with_demo=options.demo))
    address = address_of(settings, listener)
    if settings.workers > 1:
        from app.commands.supervisor import supervise

        return supervise(settings, listener, address)
    from app.commands.server import serve

    return serve(settings, listener, lambda: announce(address))


async def prepare(settings: Settings, *, with_demo: bool = False) -> None:
    """Bring the database up to date; one process at a time does. Files must be within reach by then."""
    await open_or_stop(settings)
    try:
        await _check_files()
        await database.migrate()
        await _make_push_key()
        if with_demo:
            await fill_demo(settings)
    finally:
        await database.close()


async def _check_files() -> None:
    try:
        await blobs.store().check()
    except blobs.OutOfReach as error:
        raise Stop(f"files can’t be kept in the bucket of FILES_URL: {error}. Check its address, its keys and what they may do.") from None


async def _make_push_key() -> None:
    """Push services know the server by a key that the first start makes."""
    from app.models.push.vapid import VapidKey

    await VapidKey.current()


def listen(settings: Settings) -> socket.socket:
    """The bound socket that every server process shares."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise Stop(f"can’t listen on {settings.host} port {settings.port}: {error.strerror}. Choose another with --port, or stop what uses it.") from None
    listener.set_inheritable(True)
    return listener


def address_of(settings: Settings, listener: socket.socket) -> str:
    """Where a browser on this machine goes."""
    port = listener.getsockname()[1]
    host = {"127.0.0.1": "localhost", "0.0.0.0": "localhost", "::": "localhost", "::1": "localhost"}.get(settings.host, settings.host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def announce(address: str) -> None:
    """The one line on standard output, for people and for scripts that wait for it."""
    print(f"ready {address}", flush=True)
