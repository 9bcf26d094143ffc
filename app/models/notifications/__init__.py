"""Telling people what happened, where they want to hear of it, and why they did or didn't.

`kinds.py` what a kind of notice is, `declared.py` those that exist, `deciding.py` the rules, `notification.py` the rows, `choices.py`
what people chose, `notifying.py` telling, reading and withdrawing, `digest.py` mails of what was missed. Pushing is `app.models.push`.
"""

from app.models.notifications import declared
from app.models.notifications.choices import Digest, NoticeChoice, NoticeMute
from app.models.notifications.kinds import Action, Facts, Kind, Words, all_kinds, kind_of, notice_kind
from app.models.notifications.notification import Notification, unread_count
from app.models.notifications.notifying import notices_changed, notices_read, notices_unread, notices_withdrawn, notify

__all__ = [
    "Action",
    "Digest",
    "Facts",
    "Kind",
    "NoticeChoice",
    "NoticeMute",
    "Notification",
    "Words",
    "all_kinds",
    "declared",
    "kind_of",
    "notice_kind",
    "notices_changed",
    "notices_read",
    "notices_unread",
    "notices_withdrawn",
    "notify",
    "unread_count",
]
