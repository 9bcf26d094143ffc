"""Who is there and what they say about themselves, once for every page: static/js/presence.js keeps it up to date."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get
from litestar.response import Response

from app.lib import clock
from app.models.presence import AWAY, DND, ONLINE, choice_of, visible_states
from app.models.status import MemberStatus, visible_statuses
from app.models.viewer import Viewer


@get("/presence", include_in_schema=False)
async def show_presence(request: Request) -> Response[bytes]:
    """Everybody whom the viewer may see, and what the viewer chose."""
    viewer: Viewer = request.state.viewer
    states = await visible_states(viewer)
    snapshot = {
        "states": {state: [account for account, own in states.items() if own == state] for state in (ONLINE, AWAY, DND)},
        "statuses": [[account, *saying] for account, saying in (await visible_statuses(viewer)).items()],
        "me": await _mine(viewer),
    }
    return Response(msgspec.json.encode(snapshot), media_type="application/json", headers={"Cache-Control": "no-store"})


async def _mine(viewer: Viewer) -> dict[str, Any]:
    choice, now = await choice_of(viewer.account_id), clock.now()
    chosen = choice.current(now)
    return {
        "chosen": chosen,
        "until": choice.until if chosen else None,
        "quiet_until": choice.quiet_until(now),
        "has_status": await MemberStatus.own(viewer) is not None,
    }


handlers = [show_presence]
