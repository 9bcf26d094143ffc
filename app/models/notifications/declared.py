"""The kinds of notices that exist."""

from __future__ import annotations

from app.lib import clock
from app.lib.i18n import _, ngettext
from app.models.notifications.kinds import CALENDAR, CHAT, FILES, HIGH, LOW, PEOPLE, SECURITY, SYSTEM, Action, Facts, Words, notice_kind

_HOUR = clock.HOUR // clock.SECOND
_WEEK = 7 * clock.DAY // clock.SECOND


def _chat_actions(facts: Facts) -> list[Action]:
    channel = facts.get("channel_id")
    thread = f"/threads/{facts['thread_id']}" if facts.get("thread_id") else ""
    return [
        Action("reply", _("Reply"), url=f"/chat/channels/{channel}{thread}/messages", field="text", placeholder=_("Write a reply")),
        Action("read", _("Mark as read")),
    ]


@notice_kind(
    "chat.direct", label=lambda: _("Direct messages"), area=CHAT, icon="message-circle", actions=_chat_actions, urgency=HIGH,
    about=lambda: _("Somebody writes to you alone, or to a group that you are in."),
)
def _direct(facts: Facts) -> Words:
    title = facts.get("actor", "")
    return Words(_("%(name)s (in a group)") % {"name": title} if facts.get("is_group") else title, facts.get("text", ""))


@notice_kind(
    "chat.mention", label=lambda: _("Mentions"), area=CHAT, icon="at-sign", actions=_chat_actions, urgency=HIGH,
    about=lambda: _("Somebody names you in a channel."),
)
def _mention(facts: Facts) -> Words:
    return Words(_("%(actor)s mentioned you in #%(channel)s") % {"actor": facts.get("actor", ""), "channel": facts.get("channel", "")}, facts.get("text", ""))


@notice_kind(
    "chat.thread", label=lambda: _("Answers in threads that I follow"), area=CHAT, icon="message-square-text", actions=_chat_actions,
    about=lambda: _("Somebody answers where you began a thread, took part, or chose to follow."),
)
def _thread(facts: Facts) -> Words:
    words = {"actor": facts.get("actor", ""), "channel": facts.get("channel", "")}
    return Words(_("%(actor)s answered in a thread of #%(channel)s") % words, facts.get("text", ""))


@notice_kind(
    "chat.channel", label=lambda: _("All messages of a channel"), area=CHAT, icon="bell", actions=_chat_actions, mail=False,
    about=lambda: _("In channels whose bell you set to “All messages”."),
)
def _channel(facts: Facts) -> Words:
    return Words(_("%(actor)s in #%(channel)s") % {"actor": facts.get("actor", ""), "channel": facts.get("channel", "")}, facts.get("text", ""))


@notice_kind(
    "chat.keyword", label=lambda: _("My keywords"), area=CHAT, icon="tag", actions=_chat_actions,
    about=lambda: _("Somebody says one of your keywords in a channel that you are in."),
)
def _keyword(facts: Facts) -> Words:
    words = {"actor": facts.get("actor", ""), "channel": facts.get("channel", "")}
    return Words(_("%(actor)s said one of your keywords in #%(channel)s") % words, facts.get("text", ""))


@notice_kind(
    "chat.reminder", label=lambda: _("Reminders of mine"), area=CHAT, icon="clock", urgency=HIGH,
    about=lambda: _("What you wanted to be reminded of, when its time has come."),
)
def _reminder(facts: Facts) -> Words:
    if not facts.get("actor"):
        return Words(_("Reminder"), facts.get("text", ""))
    note = f"{facts['note']} — " if facts.get("note") else ""
    return Words(_("Reminder: a message by %(name)s") % {"name": facts["actor"]}, note + facts.get("text", ""))


@notice_kind(
    "chat.reaction", label=lambda: _("Reactions to my messages"), area=CHAT, icon="smile", push=False, mail=False, urgency=LOW, ttl=_HOUR,
    about=lambda: _("Somebody puts an emoji on something that you wrote."),
)
def _reaction(facts: Facts) -> Words:
    return Words(_("%(actor)s reacted with %(emoji)s") % {"actor": facts.get("actor", ""), "emoji": facts.get("emoji", "")}, facts.get("text", ""))


@notice_kind(
    "drive.shared", label=lambda: _("Something is shared with me"), area=FILES, icon="folder",
    about=lambda: _("Somebody lets you, or a team of yours, use a file or folder."),
)
def _shared(facts: Facts) -> Words:
    return Words(_("%(actor)s shared “%(name)s” with you") % {"actor": facts.get("actor", ""), "name": facts.get("name", "")}, facts.get("text", ""))


@notice_kind(
    "drive.mention", label=lambda: _("Mentions in comments"), area=FILES, icon="at-sign", urgency=HIGH,
    about=lambda: _("Somebody names you in a comment on a file."),
)
def _file_mention(facts: Facts) -> Words:
    return Words(_("%(actor)s mentioned you on “%(name)s”") % {"actor": facts.get("actor", ""), "name": facts.get("name", "")}, facts.get("text", ""))


