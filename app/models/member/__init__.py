"""The people of an organisation as its administrators see them.

`listing.py` looking through them, `rights.py` roles, product rights and being shut out, `removal.py` taking somebody out with a
hand-over, `directory.py` who there is to choose from. Coming in is app/models/invitation.
"""

from app.models.departure import on_departure
from app.models.member.directory import colleagues, people_like
from app.models.member.listing import (
    PIECE,
    SORTS,
    STATES,
    Counts,
    Member,
    Wanted,
    all_people,
    count_people,
    count_sessions,
    find_member,
    list_people,
    what_is_left_by,
)
from app.models.member.removal import end_membership
from app.models.member.rights import GIVEN, MOST_TITLE, Changed, change_role, disable, enable, set_right, set_title

__all__ = [
    "GIVEN",
    "MOST_TITLE",
    "PIECE",
    "SORTS",
    "STATES",
    "Changed",
    "Counts",
    "Member",
    "Wanted",
    "all_people",
    "change_role",
    "colleagues",
    "count_people",
    "count_sessions",
    "disable",
    "enable",
    "end_membership",
    "find_member",
    "list_people",
    "on_departure",
    "people_like",
    "set_right",
    "set_title",
    "what_is_left_by",
]
