"""Edits of a series: of one instance, of this and what follows, or of all. Pure: from a calendar's components to new ones.

An instance that differs keeps how it differs when the series is changed: what it had in common with the series changes with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, time, timedelta

from app.lib.ical import DATE, ZONED, Component, Property, When
from app.lib.ical.series import ENDLESS, Instance, Series, when_of
from app.lib.ical.values import instant_of, parse_date, parse_date_time, wall_of
from app.lib.recurrence import MONTHLY, WEEKLY, YEARLY, Rule, starts
from app.models.base import NotFound
from app.models.calendar.drafts import Draft, add_timezone, apply, draft_of, fit_until, stamp, when_in

THIS, FOLLOWING, ALL = "this", "following", "all"
SCOPES = (THIS, FOLLOWING, ALL)
_TIMES = ("start", "end", "is_all_day", "timezone", "end_timezone", "rule", "extra")
_COMMON = tuple(field.name for field in fields(Draft) if field.name not in _TIMES)
_OF_SERIES = ("RRULE", "RDATE", "EXDATE", "EXRULE")


def draft_at(series: Series, key: str) -> Draft:
    """What the instance of a key says now, with the series' rule. Raises `NotFound`."""
    one = series.instance(key)
    if one is None:
        raise NotFound(f"instance {key}")
    said = draft_of(one.component, series.zones)
    if series.main is not None and one.component is not series.main:
        return replace(said, rule=series.main.value("RRULE") or "", extra=draft_of(series.main, series.zones).extra)
    start = _wall(one.start, series)
    return replace(said, start=start, end=_wall(one.end, series) if not said.end_timezone else said.end + (start - said.start))


def edit_one(calendar: Component, key: str, draft: Draft, *, raises_sequence: bool = False) -> None:
    """Change one instance only (CAL-04, -06 to -08)."""
    series = _series(calendar)
    before = draft_at(series, key)
    part = stand_in(calendar, series, key)
    plain = replace(draft, rule="", extra=())
    apply(calendar, part, plain, replace(before, rule="", extra=()), series.zones, with_rule=False)
    stamp(part, raises_sequence=raises_sequence)


def stand_in(calendar: Component, series: Series, key: str) -> Component:
    """The component of one instance, made where there is none."""
    one = series.instance(key)
    if one is None:
        raise NotFound(f"instance {key}")
    line = one.component.find("RECURRENCE-ID")
    if line is not None and (line.param("RANGE") or "").upper() != "THISANDFUTURE":
        return one.component
    part = one.component.copy()
    part.remove(*_OF_SERIES, "RECURRENCE-ID", "DURATION")
    start = series.first.at(_wall(one.start, series))
    end = series.first.at(_wall(one.end, series))
    had_end = part.find("DTEND") or part.find("DUE")
    part.set(Property.make("DTSTART", start.value(), start.params()))
    if had_end is not None or one.end > one.start:
        part.set(Property.make("DUE" if part.name == "VTODO" else "DTEND", end.value(), end.params()))
    when = _when_of_key(series, key)
    part.add(Property.make("RECURRENCE-ID", when.value(), when.params()))
    calendar.add(part)
    return part


def edit_all(calendar: Component, key: str, draft: Draft, *, resets: bool = False, raises_sequence: bool = False) -> None:
    """Change the whole series as one of its instances is changed. `resets` lets instances that differ be like the others again."""
    series = _series(calendar)
    main = series.main
    if main is None:
        raise NotFound("series")
    old = draft_of(main, series.zones)
    if not series.recurs:
        apply(calendar, main, draft, old, series.zones)
        stamp(main, raises_sequence=raises_sequence)
        return
    shown = draft_at(series, key)
    delta = draft.start - shown.start
    new = _carried(draft, shown, old, delta)
    apply(calendar, main, new, old, series.zones)
    others = [] if resets else [part for part in calendar.within(main.name) if part is not main]
    if resets or not (new.rule or new.extra):
        for part in [part for part in calendar.within(main.name) if part is not main]:
            calendar.remove_component(part)
        others = []
    _move_exceptions(calendar, main, series, old, new, delta)
    for part in others:
        _follow(calendar, part, series, old, new, delta)
    stamp(main, raises_sequence=raises_sequence)
    _drop_orphans(calendar)


