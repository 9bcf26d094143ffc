from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.quick_add import understand

THURSDAY = date(2026, 11, 19)
FRIDAY, SATURDAY, NEXT_TUESDAY, NEXT_THURSDAY = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 24), date(2026, 11, 26)


@pytest.mark.parametrize(
    ("language", "text", "title", "day", "start", "end", "place", "repeat"),
    [
        ("en", "Lunch with Beat tomorrow 12:30 at Café du Lac", "Lunch with Beat", FRIDAY, time(12, 30), None, "Café du Lac", ""),
        ("en", "Stand-up every Tuesday at 9", "Stand-up", NEXT_TUESDAY, time(9), None, "", "weekly"),
        ("en", "Review Tuesday 2pm-3:30pm in Eiger", "Review", NEXT_TUESDAY, time(14), time(15, 30), "Eiger", ""),
        ("en", "Dentist Dec 3 10am for 45 min", "Dentist", date(2026, 12, 3), time(10), time(10, 45), "", ""),
        ("en", "Team offsite 5 March 2027", "Team offsite", date(2027, 3, 5), None, None, "", ""),
        ("en", "Call 2026-12-01 16:00", "Call", date(2026, 12, 1), time(16), None, "", ""),
        ("en", "Retro in 2 weeks", "Retro", date(2026, 12, 3), None, None, "", ""),
        ("en", "Gym daily 7:00", "Gym", THURSDAY, time(7), None, "", "daily"),
        ("en", "Buy 3 apples", "Buy 3 apples", None, None, None, "", ""),
        ("en", "Party", "Party", None, None, None, "", ""),
        ("fr", "Déjeuner avec Beat demain à 12h30 au Café du Lac", "Déjeuner avec Beat", FRIDAY, time(12, 30), None, "Café du Lac", ""),
        ("fr", "Réunion mardi de 14h à 15h30", "Réunion", NEXT_TUESDAY, time(14), time(15, 30), "", ""),
        ("fr", "Point chaque mardi à 9h", "Point", NEXT_TUESDAY, time(9), None, "", "weekly"),
        ("fr", "Anniversaire de Chiara le 3 mars", "Anniversaire de Chiara", date(2027, 3, 3), None, None, "", ""),
        ("fr", "Cinéma après-demain 20h", "Cinéma", SATURDAY, time(20), None, "", ""),
        ("de", "Mittagessen mit Beat morgen um 12:30 im Café Lac", "Mittagessen mit Beat", FRIDAY, time(12, 30), None, "Café Lac", ""),
        ("de", "Sitzung am Dienstag von 14 bis 15:30", "Sitzung", NEXT_TUESDAY, time(14), time(15, 30), "", ""),
        ("de", "Zahnarzt übermorgen halb zehn", "Zahnarzt halb zehn", SATURDAY, None, None, "", ""),
        ("de", "Zahnarzt übermorgen um halb 10", "Zahnarzt", SATURDAY, time(9, 30), None, "", ""),
        ("de", "Klettern 3.12. 18 Uhr 30", "Klettern", date(2026, 12, 3), time(18, 30), None, "", ""),
        ("it", "Pranzo con Beat domani alle 12:30 al Café du Lac", "Pranzo con Beat", FRIDAY, time(12, 30), None, "Café du Lac", ""),
        ("it", "Riunione martedì dalle 14 alle 15:30", "Riunione", NEXT_TUESDAY, time(14), time(15, 30), "", ""),
        ("es", "Comida con Beat mañana a las 12:30 en el Café du Lac", "Comida con Beat", FRIDAY, time(12, 30), None, "Café du Lac", ""),
        ("es", "Reunión el martes de 14 a 15:30", "Reunión", NEXT_TUESDAY, time(14), time(15, 30), "", ""),
        ("fr", "Lunch tomorrow 12:30", "Lunch", FRIDAY, time(12, 30), None, "", ""),
    ],
)
def test_words_become_an_event(
    language: str, text: str, title: str, day: date | None, start: time | None, end: time | None, place: str, repeat: str
) -> None:
    found = understand(text, THURSDAY, language)
    assert (found.title, found.day, found.start_time, found.end_time, found.place, found.repeat) == (title, day, start, end, place, repeat)


def test_who_is_named_is_offered_as_a_guest() -> None:
    assert understand("Lunch with Beat and Chiara tomorrow", THURSDAY, "en").people == ["Beat", "Chiara"]


@given(st.text(max_size=200), st.sampled_from(["en", "fr", "de", "it", "es"]))
def test_no_text_is_too_strange(text: str, language: str) -> None:
    assert len(understand(text, THURSDAY, language).title) <= len(text)
