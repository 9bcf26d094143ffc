"""Times as people write them, in five languages."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.when import Passed, following, parse

ZURICH = ZoneInfo("Europe/Zurich")
NOW = datetime(2026, 11, 28, 14, 20, tzinfo=ZURICH)  # a Saturday


def read(text: str) -> tuple[str, str, str]:
    found = parse(text, int(NOW.timestamp() * 1000), "Europe/Zurich")
    assert found is not None, text
    return datetime.fromtimestamp(found.at / 1000, ZURICH).strftime("%a %Y-%m-%d %H:%M"), found.rule, found.rest


@pytest.mark.parametrize(("text", "at", "rest"), [
    ("in 20 minutes to call Anna", "Sat 2026-11-28 14:40", "call Anna"), ("call Anna in 20 minutes", "Sat 2026-11-28 14:40", "call Anna"),
    ("Anna anrufen in 2 Stunden", "Sat 2026-11-28 16:20", "Anna anrufen"), ("appeler Anna dans une demi-heure", "Sat 2026-11-28 14:50", "appeler Anna"),
    ("llamar en 3 días", "Tue 2026-12-01 14:20", "llamar"), ("chiamare fra due settimane", "Sat 2026-12-12 14:20", "chiamare"),
    ("tomorrow at 9 to send the offer", "Sun 2026-11-29 09:00", "send the offer"), ("send it tomorrow", "Sun 2026-11-29 09:00", "send it"),
    ("morgen um 8:30 Uhr Offerte", "Sun 2026-11-29 08:30", "Offerte"), ("übermorgen Kuchen", "Mon 2026-11-30 09:00", "Kuchen"),
    ("demain à 14h30 le devis", "Sun 2026-11-29 14:30", "le devis"), ("mañana a las 10 enviar", "Sun 2026-11-29 10:00", "enviar"),
    ("domani alle 7 partire", "Sun 2026-11-29 07:00", "partire"), ("standup on Monday at 9:15", "Mon 2026-11-30 09:15", "standup"),
    ("at 3 pm tea", "Sat 2026-11-28 15:00", "tea"), ("tea at 9am", "Sun 2026-11-29 09:00", "tea"), ("tea at noon", "Sun 2026-11-29 12:00", "tea"),
    ("am Freitag Zahlen prüfen", "Fri 2026-12-04 09:00", "Zahlen prüfen"), ("saturday at 14:00 walk", "Sat 2026-12-05 14:00", "walk"),
    ("2027-03-02 launch", "Tue 2027-03-02 09:00", "launch"), ("launch on 2 March 2027 at 10:00", "Tue 2027-03-02 10:00", "launch"),
    ("24.12. 18:00 Feier", "Thu 2026-12-24 18:00", "Feier"), ("le 3 janvier voeux", "Sun 2027-01-03 09:00", "voeux"),
    ("tonight call home", "Sat 2026-11-28 19:00", "call home"), ("March 2 plan", "Tue 2027-03-02 09:00", "plan"), ("pay at 18h tomorrow", "Sun 2026-11-29 18:00", "pay"),
])
def test_once(text: str, at: str, rest: str) -> None:
    assert read(text) == (at, "", rest)


@pytest.mark.parametrize(("text", "at", "rule", "rest"), [
    ("every Monday at 9 to write the report", "Mon 2026-11-30 09:00", "FREQ=WEEKLY;BYDAY=MO", "write the report"),
    ("Bericht jeden Freitag um 16 Uhr", "Fri 2026-12-04 16:00", "FREQ=WEEKLY;BYDAY=FR", "Bericht"),
    ("tous les lundis à 9h le rapport", "Mon 2026-11-30 09:00", "FREQ=WEEKLY;BYDAY=MO", "le rapport"),
    ("cada día a las 8 agua", "Sun 2026-11-29 08:00", "FREQ=DAILY", "agua"), ("ogni giorno alle 8 acqua", "Sun 2026-11-29 08:00", "FREQ=DAILY", "acqua"),
    ("every weekday at 9:30 standup", "Mon 2026-11-30 09:30", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "standup"),
    ("alle 2 Stunden trinken", "Sat 2026-11-28 16:20", "FREQ=HOURLY;INTERVAL=2", "trinken"), ("every 2 weeks retro", "Sat 2026-12-12 09:00", "FREQ=WEEKLY;INTERVAL=2", "retro"),
])
def test_again_and_again(text: str, at: str, rule: str, rest: str) -> None:
    assert read(text) == (at, rule, rest)


@pytest.mark.parametrize("text", ["", "call Anna", "buy 3 apples", "every 1 minute shout", "in 99999 minutes", "31.2. x", "the year 2027 was good"])
def test_what_says_no_time(text: str) -> None:
    assert parse(text, int(NOW.timestamp() * 1000), "Europe/Zurich") is None


def test_what_is_over_is_said_so() -> None:
    with pytest.raises(Passed):
        read("today at 9 coffee")


def test_the_wall_clock_stays_across_summer_time() -> None:
    before = int(datetime(2027, 3, 27, 9, tzinfo=ZURICH).timestamp() * 1000)
    after = following("FREQ=DAILY", before, before, "Europe/Zurich")
    assert after == int(datetime(2027, 3, 28, 9, tzinfo=ZURICH).timestamp() * 1000) == before + 23 * 3_600_000


@given(st.text(max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    try:
        found = parse(text, int(NOW.timestamp() * 1000), "Europe/Zurich")
    except Passed:
        return
    assert found is None or found.at > 0
