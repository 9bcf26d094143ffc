"""Reads the talk in app/demo/talk/*.txt.

    == product -12 14:05        a conversation: channel, working days ago, time; or `now-90`, minutes before now
    beat: What somebody says.
    | Its second line.
    + 👍 anna chiara            who reacted to it
    ~ What it says after an edit.
    <<< anna                    who hasn't read further in this channel
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from app.demo.calendar import Calendar

FOLDER = Path(__file__).parent / "talk"
_PAUSES = (0.4, 0.7, 1, 1, 2, 2, 3, 4, 6)  # minutes between two messages


@dataclass(slots=True)
class Said:
    """One message of the talk."""

    channel: str
    author: str
    at: int
    text: str
    edited: str = ""
    reactions: list[tuple[str, list[str]]] = field(default_factory=list)
    last_read_by: list[str] = field(default_factory=list)


def read(days: Calendar) -> list[Said]:
    """Everything that is said, in the order of time."""
    chance = random.Random(2027)
    said = [one for path in sorted(FOLDER.glob("*.txt")) for one in _read(path.read_text().splitlines(), days, chance)]
    return sorted(said, key=lambda one: one.at)


def _read(lines: list[str], days: Calendar, chance: random.Random) -> list[Said]:
    found: list[Said] = []
    channel, at = "", 0
    for line in lines:
        if line.startswith("== "):
            channel, at = _heading(line, days)
        elif line[:2] in ("| ", "~ ", "+ ", "<<"):
            _add_to(found[-1], line)
        elif line:
            author, _colon, text = line.partition(": ")
            found.append(Said(channel, author, at, text))
            at += int(chance.choice(_PAUSES) * 60_000) + chance.randrange(20_000)
    return found


def _add_to(last: Said, line: str) -> None:
    if line.startswith("| "):
        last.text += "\n" + line[2:]
    elif line.startswith("~ "):
        last.edited = line[2:]
    elif line.startswith("+ "):
        emoji, *people = line[2:].split()
        last.reactions.append((emoji, people))
    else:
        last.last_read_by = line[4:].split()


def _heading(line: str, days: Calendar) -> tuple[str, int]:
    channel, when, *time = line[3:].split()
    if when.startswith("now-"):
        return channel, days.ago(float(when[4:]))
    hour, minute = time[0].split(":")
    return channel, days.at(-int(when), int(hour), int(minute))
