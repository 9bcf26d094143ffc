"""When somebody means: `tomorrow at 9`, `in 20 Minuten`, `tous les lundis à 9h`, in English, German, French, Spanish and Italian at once.

One parser with the words of all five languages, so that nobody has to say which one they write. Rules for what comes again are RRULEs
(RFC 5545 §3.3.10) on the wall clock of a time zone.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from dateutil.rrule import rrulestr

from app.lib.numbers import whole

MORNING = time(9)
_EVENING = time(19)


@dataclass(frozen=True, slots=True)
class When:
    """An instant in milliseconds since the epoch, the rule by which it comes again (empty: it doesn't), and the text without the time."""

    at: int
    rule: str
    rest: str


class Passed(ValueError):
    """The time that was meant is over."""


_NUMBERS = {
    word: number
    for number, words in {
        1: "a an one ein eine einer einem einen un une una uno", 2: "two zwei deux dos due", 3: "three drei trois tres tre",
        4: "four vier quatre cuatro quattro", 5: "five funf cinq cinco cinque", 6: "six sechs seis sei", 7: "seven sieben sept siete sette",
        8: "eight acht huit ocho otto", 9: "nine neun neuf nueve nove", 10: "ten zehn dix diez dieci", 12: "twelve zwolf douze doce dodici",
        15: "fifteen funfzehn quinze quince quindici", 20: "twenty zwanzig vingt veinte venti", 30: "thirty dreissig trente treinta trenta",
    }.items()
    for word in words.split()
}
_UNITS = {
    word: unit
    for unit, words in {
        "minutes": "min mins minute minutes minuten minuto minutos minuti", "hours": "h hour hours hr hrs stunde stunden heure heures hora horas ora ore",
        "days": "day days tag tage tagen jour jours dia dias giorno giorni", "weeks": "week weeks woche wochen semaine semaines semana semanas settimana settimane",
        "months": "month months monat monate monaten mois mes meses mese mesi", "years": "year years jahr jahre jahren an ans annee ano anos anno anni",
    }.items()
    for word in words.split()
}
_DAYS = {
    word: day
    for day, words in enumerate((
        "monday mondays mon montag montags mo lundi lundis lunes lunedi", "tuesday tuesdays tue dienstag dienstags mardi mardis martes martedi",
        "wednesday wednesdays wed mittwoch mittwochs mercredi mercredis miercoles mercoledi", "thursday thursdays thu donnerstag donnerstags jeudi jeudis jueves giovedi",
        "friday fridays fri freitag freitags vendredi vendredis viernes venerdi", "saturday saturdays sat samstag samstags samedi samedis sabado sabados sabato",
        "sunday sundays sun sonntag sonntags dimanche dimanches domingo domingos domenica",
    ))
    for word in words.split()
}
_MONTHS = {
    word: month
    for month, words in enumerate((
        "january jan januar janner janvier enero gennaio", "february feb februar fevrier febrero febbraio", "march mar marz mars marzo",
        "april apr avril abril aprile", "may mai mayo maggio", "june jun juni juin junio giugno", "july jul juli juillet julio luglio",
        "august aug aout agosto", "september sep sept septembre septiembre settembre", "october oct oktober okt octobre octubre ottobre",
        "november nov novembre noviembre", "december dec dezember dez decembre diciembre dicembre",
    ), 1)
    for word in words.split()
}
_NEAR = {
    "today": 0, "heute": 0, "aujourd'hui": 0, "aujourd’hui": 0, "hoy": 0, "oggi": 0, "tomorrow": 1, "morgen": 1, "demain": 1, "manana": 1, "domani": 1,
    "day after tomorrow": 2, "ubermorgen": 2, "apres-demain": 2, "apres demain": 2, "pasado manana": 2, "dopodomani": 2,
}
_EVENINGS = ("tonight", "heute abend", "ce soir", "esta noche", "stasera")
_NOONS = {"noon": 12, "mittag": 12, "midi": 12, "mediodia": 12, "mezzogiorno": 12, "midnight": 0, "mitternacht": 0, "minuit": 0, "medianoche": 0, "mezzanotte": 0}
_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = {"minutes": "MINUTELY", "hours": "HOURLY", "days": "DAILY", "weeks": "WEEKLY", "months": "MONTHLY", "years": "YEARLY"}


def _any(words: dict[str, int] | dict[str, str] | tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_NUMBER = rf"(?:\d{{1,4}}|{_any(_NUMBERS)})"
_UNIT = rf"(?:{_any(_UNITS)})"
_DAY = rf"(?:{_any(_DAYS)})"
_MONTH = rf"(?:{_any(_MONTHS)})"
_HALF = r"(?:half an hour|einer halben stunde|une demi-heure|une demi heure|media hora|mezz'ora|mezz’ora|mezzora)"
_IN = rf"(?:in|nach|dans|en|dentro de|tra|fra)\s+(?:(?P<half>{_HALF})|(?P<in_number>{_NUMBER})\s*(?P<in_unit>{_UNIT}))"
_CLOCK = (
    rf"(?:(?:at|um|gegen|a las|a la|a|alle ore|alle|all'|all’|ore|vers)\s*)?(?:(?P<noon>{_any(tuple(_NOONS))})"
    r"|(?P<hour>[01]?\d|2[0-4])(?:\s*(?:[:.h])\s*(?P<minute>[0-5]\d)|\s*(?P<bare>h|uhr))?(?:\s*uhr)?\s*(?P<half_day>a\.?m\.?|p\.?m\.?)?)"
)
_STRICT_CLOCK = (  # a number alone is a time only after a word that says so
    rf"(?:(?:at|um|gegen|a las|a la|a|alle ore|alle|all'|all’|ore|vers)\s*(?:(?:{_any(tuple(_NOONS))})|(?:[01]?\d|2[0-4])(?:\s*[:.h]\s*[0-5]\d)?(?:\s*(?:h|uhr))?(?:\s*(?:a\.?m\.?|p\.?m\.?))?)"
    rf"|(?:{_any(tuple(_NOONS))})|(?:[01]?\d|2[0-4])\s*[:h]\s*[0-5]\d(?:\s*(?:a\.?m\.?|p\.?m\.?|uhr))?|(?:[01]?\d|2[0-4])\s*(?:h|uhr|a\.?m\.?|p\.?m\.?))"
)
_DATE = (
    rf"(?:(?P<evening>{_any(_EVENINGS)})|(?:(?:on|am|le|el|il|der|den|next|nachsten|kommenden|this|diesen|ce|este|proximo|prossimo|questo)\s+)*"
    rf"(?:(?P<near>{_any(_NEAR)})|(?P<weekday>{_DAY})(?:\s+(?:prochain|que viene|prossimo|proximo))?"
    rf"|(?P<year>\d{{4}})-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}})"
    rf"|(?P<day2>\d{{1,2}})(?:[./](?P<month2>\d{{1,2}})(?:[./](?P<year2>\d{{4}}))?\.?|\.?\s*(?:er\s+)?(?:de\s+)?(?P<month3>{_MONTH})(?:\s+(?:de\s+)?(?P<year3>\d{{4}}))?)"
    rf"|(?P<month4>{_MONTH})\s+(?P<day4>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year4>\d{{4}}))?))"
)
_WORKDAY = r"(?:weekday|weekdays|working day|workday|werktag|werktags|jour ouvrable|jours ouvrables|jour ouvre|dia laborable|dias laborables|giorno feriale|giorni feriali)"
_EVERY = (
    r"(?:(?:every|each|jeden|jede|jedes|alle|chaque|tous les|toutes les|cada|todos los|todas las|ogni|tutti i|tutte le)\s+"
    rf"(?:(?P<work>{_WORKDAY})|(?P<every_day>{_DAY})|(?:(?P<every_number>{_NUMBER})\s+)?(?P<every_unit>{_UNIT}))"
    r"|(?P<daily>daily|taglich|quotidiennement|a diario|quotidianamente)|(?P<weekly>weekly|wochentlich|hebdomadairement|semanalmente|settimanalmente))"
)
_FORMS = tuple(re.compile(rf"(?<!\w){form}(?!\w)") for form in (
    rf"{_EVERY}(?:[\s,]+{_CLOCK})?", _IN, rf"{_DATE}[\s,]+{_CLOCK}", rf"(?P<lead>{_STRICT_CLOCK})[\s,]+{_DATE}", _DATE, rf"(?P<alone>{_STRICT_CLOCK})",
))
_CLOCK_ALONE = re.compile(_CLOCK)
_LINKS = re.compile(r"^(?:to|that|about|zu|dass|an|de|d'|d’|que|di|che|:|,|-|–)\s+|[\s,:;–-]+$", re.IGNORECASE)


def parse(text: str, now: int, timezone: str) -> When | None:
    """The time that `text` begins or ends with, or None where there is none. Raises `Passed` for a day and time that are over."""
    folded = _fold(text)
    for form in _FORMS:
        found = _at_an_end(form, folded)
        if found is None:
            continue
        local = datetime.fromtimestamp(now / 1000, ZoneInfo(timezone))
        rest = _LINKS.sub("", f"{text[: found.start()]} {text[found.end() :]}".strip()).strip()
        rest = _LINKS.sub("", rest).strip()
        try:
            at, rule = _moment(found.groupdict(), local)
        except (ValueError, OverflowError) as wrong:
            if isinstance(wrong, Passed):
                raise
            continue
        return When(int(at.timestamp() * 1000), rule, rest)
    return None


def following(rule: str, at: int, now: int, timezone: str) -> int | None:
    """When what came at `at` by a rule comes next after `now`; None when never. The wall clock stays, also across a change of summer time."""
    zone = ZoneInfo(timezone)
    start = datetime.fromtimestamp(at / 1000, zone).replace(tzinfo=None)
    after = datetime.fromtimestamp(now / 1000, zone).replace(tzinfo=None)
    found: datetime | None = rrulestr(rule, dtstart=start).after(after)
    return int(found.replace(tzinfo=zone).timestamp() * 1000) if found else None


def _fold(text: str) -> str:
    """Small letters without accents, letter for letter, so that places in both texts are the same."""
    return "".join(unicodedata.normalize("NFD", letter)[0].lower()[:1] or letter for letter in text)


def _at_an_end(form: re.Pattern[str], folded: str) -> re.Match[str] | None:
    """The first match at the beginning, else the one that reaches the end."""
    begin = form.match(folded.lstrip()) if folded == folded.lstrip() else None
    if begin:
        return begin
    end = len(folded.rstrip(" .!"))
    return next((found for found in form.finditer(folded) if found.end() >= end), None)


def _moment(parts: dict[str, str | None], now: datetime) -> tuple[datetime, str]:
    if parts.get("half") or parts.get("in_unit"):
        return _later(parts, now), ""
    if parts.get("every_unit") or any(parts.get(name) for name in ("work", "every_day", "daily", "weekly")):
        return _again(parts, now)
    stated = parts.get("lead") or parts.get("alone")
    clock = _clock({**parts, **(_groups(stated) if stated else {})})
    return _on(parts, clock, now), ""


def _groups(text: str) -> dict[str, str | None]:
    found = _CLOCK_ALONE.fullmatch(text)
    return found.groupdict() if found else {}


def _later(parts: dict[str, str | None], now: datetime) -> datetime:
    if parts.get("half"):
        return now + timedelta(minutes=30)
    number, unit = _number(parts["in_number"]), _UNITS[parts["in_unit"] or ""]
    if unit in ("minutes", "hours"):
        return (now.astimezone(UTC) + timedelta(**{unit: number})).astimezone(now.tzinfo)
    return now + relativedelta(**{unit: number})


def _again(parts: dict[str, str | None], now: datetime) -> tuple[datetime, str]:
    clock = _clock(parts)
    unit = _UNITS.get(parts.get("every_unit") or "", "days" if parts.get("daily") else "weeks")
    number = _number(parts.get("every_number")) if parts.get("every_number") else 1
    if parts.get("work"):
        rule = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
    elif parts.get("every_day"):
        rule = f"FREQ=WEEKLY;BYDAY={_CODES[_DAYS[parts['every_day'] or '']]}"
    elif unit == "minutes" and number < 15:
        raise ValueError("too often")
    else:
        rule = f"FREQ={_FREQUENCIES[unit]}" + (f";INTERVAL={number}" if number > 1 else "")
    if unit in ("minutes", "hours") and parts.get("every_unit"):
        return now + timedelta(**{unit: number}), rule
    start = datetime.combine(now.date(), clock or MORNING, now.tzinfo)
    first = rrulestr(rule, dtstart=start.replace(tzinfo=None)).after(now.replace(tzinfo=None))
    if first is None:
        raise ValueError("never")
    return first.replace(tzinfo=now.tzinfo), rule


def _on(parts: dict[str, str | None], clock: time | None, now: datetime) -> datetime:
    if parts.get("evening"):
        return _not_over(datetime.combine(now.date(), clock or _EVENING, now.tzinfo), now)
    if parts.get("near"):
        return _not_over(datetime.combine(now.date() + timedelta(days=_NEAR[parts["near"] or ""]), clock or MORNING, now.tzinfo), now)
    if parts.get("weekday"):
        ahead = (_DAYS[parts["weekday"] or ""] - now.weekday()) % 7
        at = datetime.combine(now.date() + timedelta(days=ahead), clock or MORNING, now.tzinfo)
        return at if at > now else at + timedelta(days=7)
    day = _date(parts, now)
    if day is not None:
        return _not_over(datetime.combine(day, clock or MORNING, now.tzinfo), now)
    if clock is None:
        raise ValueError("no time")
    at = datetime.combine(now.date(), clock, now.tzinfo)
    return at if at > now else datetime.combine(now.date() + timedelta(days=1), clock, now.tzinfo)


def _date(parts: dict[str, str | None], now: datetime) -> date | None:
    """A day of the calendar; without a year the next one."""
    if parts.get("year"):
        return date(int(parts["year"] or 0), int(parts["month"] or 0), int(parts["day"] or 0))
    day = parts.get("day2") or parts.get("day4")
    if not day:
        return None
    word = parts.get("month3") or parts.get("month4")
    month = _MONTHS[word] if word else int(parts["month2"] or 0)
    year = parts.get("year2") or parts.get("year3") or parts.get("year4")
    if year:
        return date(int(year), month, int(day))
    found = date(now.year, month, int(day))
    return found if found >= now.date() else date(now.year + 1, month, int(day))


def _clock(parts: dict[str, str | None]) -> time | None:
    if parts.get("noon"):
        return time(_NOONS[parts["noon"] or ""])
    if not parts.get("hour"):
        return None
    hour, minute = int(parts["hour"] or 0), int(parts.get("minute") or 0)
    half = (parts.get("half_day") or "").replace(".", "")
    if half and not 1 <= hour <= 12:
        raise ValueError("no such hour")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour % 24, minute)


def _number(text: str | None) -> int:
    number = whole(text or "") or _NUMBERS.get(text or "", 0)
    if not 1 <= number <= 5000:
        raise ValueError("no such number")
    return number


def _not_over(at: datetime, now: datetime) -> datetime:
    if at <= now:
        raise Passed("over")
    return at
