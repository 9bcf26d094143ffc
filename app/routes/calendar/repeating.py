"""How an event repeats, as the form says it: the usual ways by name, any other put together, what is stranger kept as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from babel.dates import get_day_names

from app.lib.forms import ChoiceField, Form, ManyField, NumberField, TextField
from app.lib.i18n import _, language
from app.lib.recurrence import DAILY, FREQUENCIES, MONTHLY, WEEKLY, YEARLY, Rule
from app.lib.recurrence_words import describe, nth_day

KEEP, CUSTOM = "keep", "custom"
USUAL = ("", "daily", "workdays", "weekly", "monthly", "monthly-nth", "yearly", CUSTOM, KEEP)
MOST_ALSO = 100
_WORKDAYS = tuple((0, day) for day in range(5))


class Repeating(Form):
    """The fields of the form that say how an event repeats."""

    repeat = ChoiceField(USUAL, required=False)
    interval = NumberField(1, 999, required=False, default=1)
    frequency = ChoiceField(FREQUENCIES[:4], required=False, default="WEEKLY")
    weekdays = ManyField(NumberField(0, 6))
    month_by = ChoiceField(("day", "nth", "last", "last-day"), required=False, default="day")
    ends = ChoiceField(("never", "until", "count"), required=False, default="never")
    until = TextField(required=False)
    count = NumberField(1, 999, required=False)
    also = ManyField(TextField(most=10, required=False), most=MOST_ALSO)


def read_rule(form: Form, first: date, kept: Rule | None = None) -> Rule | None:
    """The rule of a form whose event begins on `first`; `kept` is the one it had. Refuses on the form what can't be."""
    how = form["repeat"]
    if not how:
        return None
    rule = kept if how == KEEP else _usual(how, first) or _custom(form, first)
    if rule is None or how == KEEP:
        return rule
    if form["ends"] == "count":
        if form["count"] is None:
            form.refuse("count", _("Please say how often."))
        return replace(rule, count=form["count"])
    if form["ends"] == "until":
        return _until(form, rule, first)
    return rule


def read_extra(form: Form, start: datetime, known: Sequence[datetime]) -> tuple[datetime, ...]:
    """The other dates of a form (RDATE): at the time of day that an event begins, those that were there as they are."""
    if not form["repeat"] and not known:
        return ()
    times, found = {wall.date(): wall for wall in known}, []
    for text in filter(None, form["also"]):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            form.refuse("also", _("This isn’t a date."))
            continue
        found.append(times.get(day) or datetime.combine(day, start.time()))
    return tuple(sorted(set(found) - {start}))


def _usual(how: str, first: date) -> Rule | None:
    nth, day = _nth(first), first.weekday()
    rules = {
        "daily": Rule(DAILY), "workdays": Rule(WEEKLY, byday=_WORKDAYS), "weekly": Rule(WEEKLY, byday=((0, day),)),
        "monthly": Rule(MONTHLY, bymonthday=(first.day,)), "monthly-nth": Rule(MONTHLY, byday=((nth, day),)), "yearly": Rule(YEARLY),
    }
    return rules.get(how)


def _custom(form: Form, first: date) -> Rule:
    frequency = FREQUENCIES.index(form["frequency"])
    rule = Rule(frequency, interval=form["interval"])
    if frequency == WEEKLY:
        return replace(rule, byday=tuple((0, day) for day in sorted(form["weekdays"] or [first.weekday()])))
    if frequency != MONTHLY:
        return rule
    by = form["month_by"]
    if by == "last-day":
        return replace(rule, bymonthday=(-1,))
    if by in ("nth", "last"):
        return replace(rule, byday=((-1 if by == "last" else _nth(first), first.weekday()),))
    return replace(rule, bymonthday=(first.day,))


def _until(form: Form, rule: Rule, first: date) -> Rule:
    try:
        until = date.fromisoformat(form["until"])
    except ValueError:
        form.refuse("until", _("Please give the last day."))
        return rule
    if until < first:
        form.refuse("until", _("This is before the first event."))
    return replace(rule, until=datetime(until.year, until.month, until.day), until_is_date=True)


