"""An event in a few words: “Lunch with Beat tomorrow 12:30 at Café du Lac”, in English, French, German, Italian and Spanish.

Only what stands in the words is taken: a day, times or a length, a place, how often. What is left is the title. Words of the reader's
language are tried first, then English, since people mix them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache

from babel.dates import get_day_names, get_month_names

from app.lib.searching import fold


@dataclass(slots=True)
class Quick:
    """What was understood. Times are on the reader's clock; without `start_time` it is for the whole day."""

    title: str
    day: date | None = None
    last_day: date | None = None
    start_time: time | None = None
    end_time: time | None = None
    place: str = ""
    people: list[str] = field(default_factory=list)
    repeat: str = ""

    @property
    def facts(self) -> int:
        """How much more than a title was found."""
        return sum(map(bool, (self.day, self.start_time is not None, self.end_time is not None, self.place, self.repeat)))


@dataclass(frozen=True, slots=True)
class _Words:
    """What a language calls things; each is an alternation of folded words."""

    today: str
    tomorrow: str
    after_tomorrow: str
    next: str  # before or after a weekday
    on: str
    at_time: str
    at_place: str
    with_: str
    until: str
    in_: str
    days: str
    weeks: str
    minutes: str
    hours: str
    for_: str
    all_day: str
    noon: str
    midnight: str
    every: str
    every_day: str
    workdays: str
    weekend: str
    half: str = ""  # German halb zehn is 9:30
    month_first: bool = False


_LANGUAGES: dict[str, _Words] = {
    "en": _Words(
        today="today|tonight", tomorrow="tomorrow|tmrw", after_tomorrow="day after tomorrow", next="next", on="on", at_time="at|@|from",
        at_place="at|in|@",
        with_="with", until="to|until|till|-|–", in_="in", days="days?", weeks="weeks?", minutes="min|mins|minutes?",
        hours="h|hrs?|hours?", for_="for",
        all_day="all day|all-day", noon="noon", midnight="midnight", every="every|each", every_day="every day|daily",
        workdays="every (?:weekday|working day)",
        weekend="weekend", month_first=True,
    ),
    "fr": _Words(
        today="aujourd'hui|aujourd’hui|ce soir", tomorrow="demain", after_tomorrow="apres-demain|apres demain", next="prochaine?",
        on="le|ce|cet", at_time="a|de|des",
        at_place="au|a la|a l'|a l’|a|chez|dans", with_="avec", until="a|jusqu'a|jusqu’a|-|–", in_="dans", days="jours?",
        weeks="semaines?", minutes="min|minutes?",
        hours="h|heures?", for_="pendant|durant|pour", all_day="toute la journee", noon="midi", midnight="minuit",
        every="chaque|tous les|toutes les",
        every_day="chaque jour|tous les jours", workdays="tous les jours ouvrables|chaque jour ouvrable", weekend="week-end",
    ),
    "de": _Words(
        today="heute", tomorrow="morgen", after_tomorrow="ubermorgen|uebermorgen", next="nachste[rns]?|naechste[rns]?|kommende[rns]?",
        on="am|den|der", at_time="um|ab|von",
        at_place="im|in der|in|bei|beim", with_="mit", until="bis|-|–", in_="in", days="tagen?", weeks="wochen?", minutes="min|minuten?",
        hours="h|std|stunden?",
        for_="fur|fuer|wahrend", all_day="ganztagig|ganztaegig|ganzen tag", noon="mittag|mittags", midnight="mitternacht",
        every="jede[nrs]?|alle", every_day="jeden tag|taglich|taeglich",
        workdays="jeden werktag|werktags", weekend="wochenende", half="halb",
    ),
    "it": _Words(
        today="oggi|stasera", tomorrow="domani", after_tomorrow="dopodomani", next="prossim[oa]", on="il|lo|la",
        at_time="alle|all'|all’|dalle|ore", at_place="al|alla|allo|presso|da|in|nel|nella",
        with_="con", until="alle|fino alle|-|–", in_="tra|fra", days="giorni|giorno", weeks="settimane|settimana",
        minutes="min|minuti|minuto", hours="h|ore|ora", for_="per",
        all_day="tutto il giorno", noon="mezzogiorno", midnight="mezzanotte", every="ogni|tutti i|tutte le",
        every_day="ogni giorno|tutti i giorni", workdays="ogni giorno feriale",
        weekend="fine settimana",
    ),
    "es": _Words(
        today="hoy|esta noche", tomorrow="manana", after_tomorrow="pasado manana", next="proximo|proxima|que viene", on="el|este|esta",
        at_time="a las|a la|desde las|de", at_place="en el|en la|en|al",
        with_="con", until="a las|a|hasta las|hasta|-|–", in_="en|dentro de", days="dias?", weeks="semanas?", minutes="min|minutos?",
        hours="h|horas?", for_="durante|por",
        all_day="todo el dia", noon="mediodia", midnight="medianoche", every="cada|todos los|todas las",
        every_day="cada dia|todos los dias", workdays="cada dia laborable",
        weekend="fin de semana",
    ),
}
_CLOCK = r"(?P<{0}h>[01]?\d|2[0-4])(?:(?:[:.h](?P<{0}m>[0-5]\d))|\s?h(?:eures?)?|\s?uhr(?:\s(?P<{0}u>[0-5]\d))?)?\s?(?P<{0}half>[ap]\.?m\.?)?"
_BARE = re.compile(r"^\d{1,2}$")