@notice_kind(
    "drive.comment", label=lambda: _("Comments on my files"), area=FILES, icon="message-square-text", push=False,
    about=lambda: _("Somebody comments on a file of yours, or on one that you commented on."),
)
def _commented(facts: Facts) -> Words:
    return Words(_("%(actor)s commented on “%(name)s”") % {"actor": facts.get("actor", ""), "name": facts.get("name", "")}, facts.get("text", ""))


@notice_kind(
    "drive.received", label=lambda: _("Files that arrive by a link"), area=FILES, icon="inbox",
    about=lambda: _("Somebody sent files to a drop box of yours."),
)
def _received(facts: Facts) -> Words:
    who = facts.get("actor") or _("Somebody")
    return Words(_("%(actor)s sent files to “%(name)s”") % {"actor": who, "name": facts.get("name", "")}, facts.get("text", ""))


@notice_kind(
    "calendar.reminder", label=lambda: _("Reminders of events"), area=CALENDAR, icon="bell", mail=False, urgency=HIGH, ttl=_HOUR,
    about=lambda: _("As long before an event as you chose there."),
)
def _event_reminder(facts: Facts) -> Words:
    parts = [part for part in (facts.get("when", ""), facts.get("place", "")) if part]
    return Words(facts.get("title") or _("Event without a title"), " · ".join(parts))


@notice_kind(
    "calendar.invited", label=lambda: _("Invitations to events"), area=CALENDAR, icon="calendar-plus", urgency=HIGH,
    about=lambda: _("Somebody invites you to an event."),
)
def _invited(facts: Facts) -> Words:
    return Words(_("%(actor)s invites you: %(title)s") % {"actor": facts.get("actor", ""), "title": facts.get("title", "")}, facts.get("when", ""))


@notice_kind(
    "calendar.changed", label=lambda: _("Changes of events that I am invited to"), area=CALENDAR, icon="calendar", urgency=HIGH,
    about=lambda: _("An event is moved, changed or cancelled."),
)
def _changed(facts: Facts) -> Words:
    titles = {"cancelled": _("Cancelled: %(title)s"), "changed": _("Changed: %(title)s"), "uninvited": _("You are no longer invited: %(title)s"),
              "kept": _("The time stays as it is: %(title)s")}
    title = titles.get(facts.get("what", ""), titles["changed"]) % {"title": facts.get("title", "")}
    return Words(title, " · ".join(part for part in (facts.get("actor", ""), facts.get("when", ""), facts.get("text", "")) if part))


@notice_kind(
    "calendar.answered", label=lambda: _("Answers to my invitations"), area=CALENDAR, icon="circle-check", mail=False,
    about=lambda: _("A guest accepts, declines or proposes another time."),
)
def _answered(facts: Facts) -> Words:
    titles = {
        "ACCEPTED": _("%(name)s comes: %(title)s"), "DECLINED": _("%(name)s doesn’t come: %(title)s"), "TENTATIVE": _("%(name)s comes perhaps: %(title)s"),
        "COUNTER": _("%(name)s proposes another time: %(title)s"),
    }
    title = titles.get(facts.get("answer", ""), titles["TENTATIVE"]) % {"name": facts.get("name", ""), "title": facts.get("title", "")}
    return Words(title, " · ".join(part for part in (facts.get("when", ""), facts.get("text", "")) if part))


@notice_kind(
    "calendar.agenda", label=lambda: _("My day, in the morning"), area=CALENDAR, icon="calendar", in_app=False, push=False, mail=False, urgency=LOW, ttl=_HOUR,
    about=lambda: _("At seven on your clock, what the day brings. Nothing comes on days without events."),
)
def _agenda(facts: Facts) -> Words:
    count = facts.get("count", 0)
    return Words(ngettext("Today: %(count)s event", "Today: %(count)s events", count) % {"count": count}, facts.get("text", ""))


@notice_kind(
    "calendar.booked", label=lambda: _("Bookings"), area=CALENDAR, icon="calendar-plus", urgency=HIGH,
    about=lambda: _("Somebody books a time with you by a booking page."),
)
def _booked(facts: Facts) -> Words:
    return Words(_("%(name)s booked: %(title)s") % {"name": facts.get("name", ""), "title": facts.get("title", "")}, facts.get("when", ""))


@notice_kind(
    "calendar.shared", label=lambda: _("Calendars shared with me"), area=CALENDAR, icon="calendar-plus", push=False, mail=False, urgency=LOW,
    about=lambda: _("Somebody shares a calendar with you."),
)
def _calendar_shared(facts: Facts) -> Words:
    return Words(_("%(actor)s shares the calendar %(calendar)s with you") % {"actor": facts.get("actor", ""), "calendar": facts.get("calendar", "")})


