"""What browsers say about push: that they take it, that something was shown or clicked."""

from __future__ import annotations

import json

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response

from app.lib.i18n import _
from app.models.base import Refused
from app.models.notifications import notices_read
from app.models.push import sending
from app.models.push.device import PushDelivery, PushDevice, Subscription
from app.models.push.vapid import VapidKey
from app.render import nothing, toast

PRIVATE = {"Cache-Control": "private, no-store"}


class Keys(msgspec.Struct):
    """Of a `PushSubscription`, base64url."""

    p256dh: str
    auth: str


class Said(msgspec.Struct):
    """A browser's subscription (`PushSubscription.toJSON()`), the key that it was made with, and the endpoint before, if any."""

    endpoint: str
    keys: Keys
    key: str
    replaces: str = ""


@get("/push/key", include_in_schema=False)
async def show_key(request: Request) -> Response[bytes]:
    """The key to subscribe with, whether this browser is known, and what its person may want to hear of it."""
    device = await PushDevice.of_session(request.state.viewer)
    key = await VapidKey.current()
    told = {"key": key.public, "device": device.id if device else None, "current": bool(device and device.vapid_id == key.id)}
    return Response(json.dumps(told).encode(), media_type="application/json", headers=PRIVATE)


@post("/push/devices", status_code=200, include_in_schema=False)
async def create_device(request: Request) -> Response[bytes]:
    """Push to this browser from now on."""
    try:
        said = msgspec.json.decode(await request.body(), type=Said)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(_("This subscription can’t be used. Turn notifications off and on again on this device.")) from None
    subscription = Subscription(
        said.endpoint, said.keys.p256dh, said.keys.auth, said.key, host=request.state.origin, user_agent=request.headers.get("user-agent", ""),
        replaces=said.replaces,
    )
    device = await PushDevice.subscribe(request.state.viewer, subscription, request.app.state.settings.push_private_hosts)
    return Response(json.dumps({"device": device.id}).encode(), media_type="application/json", headers=PRIVATE)


@post("/push/devices/{device_id:int}/test", status_code=200, include_in_schema=False)
async def create_test(request: Request, device_id: FromPath[int]) -> Response[bytes]:
    """Send a test there."""
    device = await PushDevice.found(request.state.viewer, device_id)
    await sending.send_test(device)
    return nothing(200, **toast(_("A test is on its way to %(device)s.") % {"device": device.name}), **{"HX-Reswap": "none"})


@post("/push/deliveries/{delivery_id:int}/shown", status_code=200, include_in_schema=False)
async def note_shown(request: Request, delivery_id: FromPath[int]) -> Response[bytes]:
    """The device's worker has shown it."""
    await (await PushDelivery.found(request.state.viewer, delivery_id)).acknowledge("shown_at")
    return nothing()


@post("/push/deliveries/{delivery_id:int}/clicked", status_code=200, include_in_schema=False)
async def note_clicked(request: Request, delivery_id: FromPath[int]) -> Response[bytes]:
    """It was clicked, or answered: then it is read."""
    delivery = await PushDelivery.found(request.state.viewer, delivery_id)
    await delivery.acknowledge("clicked_at")
    if delivery.notification_id:
        await notices_read(delivery.account_id, ids=[delivery.notification_id])
        await notices_read(delivery.account_id, source=delivery.tag)
    return nothing()


handlers = [show_key, create_device, create_test, note_shown, note_clicked]
