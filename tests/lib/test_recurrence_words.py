from __future__ import annotations

from datetime import date

import pytest

from app.lib.i18n import speaking
from app.lib.recurrence import Rule
from app.lib.recurrence_words import describe

MONDAY = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=3;COUNT=5", "every 3 days, 5 times"),
        ("FREQ=WEEKLY", "every week on Monday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every working day"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20270303", "every 2 weeks on Monday and Thursday, until 3 March 2027"),
        ("FREQ=MONTHLY", "every month on day 16"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "every month on the last day"),
        ("FREQ=MONTHLY;BYDAY=3MO", "every month on the third Monday"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "every month on the last working day"),
        ("FREQ=YEARLY", "every year on 16 November"),
        ("FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "every year on the last Sunday of October"),
        ("FREQ=YEARLY;BYWEEKNO=20", "by a rule of its own"),
        ("FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=13", "by a rule of its own"),
    ],
)
def test_rules_are_said_in_words(rule: str, words: str) -> None:
    with speaking("en"):
        assert describe(Rule.parse(rule), MONDAY) == words
