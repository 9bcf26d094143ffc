"""Somebody who leaves the organisation leaves its channels, and hands over those they founded."""

from __future__ import annotations

from typing import Any

from app import database, live
from app.lib.i18n import ngettext
from app.models.announcements import announce
from app.models.chat.channel import DIRECT, Channel, ChannelMember
from app.models.departure import on_departure
from app.models.organisation import Membership
from app.models.viewer import Viewer

_PLACES = """
SELECT m.* FROM channel_member m JOIN channel c ON c.id = m.channel_id WHERE c.org_id = $1 AND m.account_id = $2 AND c.kind <> $3
"""
_FOUNDED = "SELECT * FROM channel WHERE org_id = $1 AND created_by = $2 AND kind <> $3 ORDER BY id"


@on_departure
async def channels(viewer: Viewer, member: Membership, heir_id: int | None) -> dict[str, Any]:
    """Their channels go to the heir, who comes into those that would have nobody else to look after them. Direct conversations stay as they are."""
    founded = await database.fetch(_FOUNDED, member.org_id, member.account_id, DIRECT)
    taken: list[int] = []
    if heir_id is not None:
        for row in founded:
            channel = Channel.from_row(row)
            await channel.change(created_by=heir_id)
            taken += [channel.id] if await channel.take_in([heir_id]) else []
    places = await database.fetch(_PLACES, member.org_id, member.account_id, DIRECT)
    for place in places:
        await (await Channel.get(place["channel_id"])).let_go(member.account_id)
    return {
        "account": member.account_id, "heir": heir_id, "founded": [row["id"] for row in founded] if heir_id else [], "taken": taken, "places": places,
    }


@channels.undo
async def _back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    for place in inverse["places"]:
        if await Channel.find(place["channel_id"]):
            await database.execute("DELETE FROM channel_member WHERE channel_id = $1 AND account_id = $2", place["channel_id"], place["account_id"])
            await ChannelMember.insert(ChannelMember(**place)).run()
            announce("channel.members", place["channel_id"], [place["account_id"]])
    for channel_id in inverse["founded"]:
        await database.execute(
            "UPDATE channel SET created_by = $1 WHERE id = $2 AND created_by = $3 AND org_id = $4",
            inverse["account"], channel_id, inverse["heir"], viewer.org_id,
        )
    for channel_id in inverse["taken"]:
        channel = await Channel.find(channel_id)
        if channel is not None:
            await channel.let_go(inverse["heir"])
    live.cut_account(inverse["account"])


@channels.owned
async def _owned(member: Membership) -> list[str]:
    founded = await database.fetch(_FOUNDED, member.org_id, member.account_id, DIRECT)
    if not founded:
        return []
    said = ngettext("%(count)s channel: %(names)s", "%(count)s channels: %(names)s", len(founded))
    return [said % {"count": len(founded), "names": ", ".join(f"#{row['name']}" for row in founded[:5]) + (" …" if len(founded) > 5 else "")}]