def understand(text: str, today: date, language: str) -> Quick:
    """What these words say, read on `today`. A length without an end moves the end; a time that is over stays on its day."""
    readers = [_Reader(" ".join(text.split()), today, code) for code in dict.fromkeys((language, "en"))]
    for reader in readers:
        reader.read()
    best = max((reader.found for reader in readers), key=lambda found: found.facts)  # the first of equal ones
    if best.start_time and best.day is None:
        best.day = today
    return best


class _Reader:
    """Takes one thing after the other out of the words; positions are of the folded text, which is as long as the original."""

    def __init__(self, text: str, today: date, language: str) -> None:
        self.words = _LANGUAGES.get(language, _LANGUAGES["en"])
        self.text, self.folded = text, _same_length(text)
        self.today, self.language = today, language
        self.found = Quick(title=text)

    def read(self) -> None:
        self._repeat()
        self._day()
        self._times()
        self._people()
        self._place()
        self.found.title = _tidy(self.text)

    def _take(self, pattern: str) -> re.Match[str] | None:
        match = re.search(rf"(?<![\w'’]){pattern}(?!\w)", self.folded)
        if match:
            self.text = f"{self.text[: match.start()]} {self.text[match.end() :]}"
            self.folded = f"{self.folded[: match.start()]} {self.folded[match.end() :]}"
        return match

    # -- how often

    def _repeat(self) -> None:
        words = self.words
        if self._take(f"(?:{words.workdays})"):
            self.found.repeat = "workdays"
        elif self._take(f"(?:{words.every_day})"):
            self.found.repeat = "daily"
        elif match := self._take(f"(?:{words.every}) (?P<day>{_alternation(weekdays(self.language))})s?"):
            self.found.repeat, self.found.day = "weekly", self._next(weekdays(self.language)[match["day"]])

    # -- the day

    def _day(self) -> None:
        words, found = self.words, self.found
        if found.day:
            return
        if self._take(f"(?:{words.after_tomorrow})"):
            found.day = self.today + timedelta(days=2)
        elif self._take(f"(?:{words.tomorrow})"):
            found.day = self.today + timedelta(days=1)
        elif self._take(f"(?:{words.today})"):
            found.day = self.today
        elif match := self._take(rf"(?:{words.in_}) (?P<n>\d{{1,3}}) (?:(?P<days>{words.days})|(?P<weeks>{words.weeks}))"):
            found.day = self.today + timedelta(days=int(match["n"]) * (7 if match["weeks"] else 1))
        elif not self._written_date():
            self._weekday()

    def _written_date(self) -> bool:
        months = month_names(self.language)
        names = _alternation(months)
        on = f"(?:(?:{self.words.on}) )?"
        match = self._take(rf"{on}(?P<y>\d{{4}})-(?P<m>\d\d)-(?P<d>\d\d)")
        if not match:
            match = self._take(rf"{on}(?P<d>\d{{1,2}})(?:\.|er|st|nd|rd|th)?\s(?:de )?(?P<name>{names})\.?(?:\s(?:de )?(?P<y>\d{{4}}))?")
        if not match and self.words.month_first:
            match = self._take(rf"{on}(?P<name>{names})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<y>\d{{4}}))?")
        if not match:
            match = self._take(rf"{on}(?P<d>\d{{1,2}})[./](?P<m>\d{{1,2}})(?:[./](?P<y>\d{{4}})?)?")
        if not match:
            return False
        said = match.groupdict()
        month = months[said["name"]] if said.get("name") else int(said["m"])
        self.found.day = self._coming(int(said["d"]), month, int(said["y"]) if said.get("y") else None)
        return self.found.day is not None

    def _coming(self, day: int, month: int, year: int | None) -> date | None:
        try:
            if year:
                return date(year, month, day)
            this = date(self.today.year, month, day)
            return this if this >= self.today else date(self.today.year + 1, month, day)
        except ValueError:
            return None

    def _weekday(self) -> None:
        names = weekdays(self.language)
        either = f"(?:(?:{self.words.on}) )?(?:(?P<before>{self.words.next}) )?(?P<day>{_alternation(names)})(?: (?P<after>{self.words.next}))?"
        if match := self._take(either):
            self.found.day = self._next(names[match["day"]])
            is_next_week = match["before"] and self.language == "en" and self.found.day - self.today < timedelta(days=7 - self.today.weekday())
            if is_next_week:
                self.found.day += timedelta(days=7)

    def _next(self, weekday: int) -> date:
        ahead = (weekday - self.today.weekday()) % 7
        return self.today + timedelta(days=ahead or 7)

    # -- the times

    def _times(self) -> None:
        words, found = self.words, self.found
        if self._take(f"(?:{words.all_day})"):
            return
        at = f"(?:(?P<at>{words.at_time}) ?)?"
        if match := self._take(rf"{at}{_CLOCK.format('a')}\s?(?:{words.until})\s?{_CLOCK.format('b')}"):
            found.start_time, found.end_time = _clock(match, "a"), _clock(match, "b")
            if match["bhalf"] and not match["ahalf"] and found.start_time and found.end_time and found.start_time > found.end_time:
                found.start_time = None if found.start_time.hour >= 12 else found.start_time
            elif match["bhalf"] and not match["ahalf"] and found.start_time and found.start_time.hour + 12 < 24 and "p" in match["bhalf"]:
                later = found.start_time.replace(hour=found.start_time.hour + 12)
                found.start_time = later if found.end_time and later < found.end_time else found.start_time
        elif words.half and (match := self._take(rf"{at}{words.half} (?P<h>\d{{1,2}})")):
            found.start_time = time((int(match["h"]) - 1) % 24, 30)
        elif match := self._take(f"{at}(?:(?P<noon>{words.noon})|(?P<mid>{words.midnight}))"):
            found.start_time = time(12) if match["noon"] else time(0)
        else:
            self._one_time()
        self._length()

    def _one_time(self) -> None:
        """A time needs a sign that it is one: a colon, an h, am or pm, or a word such as “at” before it."""
        signed = rf"(?:(?P<at>{self.words.at_time}) ?)?{_CLOCK.format('a')}"
        for match in re.finditer(rf"(?<![\w'’.,:/-]){signed}(?![\w:/])", self.folded):
            number = match[0][match.start("ah") - match.start() :].strip()
            if match["at"] or not _BARE.match(number):
                self.text = f"{self.text[: match.start()]} {self.text[match.end() :]}"
                self.folded = f"{self.folded[: match.start()]} {self.folded[match.end() :]}"
                self.found.start_time = _clock(match, "a")
                return

    def _length(self) -> None:
        words = self.words
        amount = rf"(?P<n>\d{{1,3}}(?:[.,]5)?)\s?(?:(?P<hours>{words.hours})|(?P<minutes>{words.minutes}))"
        match = self._take(f"(?:{words.for_}) {amount}") or (self._take(amount) if self.found.start_time else None)
        if match and self.found.start_time:
            number = float(match["n"].replace(",", "."))
            length = timedelta(hours=number) if match["hours"] else timedelta(minutes=number)
            end = datetime.combine(self.today, self.found.start_time) + length
            self.found.end_time = end.time() if end.date() == self.today else time(23, 59)

    # -- who and where

    def _people(self) -> None:
        if match := re.search(rf"(?<!\w)(?:{self.words.with_}) (\w[\w’'-]*(?: (?:&|and|et|und|e|y) \w[\w’'-]*)*)", self.folded):
            said = self.text[match.start(1) : match.end(1)]
            self.found.people = [name for name in re.split(r" (?:&|and|et|und|e|y) ", said) if name[:1].isupper()]

    def _place(self) -> None:
        """The first “at …” that goes on with a capital or a number, to the end."""
        for match in re.finditer(rf"(?<!\w)(?:{self.words.at_place})(?:\s+|(?<=['’]))(?=\w)", self.folded):
            said = self.text[match.end() :].strip()
            if match.start() and (said[0].isupper() or said[0].isdigit()) and len(said) <= 120:
                self.found.place = _tidy(said)
                self.text = self.text[: match.start()]
                return


