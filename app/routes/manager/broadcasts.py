"""What other tabs are told about people, teams and rooms: only that there is something new, and about whom."""

from __future__ import annotations

from collections.abc import Collection

from app import live
from app.models.announcements import announced

MOST = 100


@announced("members.changed")
def _members(org_id: int, account_ids: Collection[int] = ()) -> None:
    live.publish(f"members:{org_id}", "changed", data={"people": list(account_ids)[:MOST]})


@announced("teams.changed")
def _teams(org_id: int, account_ids: Collection[int] = ()) -> None:
    live.publish(f"teams:{org_id}", "changed", data={})
    live.publish(f"members:{org_id}", "changed", data={"people": list(account_ids)[:MOST]})


@announced("resources.changed")
def _resources(org_id: int) -> None:
    live.publish(f"resources:{org_id}", "changed", data={})


@announced("organisation.changed")
def _organisation(org_id: int) -> None:
    live.publish(f"members:{org_id}", "changed", data={"people": []})


@announced("invitations.changed")
def _invitations(org_id: int, _channel_ids: Collection[int] = ()) -> None:
    live.publish(f"invitations:{org_id}", "changed", data={})


@announced("brand.changed")
def _brand(org_id: int) -> None:
    live.publish(f"brand:{org_id}", "changed", data={})