def split(calendar: Component, key: str, uid: str) -> Component | None:
    """Cut a series in two before an instance: the calendar keeps what was before, the rest is returned under a UID of its own.

    None when there is nothing before: then the whole series is what follows.
    """
    series = _series(calendar)
    main, at = series.main, series.instant_of_key(key)
    if main is None or at is None or series.instance(key) is None:
        raise NotFound(f"instance {key}")
    if not any(True for one in series.between(-ENDLESS, ENDLESS, 2) if (series.instant_of_key(one.key) or 0) < at):
        return None
    rest = calendar.copy()
    _end_before(calendar, key)
    later = _series(rest)
    assert later.main is not None
    rule = later.rules[0] if later.rules else None
    wall = _when_of_key(later, key).wall
    if rule is not None and rule.count is not None:
        gone = sum(1 for _one in starts(rule, later.first.wall, None, wall))
        later.main.set(Property.make("RRULE", str(rule.with_changes(count=max(1, rule.count - gone)))))
    _keep_exceptions(later.main, later, lambda instant: instant >= at)
    length = later.length
    start = later.first.at(wall)
    had_end = later.main.find("DTEND") is not None
    later.main.set(Property.make("DTSTART", start.value(), start.params()))
    if had_end:
        end = later.first.at(_wall(start.instant + later._shift(start, length), later))
        later.main.set(Property.make("DTEND", end.value(), end.params()))
    for part in rest.within(main.name):
        if part is not later.main and (_original(part, later) or 0) < at:
            rest.remove_component(part)
        else:
            part.set(Property.of_text("UID", uid))
    stamp(later.main, is_new=True)
    return rest


def end_before(calendar: Component, key: str, *, raises_sequence: bool = False) -> bool:
    """Let a series end before an instance. False when nothing is left of it."""
    series = _series(calendar)
    at = series.instant_of_key(key)
    if at is None:
        raise NotFound(f"instance {key}")
    _end_before(calendar, key)
    left = _series(calendar)
    if left.main is not None:
        stamp(left.main, raises_sequence=raises_sequence)
    return bool(left.between(-ENDLESS, ENDLESS, 1))


def remove_one(calendar: Component, key: str, *, raises_sequence: bool = False) -> bool:
    """Let one instance not take place (CAL-05). False when nothing is left."""
    series = _series(calendar)
    one = series.instance(key)
    if one is None:
        raise NotFound(f"instance {key}")
    if one.component is not series.main and one.component.find("RECURRENCE-ID") is not None:
        calendar.remove_component(one.component)
    if series.main is None:
        return bool(calendar.within(one.component.name))
    when = _when_of_key(series, key)
    series.main.items.insert(_after(series.main, "RRULE", "RDATE", "EXDATE", "DTSTART"), Property.make("EXDATE", when.value(), when.params()))
    stamp(series.main, raises_sequence=raises_sequence)
    return bool(_series(calendar).between(-ENDLESS, ENDLESS, 1))


# -- how


def _series(calendar: Component) -> Series:
    series = Series.of(calendar)
    if series is None:
        raise NotFound("series")
    return series


def _wall(instant: int, series: Series) -> datetime:
    return wall_of(instant, series.first.zone if series.first.kind == ZONED else None)


def _when_of_key(series: Series, key: str) -> When:
    wall = datetime.combine(parse_date(key), time()) if "T" not in key else parse_date_time(key)[0]
    return series.first.at(wall)


def _after(part: Component, *names: str) -> int:
    places = [place for place, item in enumerate(part.items) if isinstance(item, Property) and item.name in names]
    return places[-1] + 1 if places else 0