def _clock(match: re.Match[str], name: str) -> time | None:
    hour, minute = int(match[f"{name}h"]), int(match[f"{name}m"] or match[f"{name}u"] or 0)
    half = (match[f"{name}half"] or "")[:1]
    if half == "p" and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    return time(hour % 24, minute)


def _tidy(text: str) -> str:
    """What is left, without lost commas and the little words that stood before what was taken."""
    return re.sub(r"\s+([,;])", r"\1", " ".join(text.split())).strip(" ,;-–")


def _same_length(text: str) -> str:
    """Folded letter by letter, so that positions hold."""
    return "".join(folded if len(folded := fold(char)) == 1 else char.lower()[:1] for char in text)


@cache
def weekdays(language: str) -> dict[str, int]:
    """Folded names of the days of the week, whole and short, to their number; 0 is Monday."""
    found: dict[str, int] = {}
    for width in ("wide", "abbreviated"):
        for day, name in get_day_names(width, locale=language).items():
            found.setdefault(fold(name).rstrip("."), day)
    return found


@cache
def month_names(language: str) -> dict[str, int]:
    """Folded names of the months, whole and short, to their number."""
    found: dict[str, int] = {}
    for width in ("wide", "abbreviated"):
        for month, name in get_month_names(width, locale=language).items():
            found.setdefault(fold(name).rstrip("."), month)
    return found


def _alternation(names: dict[str, int]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
