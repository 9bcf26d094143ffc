"""Sending what is to be pushed."""

from __future__ import annotations

import asyncio

from app import live
from app.jobs import at_end, context, job
from app.lib import webpush
from app.lib.safe_http import Caller
from app.models.push import sending
from app.models.push.device import PushDelivery, PushDevice
from app.models.push.sending import Courier
from app.models.push.vapid import VapidKey

_couriers: dict[asyncio.AbstractEventLoop, Courier] = {}


@job("push")
async def push(notification_ids: list[int]) -> None:
    """Push new notices, at once."""
    await sending.push_now(courier(), notification_ids)


@job("push_again")
async def push_again(delivery_ids: list[int]) -> None:
    """Try messages again that a push service didn't take, and send tests."""
    await sending.push_again(courier(), delivery_ids)


@job("push_late")
async def push_late(notification_ids: list[int]) -> None:
    """Push what somebody with a tab in use hasn't read after a while, when they are gone."""
    await sending.push_late(courier(), notification_ids)


@job("push_close")
async def push_close(device_id: int, notification_ids: list[int]) -> None:
    """Close on a device what was read elsewhere."""
    await sending.push_close(courier(), device_id, notification_ids)


@job("prune_push")
async def prune_push() -> None:
    """Forget devices that nobody uses, old log lines and keys that no device needs."""
    for table in (PushDelivery, PushDevice, VapidKey):
        await table.prune()


@at_end
async def hang_up() -> None:
    """Close the connections to push services."""
    held = _couriers.pop(asyncio.get_running_loop(), None)
    if held is not None:
        await held.caller.close()


@live.on_tick
def _warm_up(second: int) -> None:
    """Encryption takes a second to load: soon after the start, so that the first message doesn't wait for it."""
    if second == 0:
        asyncio.get_running_loop().run_in_executor(None, webpush.warm_up)


def courier() -> Courier:
    """Who carries messages in this process."""
    loop, settings = asyncio.get_running_loop(), context.settings()
    if loop not in _couriers:
        _couriers.clear()
        _couriers[loop] = Courier(Caller(settings.push_private_hosts), settings.push_subject)
    return _couriers[loop]
