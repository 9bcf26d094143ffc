"""What reaches somebody, where and how often: the choices, the devices, the digest, the muted sources."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response

from app.lib.forms import CheckField, ChoiceField, Form, ManyField, NumberField, TextField
from app.lib.i18n import _
from app.lib.webpush import service_of
from app.models.notifications import Digest, NoticeChoice, NoticeMute, all_kinds
from app.models.notifications.choices import DAILY, FREQUENCIES, HOURLY, OFF, WEEKLY
from app.models.notifications.kinds import AREAS, CHANNELS, PUSH, Kind
from app.models.push.device import PushDevice
from app.models.viewer import Viewer
from app.render import fragment, is_htmx, nothing, redirect, toast
from app.routes.account import done, show
from app.routes.notification_words import STATES, area_name

PAGE = "/account/notifications"
DEVICES: dict[str, Any] = {"push-devices": True}


class Matrix(Form):
    """What is on, as `kind:channel`."""

    on = ManyField(TextField(most=60), most=400)


class DigestForm(Form):
    """How often, and when."""

    frequency = ChoiceField(FREQUENCIES)
    hour = NumberField(0, 23)
    weekday = NumberField(0, 6)


class DeviceForm(Form):
    """What a device is called and takes."""

    name = TextField(most=80, required=False)
    is_on = CheckField()
    kinds = ManyField(TextField(most=40), most=100)


@get("/account/notifications", include_in_schema=False)
async def show_notifications(request: Request) -> Response[bytes]:
    """All of it."""
    viewer = request.state.viewer
    digest = await Digest.of(viewer.account_id)
    form = DigestForm(frequency=digest.frequency, hour=digest.hour, weekday=digest.weekday)
    return await show(
        request, "notifications", areas=await _matrix(viewer), form=form, frequencies=_frequencies(), weekdays=_weekdays(),
        mutes=await NoticeMute.of(viewer), **await _devices(viewer),
    )


@post("/account/notifications", status_code=200, include_in_schema=False)
async def update_notifications(request: Request) -> Response[bytes]:
    """Keep the matrix."""
    form = Matrix(await request.form())
    if not form.is_valid:
        return nothing(422)
    on = {(kind, channel) for kind, _colon, channel in (text.partition(":") for text in form["on"])}
    await NoticeChoice.matrix(request.state.viewer, on)
    return _saved(request)


@post("/account/notifications/digest", status_code=200, include_in_schema=False)
async def update_digest(request: Request) -> Response[bytes]:
    """Keep how often what was missed is mailed."""
    form = DigestForm(await request.form())
    if not form.is_valid:
        return nothing(422)
    await Digest.choose(request.state.viewer.account_id, form["frequency"], form["hour"], form["weekday"])
    return _saved(request)


@get("/account/notifications/devices", include_in_schema=False)
async def list_devices(request: Request) -> Response[bytes]:
    """The devices alone, asked for again when something was sent to one."""
    if not is_htmx(request):
        return redirect(request, PAGE)
    return fragment(request, "account/_push_devices.html", **await _devices(request.state.viewer))


@get("/account/notifications/devices/{device_id:int}", include_in_schema=False)
async def edit_device(request: Request, device_id: FromPath[int]) -> Response[bytes]:
    """What one device takes, and what was sent to it."""
    viewer = request.state.viewer
    device = await PushDevice.found(viewer, device_id)
    chosen = await NoticeChoice.of_device(viewer.account_id, device.id)
    context: dict[str, Any] = {
        "device": device, "kinds": [(kind, chosen.get(kind.key, True)) for kind in _pushed(viewer)], "log": await device.log(), "states": _states(),
        "labels": {kind.key: kind.label() for kind in all_kinds()},
    }
    if is_htmx(request) and not request.headers.get("hx-target", "").endswith("#view"):
        return fragment(request, "account/_push_device.html", in_dialog=True, **context)
    return await show(request, "push_device", in_dialog=False, **context)


@post("/account/notifications/devices/{device_id:int}", status_code=200, include_in_schema=False)
async def update_device(request: Request, device_id: FromPath[int]) -> Response[bytes]:
    """Keep a device's name and switches."""
    viewer, form = request.state.viewer, DeviceForm(await request.form())
    device = await PushDevice.found(viewer, device_id)
    if not form.is_valid:
        return nothing(422)
    await device.rename(form["name"])
    await device.change(is_on=form["is_on"])
    before = await NoticeChoice.of_device(viewer.account_id, device.id)
    for kind in _pushed(viewer):
        if (kind.key in form["kinds"]) != before.get(kind.key, True):
            await NoticeChoice.choose(viewer.account_id, kind.key, PUSH, kind.key in form["kinds"], device.id)
    return _saved(request, devices=True)


@post("/account/notifications/devices/{device_id:int}/removal", status_code=200, include_in_schema=False)
async def delete_device(request: Request, device_id: FromPath[int]) -> Response[bytes]:
    """Push there no more. Its browser finds that out by itself."""
    device = await PushDevice.found(request.state.viewer, device_id)
    await device.drop()
    if not is_htmx(request):
        return redirect(request, f"{PAGE}?saved=1")
    return nothing(
        200, **toast(_("%(device)s gets no more notifications.") % {"device": device.name}, **DEVICES),
        **{"HX-Reswap": "none"},
    )


async def _matrix(viewer: Viewer) -> list[dict[str, Any]]:
    """Kinds by area, each with what is on."""
    chosen = await NoticeChoice.of(viewer.account_id)
    kinds = all_kinds(viewer.is_admin)

    def row(kind: Kind) -> dict[str, Any]:
        on = {channel: chosen.get((kind.key, channel), kind.default(channel)) for channel in CHANNELS}
        return {"kind": kind, "on": on | ({"in_app": True} if kind.always else {})}

    return [{"name": area_name(area), "rows": [row(kind) for kind in kinds if kind.area == area]} for area in AREAS]


async def _devices(viewer: Viewer) -> dict[str, Any]:
    devices = await PushDevice.of(viewer)
    return {"devices": [{"row": one, "last": next(iter(await one.log(1)), None), "service": service_of(one.endpoint)} for one in devices], "states": _states()}


def _pushed(viewer: Viewer) -> list[Kind]:
    return [kind for kind in all_kinds(viewer.is_admin) if kind.key != "push.gone"]


def _states() -> dict[str, str]:
    return {key: words() for key, words in STATES.items()}


def _frequencies() -> list[tuple[str, str]]:
    names = {OFF: _("Never"), HOURLY: _("Every hour"), DAILY: _("Once a day"), WEEKLY: _("Once a week")}
    return [(key, names[key]) for key in FREQUENCIES]


def _weekdays() -> list[tuple[int, str]]:
    return list(enumerate((_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))))


def _saved(request: Request, devices: bool = False) -> Response[bytes]:
    if not is_htmx(request):
        return done(request, PAGE, _("Saved."), full=True)
    return nothing(200, **toast(_("Saved."), **(DEVICES if devices else {})), **{"HX-Reswap": "none"})


handlers = [show_notifications, update_notifications, update_digest, list_devices, edit_device, update_device, delete_device]
