"""Recurrence rules in words, in the language being spoken: “every 2 weeks on Monday and Thursday, until 3 March 2027”."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from babel.dates import format_date, get_day_names, get_month_names
from babel.lists import format_list

from app.lib.i18n import _, language, ngettext
from app.lib.locales import territory
from app.lib.recurrence import DAILY, MONTHLY, WEEKLY, YEARLY, Rule

_WORKDAYS = {0, 1, 2, 3, 4}


def describe(rule: Rule, first: date | datetime) -> str:
    """What a rule says of events that begin with `first`. Rules beyond what people write are called a rule of their own."""
    said = _how_often(rule, first)
    if rule.until is not None:
        return _("%(rule)s, until %(day)s") % {"rule": said, "day": format_date(rule.until, "long", locale=territory(language()))}
    if rule.count is not None:
        return _("%(rule)s, %(times)s") % {"rule": said, "times": ngettext("%(num)s time", "%(num)s times", rule.count) % {"num": rule.count}}
    return said


def _how_often(rule: Rule, first: date | datetime) -> str:
    if rule.byhour or rule.byminute or rule.bysecond or rule.byyearday or rule.byweekno:
        return _("by a rule of its own")
    if rule.freq == DAILY:
        return _daily(rule)
    if rule.freq == WEEKLY and not rule.bymonthday and not rule.bymonth:
        return _weekly(rule, first)
    if rule.freq == MONTHLY and not rule.bymonth:
        return _monthly(rule, first)
    if rule.freq == YEARLY:
        return _yearly(rule, first)
    return _("by a rule of its own")


def _daily(rule: Rule) -> str:
    days = {day for _nth, day in rule.byday}
    if rule.bymonthday or rule.bymonth or rule.bysetpos:
        return _("by a rule of its own")
    if days:
        return _on_days(_("every day"), days) if days != _WORKDAYS else _("every working day")
    return _("every day") if rule.interval == 1 else ngettext("every %(num)s day", "every %(num)s days", rule.interval) % {"num": rule.interval}


def _weekly(rule: Rule, first: date | datetime) -> str:
    days = {day for _nth, day in rule.byday} or {first.weekday()}
    if rule.interval == 1 and days == _WORKDAYS:
        return _("every working day")
    every = _("every week") if rule.interval == 1 else ngettext("every %(num)s week", "every %(num)s weeks", rule.interval) % {"num": rule.interval}
    return _on_days(every, days)


def _on_days(every: str, days: set[int]) -> str:
    names = get_day_names("wide", locale=language())
    return _("%(every)s on %(days)s") % {"every": every, "days": format_list([names[day] for day in sorted(days)], locale=language())}


def _monthly(rule: Rule, first: date | datetime) -> str:
    every = _("every month") if rule.interval == 1 else ngettext("every %(num)s month", "every %(num)s months", rule.interval) % {"num": rule.interval}
    which = _day_of_month(rule, first)
    return _("%(every)s on %(which)s") % {"every": every, "which": which} if which else _("by a rule of its own")


def _day_of_month(rule: Rule, first: date | datetime) -> str:
    """Such as “day 3”, “the last day”, “the second Tuesday”; empty for what has no short words."""
    if rule.byday and not rule.bymonthday:
        nths = {nth for nth, _day in rule.byday} if not rule.bysetpos else set(rule.bysetpos)
        days = {day for _nth, day in rule.byday}
        if len(nths) != 1 or 0 in nths:
            return ""
        return nth_day(nths.pop(), days)
    if rule.byday or rule.bysetpos:
        return ""
    numbers = rule.bymonthday or (first.day,)
    if numbers == (-1,):
        return _("the last day")
    if any(number < 1 for number in numbers):
        return ""
    return _("day %(days)s") % {"days": format_list([str(number) for number in numbers], locale=language())}


def nth_day(nth: int, days: set[int]) -> str:
    """Such as “the second Tuesday” or “the last working day”; empty for positions that have no word."""
    if days == _WORKDAYS:
        names = {1: _("the first working day"), -1: _("the last working day")}
        return names.get(nth, "")
    if len(days) != 1:
        return ""
    day = get_day_names("wide", locale=language())[next(iter(days))]
    forms = {
        1: _("the first %(day)s"), 2: _("the second %(day)s"), 3: _("the third %(day)s"), 4: _("the fourth %(day)s"), 5: _("the fifth %(day)s"),
        -1: _("the last %(day)s"), -2: _("the last %(day)s but one"),
    }
    return forms[nth] % {"day": day} if nth in forms else ""


def _yearly(rule: Rule, first: date | datetime) -> str:
    every = _("every year") if rule.interval == 1 else ngettext("every %(num)s year", "every %(num)s years", rule.interval) % {"num": rule.interval}
    months = rule.bymonth or (first.month,)
    if rule.byday or rule.bysetpos:
        which = _day_of_month(rule, first)
        return _("%(every)s on %(which)s of %(months)s") % {"every": every, "which": which, "months": _months(months)} if which else _("by a rule of its own")
    days = rule.bymonthday or (first.day,)
    if len(days) == 1 and len(months) == 1 and days[0] > 0:
        day = date(2000, months[0], min(days[0], 29 if months[0] == 2 else 30 if months[0] in (4, 6, 9, 11) else 31))
        return _("%(every)s on %(day)s") % {"every": every, "day": format_date(day, "d MMMM", locale=territory(language()))}
    return _("by a rule of its own")


def _months(months: Sequence[int]) -> str:
    names = get_month_names("wide", locale=language())
    return format_list([names[month] for month in months], locale=language())