@notice_kind(
    "member.joined", label=lambda: _("Somebody new joins"), area=PEOPLE, icon="user-plus", push=False, mail=False, urgency=LOW,
    about=lambda: _("A colleague or a guest is new in the organisation or in one of your channels."),
)
def _joined(facts: Facts) -> Words:
    place = facts.get("place") or facts.get("organisation") or ""
    name = facts.get("name", "")
    return Words(_("%(name)s joined %(place)s") % {"name": name, "place": place} if place else _("%(name)s joined") % {"name": name}, facts.get("text", ""))


@notice_kind(
    "invitation.accepted", label=lambda: _("An invitation of mine is accepted"), area=PEOPLE, icon="circle-check",
    about=lambda: _("Somebody whom you invited has registered."),
)
def _accepted(facts: Facts) -> Words:
    return Words(_("%(name)s accepted your invitation") % {"name": facts.get("name", "")}, facts.get("email", ""))


@notice_kind(
    "invitation.declined", label=lambda: _("An invitation of mine is declined"), area=PEOPLE, icon="ban", push=False, mail=False,
    about=lambda: _("Somebody whom you invited doesn’t want to join."),
)
def _declined(facts: Facts) -> Words:
    return Words(_("%(email)s declined your invitation") % {"email": facts.get("email", "")})


@notice_kind(
    "guest.ending", label=lambda: _("A guest’s access ends soon"), area=PEOPLE, icon="clock", urgency=LOW, ttl=_WEEK,
    about=lambda: _("So that whoever invited the guest can prolong it in time."),
)
def _ending(facts: Facts) -> Words:
    return Words(_("The access of %(name)s ends on %(date)s") % {"name": facts.get("name", ""), "date": facts.get("date", "")}, facts.get("text", ""))


@notice_kind(
    "contacts.shared", label=lambda: _("An address book is shared with me"), area=PEOPLE, icon="contact-round",
    about=lambda: _("A colleague lets you use one of their address books."),
)
def _book_shared(facts: Facts) -> Words:
    return Words(_("%(actor)s shares the address book %(book)s with you") % {"actor": facts.get("actor", ""), "book": facts.get("book", "")})


@notice_kind(
    "security.sign_in", label=lambda: _("A new sign-in"), area=SECURITY, icon="log-in", own_mail=True, urgent=True, always=True, urgency=HIGH, ttl=_WEEK,
    about=lambda: _(
        "Your account is used on a device that it wasn’t used on before. Comes also while you aren’t to be disturbed. By mail at once, not in the digest."
    ),
)
def _sign_in(facts: Facts) -> Words:
    device = facts.get("device") or _("Unknown device")
    return Words(_("New sign-in to your account"), _("%(device)s. If this wasn’t you, change your password now.") % {"device": device})


@notice_kind(
    "security.password", label=lambda: _("The protection of my account changes"), area=SECURITY, icon="key-round", mail=False, urgent=True, always=True,
    urgency=HIGH, ttl=_WEEK, about=lambda: _("Password, second step, passkeys, address. Comes also while you aren’t to be disturbed."),
)
def _password(facts: Facts) -> Words:
    titles = {
        "two_factor.on": _("Two-step sign-in was turned on"), "two_factor.off": _("Two-step sign-in was turned off"),
        "two_factor.codes": _("New recovery codes were made"), "passkey.add": _("A passkey was added"), "passkey.remove": _("A passkey was removed"),
        "identity.connect": _("A way to sign in was connected"), "identity.disconnect": _("A way to sign in was disconnected"),
        "account.email": _("Your address was changed"), "application_password.make": _("An application password was made"),
        "sign_in.guessed": _("Somebody tried to guess your password"),
    }
    return Words(titles.get(facts.get("what", ""), _("Your password was changed")), _("If this wasn’t you, ask an administrator for help at once."))


@notice_kind(
    "push.gone", label=lambda: _("A device gets no more notifications"), area=SYSTEM, icon="bell-off", push=False, mail=False,
    about=lambda: _("The browser or its push service has ended the subscription of one of your devices."),
)
def _gone(facts: Facts) -> Words:
    return Words(
        _("%(device)s gets no more notifications") % {"device": facts.get("device", "")},
        _("Its browser ended the subscription. Open Chalet there and turn notifications on again."),
    )


@notice_kind(
    "system.jobs", label=lambda: _("Work of the server failed"), area=SYSTEM, icon="triangle-alert", admins=True, urgency=LOW,
    about=lambda: _("Something that the server should have done was given up after many tries."),
)
def _jobs(facts: Facts) -> Words:
    return Words(_("The server gave up some work"), _("%(what)s: %(error)s") % {"what": facts.get("kind", ""), "error": facts.get("error", "")})


@notice_kind(
    "system.mail", label=lambda: _("Mail isn’t configured"), area=SYSTEM, icon="mail", admins=True, push=False, mail=False, urgency=LOW,
    about=lambda: _("Mails wait in the outbox folder because no mail server is set."),
)
def _mail(_facts: Facts) -> Words:
    return Words(_("Mails aren’t sent"), _("No mail server is set, so invitations and password links stay on the server."))