def _carried(draft: Draft, shown: Draft, old: Draft, delta: timedelta) -> Draft:
    """What the whole series is to be when one of its instances is to be `draft`."""
    same_form = (draft.is_all_day, draft.timezone) == (old.is_all_day, old.timezone)
    start = old.start + delta if same_form or draft.is_all_day == old.is_all_day else datetime.combine(
        old.start.date() + (draft.start.date() - shown.start.date()), draft.start.time()
    )
    end = start + (draft.end - draft.start)
    values = {name: getattr(draft, name) if getattr(draft, name) != getattr(shown, name) else getattr(old, name) for name in _COMMON}
    rule = draft.rule
    if rule == shown.rule and rule and start.date() != old.start.date():
        rule = str(shifted(Rule.parse(rule), old.start, start))
    extra = tuple(wall + delta for wall in draft.extra) if draft.extra == old.extra else draft.extra
    new = replace(draft, start=start, end=end, rule=rule, extra=extra, **values)
    return replace(new, rule=str(fit_until(Rule.parse(rule), new))) if rule and (rule != old.rule or not same_form) else new


def shifted(rule: Rule, before: datetime, after: datetime) -> Rule:
    """A rule whose days move with its first one: each Monday becomes each Tuesday, the 3rd the 4th, the first Monday the first Tuesday."""
    days = (after.date() - before.date()).days
    moved: dict[str, object] = {}
    if rule.byday and (rule.freq == WEEKLY or all(number == 0 for number, _day in rule.byday)):
        moved["byday"] = tuple(sorted({(number, (day + days) % 7) for number, day in rule.byday}))
    elif rule.byday and len(rule.byday) == 1 and rule.freq in (MONTHLY, YEARLY):
        number = rule.byday[0][0]
        moved["byday"] = (((after.day - 1) // 7 + 1 if number > 0 else -((_days_in(after) - after.day) // 7 + 1), after.weekday()),)
    if len(rule.bymonthday) == 1 and rule.freq in (MONTHLY, YEARLY):
        moved["bymonthday"] = (after.day if rule.bymonthday[0] > 0 else after.day - _days_in(after) - 1,)
    if len(rule.bymonth) == 1 and rule.freq == YEARLY and rule.bymonth[0] == before.month:
        moved["bymonth"] = (after.month,)
    if rule.until is not None:
        moved["until"] = rule.until + timedelta(days=days)
    return rule.with_changes(**moved)


def _days_in(day: datetime) -> int:
    first_of_next = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return (first_of_next - timedelta(days=1)).day


def _moved(when: When, old: Draft, new: Draft, delta: timedelta) -> When:
    """A time of the old series in the new one's form."""
    if (old.is_all_day, old.timezone) == (new.is_all_day, new.timezone):
        return when.at(when.wall + delta)
    if new.is_all_day or old.is_all_day:
        days = new.start.date() - old.start.date()
        return when_in(datetime.combine(when.wall.date() + days, new.start.time()), new.is_all_day, new.timezone)
    return when_in(when.wall + delta, new.is_all_day, new.timezone)


def _move_exceptions(calendar: Component, main: Component, series: Series, old: Draft, new: Draft, delta: timedelta) -> None:
    if not delta and (old.is_all_day, old.timezone) == (new.is_all_day, new.timezone):
        return
    lines = []
    for line in main.all("EXDATE"):
        whens = [_moved(_fitted(when_of(value, line, series.zones), series), old, new, delta) for value in line.value.split(",")]
        lines.append(Property.make("EXDATE", ",".join(one.value() for one in whens), whens[0].params()))
    if lines:
        main.set(*lines)


def _fitted(when: When, series: Series) -> When:
    """A time that means an instance, in the form that the series has."""
    if when.kind == series.first.kind == ZONED and when.tzid != series.first.tzid:
        return series.first.at(wall_of(when.instant, series.first.zone))
    if when.kind == DATE and series.first.kind != DATE:
        return series.first.at(datetime.combine(when.wall.date(), series.first.wall.time()))
    return when


def _follow(calendar: Component, part: Component, series: Series, old: Draft, new: Draft, delta: timedelta) -> None:
    """Let an instance of its own change with the series in what it has in common with it."""
    at = _original(part, series)
    line = part.find("RECURRENCE-ID")
    if at is None or line is None:
        return
    original = series.first.at(_wall(at, series))
    moved = _moved(original, old, new, delta)
    said = draft_of(part, series.zones)
    wanted = replace(said, **{name: getattr(new, name) for name in _COMMON if getattr(said, name) == getattr(old, name)})
    keeps_length = said.length == old.length
    if said.start_instant == instant_of(original.wall, original.zone if original.kind == ZONED else None) and said.is_all_day == old.is_all_day:
        length = (new.end - new.start) if keeps_length else (said.end - said.start)
        wanted = replace(wanted, start=moved.wall, end=moved.wall + length, is_all_day=new.is_all_day, timezone=new.timezone, end_timezone="")
    elif keeps_length and new.length != old.length:
        wanted = replace(wanted, end=said.start + (new.end - new.start))
    apply(calendar, part, replace(wanted, rule="", extra=()), replace(said, rule="", extra=()), series.zones, with_rule=False)
    if moved.value() != line.value or moved.params() != original.params():
        onwards: list[tuple[str, str | list[str]]] = [("RANGE", "THISANDFUTURE")] if line.param("RANGE") else []
        part.set(Property.make("RECURRENCE-ID", moved.value(), [*moved.params(), *onwards]))
    add_timezone(calendar, moved)


def _drop_orphans(calendar: Component) -> None:
    """Instances of their own that the new rule no longer has aren't kept: nobody would find out where they come from."""
    series = _series(calendar)
    if series.main is None or not series.rules:
        return
    extra = {when.wall for when, _end in series.extra}
    for at, part in list(series.overrides.items()):
        wall = _wall(at, series)
        is_ruled = any(next(starts(rule, series.first.wall, wall, wall + timedelta(seconds=1)), None) == wall for rule in series.rules)
        if not is_ruled and wall not in extra:
            calendar.remove_component(part)


def _original(part: Component, series: Series) -> int | None:
    return next((at for at, one in series.overrides.items() if one is part), None)


def _end_before(calendar: Component, key: str) -> None:
    series = _series(calendar)
    main, at = series.main, series.instant_of_key(key)
    assert main is not None and at is not None
    for line in main.all("RRULE"):
        rule = Rule.parse(line.value)
        until = series.first.at(_when_of_key(series, key).wall - (timedelta(days=1) if series.first.kind == DATE else timedelta(seconds=1)))
        is_zoned = series.first.kind == ZONED
        wall = wall_of(until.instant, None) if is_zoned else until.wall
        ended = rule.with_changes(count=None, until=wall if series.first.kind != DATE else datetime.combine(wall.date(), time(23, 59, 59)),
                                  until_is_utc=is_zoned, until_is_date=series.first.kind == DATE)
        main.items[main.items.index(line)] = Property.make("RRULE", str(ended))
    _keep_exceptions(main, series, lambda instant: instant < at)
    for original, part in series.overrides.items():
        if original >= at:
            calendar.remove_component(part)


def _keep_exceptions(main: Component, series: Series, keeps: Callable[[int], bool]) -> None:
    """Keep those EXDATE and RDATE whose instants are wanted."""
    for name in ("EXDATE", "RDATE"):
        lines = []
        for line in main.all(name):
            values = [value for value in line.value.split(",") if keeps(_fitted(when_of(value.partition("/")[0], line, series.zones), series).instant)]
            if values:
                lines.append(line if len(values) == line.value.count(",") + 1 else line.with_value(",".join(values)))
        main.remove(name)
        if lines:
            main.items[_after(main, "RRULE", "DTSTART"):_after(main, "RRULE", "DTSTART")] = lines


def instances_from(series: Series, key: str, most: int = 1000) -> list[Instance]:
    """The instances from one on, in their order of beginning."""
    at = series.instant_of_key(key) or 0
    return [one for one in series.between(at - 400 * 86_400_000, ENDLESS, most) if (series.instant_of_key(one.key) or 0) >= at]
