"""Alpina's teams, its rooms and what it lends, its plan, and when people were last there."""

from __future__ import annotations

from app import database
from app.demo.calendar import Calendar
from app.lib import clock
from app.lib.searching import fold
from app.models.account import Account
from app.models.organisation import Organisation
from app.models.resource import EQUIPMENT, ROOM, TEAMS, Resource, ResourceTeam
from app.models.team import Team, TeamMember

TEAM_LIST = (
    ("Product", "Decides what we make next, and tries it on the mountain", 14, False, ("beat", "chiara", "david", "jonas")),
    ("Marketing", "Campaigns, catalogue and the web shop’s front page", 20, False, ("elin", "chiara", "luca")),
    ("Operations", "Suppliers, stock and deliveries", 6, False, ("farid", "ines")),
    ("Support", "Answers customers and mends what broke", 8, False, ("greta", "hugo")),
    ("Hiking club", "Tours on Fridays after work. Everybody is welcome", 2, True, ("katja", "beat", "hugo", "luca", "anna")),
)
ROOMS = (
    (ROOM, "Matterhorn", 12, "Main building, 2nd floor", "Screen\nVideo camera\nWhiteboard", "Board room with a view of the lake", 16, ()),
    (ROOM, "Eiger", 6, "Main building, 2nd floor", "Screen\nWhiteboard", "", 10, ()),
    (ROOM, "Mönch", 4, "Main building, 1st floor", "Screen", "Quiet room for calls", 12, ()),
    (ROOM, "Sample room", 8, "Workshop, ground floor", "Sewing machine\nMannequins", "Fittings and material tests", 4, ("Product",)),
    (EQUIPMENT, "Company van", None, "Yard", "", "Bring it back with a full tank", 6, ()),
    (EQUIPMENT, "Photo kit", None, "Studio, basement", "Camera\nTwo lights\nTripod", "", 18, ("Marketing", "Product")),
)


async def fill(alpina: Organisation, cast: dict[str, Account], days: Calendar) -> None:
    """Make them, as old as the organisation."""
    await alpina.change(user_limit=50)
    for place, name in enumerate(cast):
        seen_at = days.ago(3 + place**3 * 7)
        await database.execute("UPDATE membership SET seen_at = $1 WHERE account_id = $2 AND org_id = $3", seen_at, cast[name].id, alpina.id)
    with clock.at(days.at(40, 9, 0)):
        teams = {name: await _team(alpina, cast, name, about, hue, is_open, people) for name, about, hue, is_open, people in TEAM_LIST}
        for kind, name, seats, place_, equipment, about, hue, for_teams in ROOMS:
            resource = await Resource.insert_new(
                org_id=alpina.id, kind=kind, name=name, name_key=fold(name), seats=seats, place=place_, equipment=equipment, about=about, hue=hue,
                booking=TEAMS if for_teams else "all", created_at=clock.now(), archived_at=None,
            )
            for team in for_teams:
                await ResourceTeam.insert_new(resource_id=resource.id, team_id=teams[team].id)


async def _team(
    alpina: Organisation, cast: dict[str, Account], name: str, about: str, hue: int, is_open: bool, people: tuple[str, ...]
) -> Team:
    """A team that its first person leads."""
    now = clock.now()
    team = await Team.insert_new(
        org_id=alpina.id, name=name, name_key=fold(name), about=about, hue=hue, open_at=now if is_open else None, created_at=now, deleted_at=None
    )
    for person in people:
        await TeamMember.insert_new(team_id=team.id, account_id=cast[person].id, joined_at=now, leads_at=now if person == people[0] else None)
    return team
