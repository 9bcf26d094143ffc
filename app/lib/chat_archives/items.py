"""What there is in a history: people, places, what was said."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

PUBLIC, PRIVATE, DIRECT = "public", "private", "direct"
Position = list[int]


class BadArchive(ValueError):
    """The file as a whole can't be read. The text is a word: no_history, broken_zip, bomb, too_many, encrypted, broken_json."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody over there. `key` is how others refer to them."""

    key: str
    name: str
    email: str = ""
    is_bot: bool = False
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A channel or a direct conversation; `members` are keys of people."""

    key: str
    kind: str
    name: str = ""
    display_name: str = ""
    description: str = ""
    header: str = ""
    members: tuple[str, ...] = ()
    is_archived: bool = False
    is_general: bool = False
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file of a message: inside the archive (`path`), or only linked."""

    name: str
    path: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Put:
    """An emoji, as its short name, and who put it on a message."""

    emoji: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A message. Times are in milliseconds since the epoch. `thread` is the `key` of the message in the same place that it answers."""

    place: str
    key: str
    author: str
    at: int
    text: str
    author_name: str = ""
    thread: str = ""
    has_thread: bool = False
    edited_at: int | None = None
    is_pinned: bool = False
    reactions: tuple[Put, ...] = ()
    files: tuple[FileRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is left out: where it stands in the file, and a word for why."""

    where: str
    why: str


@dataclass(slots=True)
class Problems:
    """The first hundreds of them, and how many there are."""

    most: int = 300
    listed: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, problem: Problem) -> None:
        """Note one."""
        self.count += 1
        if len(self.listed) < self.most:
            self.listed.append(problem)


class Archive(ABC):
    """A history in a file."""

    kind = ""

    @abstractmethod
    def people(self) -> list[Person]:
        """Everybody. Raises `BadArchive`."""

    @abstractmethod
    def places(self) -> list[Place]:
        """All channels and direct conversations. Raises `BadArchive`."""

    @abstractmethod
    def said(self, start: Position) -> Iterator[tuple[Position, list[Said | Problem]]]:
        """What was said from a position on ([] is the beginning), in pieces; each with the position after it."""

    def open_file(self, path: str) -> IO[bytes] | None:
        """The bytes of a file in the archive, or None where there is none or it isn't to be trusted."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Let go of the file."""
