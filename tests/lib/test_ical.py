"""Content lines without loss, zones, and what instances mean in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.ical import Malformed, Property, parse
from app.lib.ical.series import Series
from app.lib.ical.timezones import written
from app.lib.ical.values import escape, format_duration, instant_of, parse_duration, unescape
from app.lib.ical.zones import WrittenZone, iana_name

ENDLESS = 1 << 52


def calendar(*lines: str, extra: str = "") -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *([extra] if extra else []), "BEGIN:VEVENT", "UID:u", *lines, "END:VEVENT", "END:VCALENDAR", ""])


def walls(text: str, zone: str = "Europe/Zurich") -> list[str]:
    series = Series.of(parse(text))
    assert series is not None
    return [f"{datetime.fromtimestamp(one.start / 1000, ZoneInfo(zone)):%Y-%m-%d %H:%M}" for one in series.between(-ENDLESS, ENDLESS, 50)]


@given(st.text(), st.text(st.characters(blacklist_categories=("Cs", "Cc"))))
def test_texts_and_parameters_come_back(text: str, parameter: str) -> None:
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(dict.fromkeys([*range(10), *range(11, 32), 127]))
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return
    line = Property.of_text("X-A", text, [("X-P", parameter)])
    again = parse(calendar(line.raw)).within("VEVENT")[0].find("X-A")
    assert again is not None and again.text == text and again.param("X-P") == parameter
    assert unescape(escape(text)) == text
    assert all(len(part.encode()) <= 75 for part in line.raw.split("\n"))


def test_lines_stay_as_they_are() -> None:
    text = calendar('X-ONE;A="b;c":x\r\n  folded', "SUMMARY;LANGUAGE=de:Über\\, all\\nes", "x-lower:1", "DESCRIPTION:a;b:c")
    found = parse(text)
    assert found.serialize() == text
    event = found.within("VEVENT")[0]
    event.set_text("SUMMARY", "Neu")
    assert found.serialize() == text.replace("Über\\, all\\nes", "Neu")


@pytest.mark.parametrize("text", ["", "x", "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VCALENDAR\r\nEND:VEVENT", "BEGIN:VCALENDAR\r\nnonsense\r\nEND:VCALENDAR", "BEGIN:V\x00\r\nEND:V",
                                  "\r\n".join(["BEGIN:A"] * 50 + ["END:A"] * 50)])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)


@given(st.integers(-10**7, 10**7))
def test_durations_come_back(seconds: int) -> None:
    assert sum(parse_duration(format_duration(timedelta(seconds=seconds))), timedelta()) == timedelta(seconds=seconds)


def test_gaps_and_folds_of_the_clock() -> None:
    """RFC 5545 §3.3.5: a time in a gap is read with the offset before it; of two, the first is meant."""
    zone = ZoneInfo("Europe/Zurich")
    assert instant_of(datetime(2026, 3, 29, 2, 30), zone) == int(datetime(2026, 3, 29, 1, 30, tzinfo=UTC).timestamp() * 1000)
    assert instant_of(datetime(2026, 10, 25, 2, 30), zone) == int(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp() * 1000)
    rule = calendar("DTSTART;TZID=Europe/Zurich:20260327T023000", "RRULE:FREQ=DAILY;COUNT=4")
    assert walls(rule) == ["2026-03-27 02:30", "2026-03-28 02:30", "2026-03-29 03:30", "2026-03-30 02:30"]


def test_zones_of_clients() -> None:
    assert iana_name("W. Europe Standard Time") == "Europe/Berlin" and iana_name("/mozilla.org/20070129_1/Europe/Zurich") == "Europe/Zurich"
    own = "BEGIN:VTIMEZONE\r\nTZID:Mine\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0130\r\nTZOFFSETTO:+0130\r\nEND:STANDARD\r\nEND:VTIMEZONE"
    assert walls(calendar("DTSTART;TZID=Mine:20260310T120000", extra=own), "UTC") == ["2026-03-10 10:30"]
    unknown = Series.of(parse(calendar("DTSTART;TZID=Mars:20260310T120000")))
    assert unknown is not None and unknown.problems == ["unknown zone Mars"]


@pytest.mark.parametrize("name", sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))[::7])
def test_zones_are_written_as_they_are(name: str) -> None:
    ours, theirs = WrittenZone(name, parse(written(name, 2015), "VTIMEZONE")), ZoneInfo(name)
    for hours in range(0, 24 * 365 * 25, 73):
        moment = datetime(2015, 1, 2, tzinfo=UTC) + timedelta(hours=hours)
        assert moment.astimezone(ours).replace(tzinfo=None) == moment.astimezone(theirs).replace(tzinfo=None), moment


def test_exceptions_extra_dates_and_stand_ins() -> None:
    text = calendar(
        "DTSTART;TZID=Europe/Zurich:20260302T090000", "DTEND;TZID=Europe/Zurich:20260302T100000", "RRULE:FREQ=DAILY;COUNT=5",
        "EXDATE;TZID=Europe/Zurich:20260303T090000", "RDATE;VALUE=PERIOD:20260310T080000Z/PT3H",
    ).replace("END:VCALENDAR", "BEGIN:VEVENT\r\nUID:u\r\nRECURRENCE-ID:20260304T080000Z\r\nDTSTART:20260304T130000Z\r\nDURATION:PT30M\r\nEND:VEVENT\r\nEND:VCALENDAR")
    assert walls(text) == ["2026-03-02 09:00", "2026-03-04 14:00", "2026-03-05 09:00", "2026-03-06 09:00", "2026-03-10 09:00"]
    series = Series.of(parse(text))
    assert series is not None and [(one.end - one.start) // 60_000 for one in series.between(-ENDLESS, ENDLESS)] == [60, 30, 60, 60, 180]
    moved = series.instance("20260304T090000")
    assert moved is not None and moved.component.find("RECURRENCE-ID") is not None


def test_this_and_future() -> None:
    text = calendar("DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4").replace(
        "END:VCALENDAR", "BEGIN:VEVENT\r\nUID:u\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260304T090000Z\r\nDTSTART:20260304T110000Z\r\nDURATION:PT2H\r\nEND:VEVENT\r\nEND:VCALENDAR")
    assert walls(text, "UTC") == ["2026-03-02 09:00", "2026-03-03 09:00", "2026-03-04 11:00", "2026-03-05 11:00"]


def test_until_in_utc_ends_on_the_clock_of_the_event() -> None:
    assert len(walls(calendar("DTSTART;TZID=America/New_York:20260302T210000", "RRULE:FREQ=DAILY;UNTIL=20260304T020000Z"))) == 2
    assert len(walls(calendar("DTSTART;VALUE=DATE:20260302", "RRULE:FREQ=DAILY;UNTIL=20260304"))) == 3