def fields_of(rule: Rule | None, first: date) -> dict[str, Any]:
    """What the form shows of a rule: one of the usual ways, or put together; `keep` where the form can't say it."""
    raw: dict[str, Any] = {
        "repeat": "", "interval": 1, "frequency": "WEEKLY", "weekdays": [first.weekday()], "month_by": "day", "ends": "never", "until": "", "count": "",
    }
    if rule is None:
        return raw
    bare = replace(rule, until=None, until_is_utc=False, until_is_date=False, count=None, wkst=0)
    raw["ends"] = "until" if rule.until else "count" if rule.count else "never"
    raw["until"] = rule.until.date().isoformat() if rule.until else ""
    raw["count"] = rule.count or ""
    for how in USUAL[1:-2]:
        if bare in (_usual(how, first), _plain(_usual(how, first))):
            return {**raw, "repeat": how}
    put_together = _as_custom(bare, first)
    return {**raw, "repeat": CUSTOM, **put_together} if put_together is not None else {**raw, "repeat": KEEP}


def _plain(rule: Rule | None) -> Rule | None:
    """The same rule where it leaves to the start what it says: FREQ=WEEKLY alone is the weekday of the first event."""
    if rule is None or rule.freq not in (WEEKLY, MONTHLY) or len(rule.byday) > 1 or any(nth for nth, _day in rule.byday):
        return rule
    return replace(rule, byday=(), bymonthday=())


def _as_custom(rule: Rule, first: date) -> dict[str, Any] | None:
    said: dict[str, Any] = {"interval": rule.interval, "frequency": FREQUENCIES[rule.freq] if rule.freq <= DAILY else ""}
    simple = replace(rule, interval=1, byday=(), bymonthday=())
    if simple != Rule(rule.freq) or rule.freq > DAILY:
        return None
    if rule.freq == WEEKLY and not rule.bymonthday and not any(nth for nth, _d in rule.byday):
        return {**said, "weekdays": [day for _nth_, day in rule.byday] or [first.weekday()]}
    if rule.freq == MONTHLY:
        by = {(): "day", (first.day,): "day", (-1,): "last-day"}.get(rule.bymonthday) if not rule.byday else None
        if rule.byday and not rule.bymonthday:
            by = next((name for name, nth in (("nth", _nth(first)), ("last", -1)) if rule.byday == ((nth, first.weekday()),)), None)
        return {**said, "month_by": by} if by else None
    return said if not rule.byday and not rule.bymonthday else None


def choices(first: date, kept: Rule | None) -> list[tuple[str, str]]:
    """The ways to repeat that the form offers for an event on this day."""
    offered = [(how, _capital(describe(rule, first))) for how in USUAL[1:-2] if (rule := _usual(how, first))]
    usual = [("", _("Doesn’t repeat")), *offered, (CUSTOM, _("In another way…"))]
    is_strange = kept is not None and fields_of(kept, first)["repeat"] == KEEP
    return [*usual, (KEEP, _capital(describe(kept, first)))] if is_strange and kept is not None else usual


def month_choices(first: date) -> list[tuple[str, str]]:
    """On which day of a month."""
    day = {first.weekday()}
    return [
        ("day", _("on day %(days)s") % {"days": first.day}), ("nth", _("on %(which)s") % {"which": nth_day(_nth(first), day)}),
        ("last", _("on %(which)s") % {"which": nth_day(-1, day)}), ("last-day", _("on %(which)s") % {"which": _("the last day")}),
    ]


def weekdays(week_start: int) -> list[tuple[int, str, str]]:
    """(number, letter, name) of the days of a week, from its first."""
    short, wide = (get_day_names(width, locale=language()) for width in ("narrow", "wide"))
    return [(day, short[day], wide[day]) for day in ((week_start + number) % 7 for number in range(7))]


def _nth(first: date) -> int:
    return (first.day - 1) // 7 + 1


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
