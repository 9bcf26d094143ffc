"""What a proxy asks before it gets a certificate for a host name (Caddy's on-demand TLS)."""

from __future__ import annotations

import ipaddress

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import Response

from app.models.brand.known import brand_at
from app.routes.guard import OPEN


@get("/internal/tls-ask", opt=OPEN, include_in_schema=False)
async def may_have_certificate(request: Request, domain: FromQuery[str] = "") -> Response[str]:
    """200 for a proven host of a brand that is switched on; for all others, and for askers from elsewhere, 404."""
    if _is_proxy(request) and await brand_at(domain.lower()):
        return Response("yes\n", media_type="text/plain", headers={"Cache-Control": "no-store"})
    return Response("no\n", status_code=404, media_type="text/plain", headers={"Cache-Control": "no-store"})


def _is_proxy(request: Request) -> bool:
    """Whether the proxy itself asks, and doesn't pass on what somebody else does."""
    client = request.client.host if request.client else ""
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        return client in request.app.state.settings.trusted_proxies or ipaddress.ip_address(client).is_loopback
    except ValueError:
        return False


handlers = [may_have_certificate]
