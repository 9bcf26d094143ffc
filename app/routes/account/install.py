"""Installing the apps on this device, and taking them off again (PWA-01 to PWA-06)."""

from __future__ import annotations

from litestar import Request, get
from litestar.response import Response

from app.lib.browsers import DEVICES, device_of
from app.routes.account import show
from app.routes.pwa import installable


@get("/account/install", include_in_schema=False)
async def show_install(request: Request) -> Response[bytes]:
    """Each app with its button, and how it is done where the browser has no prompt, this browser first."""
    viewer = request.state.viewer
    apps = [app for app in installable() if app.url == "/" or viewer.can_use(app.key)]
    device = device_of(request.headers.get("user-agent", ""))
    return await show(request, "install", installable=apps, devices=sorted(DEVICES, key=lambda one: one != device), device=device)


handlers = [show_install]
