"""Invitations by mail, reminders, and keeping calendars up to date."""

from __future__ import annotations

from app.jobs import GiveUp, context, job
from app.lib.ical import parse
from app.lib.mime import AddressError, Party
from app.mail import Letter, MailRefused, link_base, send, write
from app.models.account import Account
from app.models.bot import bot_says
from app.models.brand.known import brand_for, brand_of
from app.models.calendar import agenda, attachments, elsewhere, importing, letters, mailbox, managing, refreshing, reminders
from app.models.calendar.calendar import Calendar


@job("mail_event")
async def mail_event(calendar_id: int, email: str, method: str, ics: str, actor: str, is_update: bool = False) -> None:
    """Invite somebody of elsewhere, tell them what changed, or that it doesn't take place (RFC 6047)."""
    calendar = await Calendar.find(calendar_id)
    if calendar is None:
        return
    settings = context.settings()
    brand = await brand_of(calendar.org_id)
    base = brand.home or link_base(settings, f"http://localhost:{settings.port}")
    event = await letters.for_stranger(calendar, parse(ics), email, base)
    letter = await letters.invitation(calendar, event, email, method, actor, base, is_update=is_update)
    try:
        message = await write(Letter("event-invitation", Party(email, letter.name), letter.locale, letter.facts), brand, settings)
        letters.attach(message, letters.answered_to(event, settings.answers_address).serialize(), method, letter.reply_to)
        await send(message, settings)
    except (AddressError, MailRefused) as error:
        await letters.note(calendar, ics, email, str(error))
        raise GiveUp(str(error)) from error
    await letters.note(calendar, ics, email)


@job("mail_reply")
async def mail_reply(organiser: str, email: str, name: str, ics: str) -> None:
    """Tell who invites from elsewhere what somebody here answers (RFC 6047)."""
    settings, brand = context.settings(), await brand_for(email)
    answer = parse(ics)
    facts = letters.reply(answer, name or email)
    try:
        message = await write(Letter("event-reply", Party(organiser), "en", facts), brand, settings)
        letters.attach(message, ics, answer.text("METHOD"), email)
        await send(message, settings)
    except (AddressError, MailRefused) as error:
        raise GiveUp(str(error)) from error


@job("read_answers")
async def read_answers() -> None:
    """Apply the answers of guests that came by mail."""
    if url := context.settings().answers_imap_url:
        await mailbox.read(url)


@job("remind")
async def remind(object_id: int, due_at: int) -> None:
    """Remind of an event, to the second."""
    await reminders.remind(object_id, due_at)


@job("mail_reminder")
async def mail_reminder(account_id: int, title: str, when: str, place: str, url: str) -> None:
    """A reminder by mail."""
    settings, account = context.settings(), await Account.get(account_id)
    brand = await brand_for(account.email)
    base = brand.home or link_base(settings, f"http://localhost:{settings.port}")
    facts = {"title": title, "when": when, "place": place, "url": base + url}
    try:
        await send(await write(Letter("event-reminder", Party(account.email, account.name), account.locale, facts), brand, settings), settings)
    except (AddressError, MailRefused) as error:
        raise GiveUp(str(error)) from error


@job("say_reminder")
async def say_reminder(of_org: int, account_id: int, title: str, when: str, place: str, url: str) -> None:
    """A reminder in chat."""
    await bot_says(of_org, account_id, letters.said(title, when, place, url))


@job("send_agendas")
async def send_agendas() -> None:
    """Tell those who want it what their day brings."""
    await agenda.send_due()


@job("refresh_calendars")
async def refresh_calendars() -> None:
    """Fetch the calendars of elsewhere that are due."""
    await elsewhere.refresh_due(context.settings().push_private_hosts)


@job("extend_calendars")
async def extend_calendars() -> None:
    """Keep the index of instances ahead of time, and forget what nobody asks for any more."""
    await refreshing.extend()
    await managing.prune()
    await attachments.sweep()


@job("import_calendar")
async def import_calendar(import_id: int) -> None:
    """Bring a file in."""
    await importing.run(import_id)
