"""Domain names that somebody types: read, refused where they can't be anybody's own, and looked at for letters that imitate others."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import idna

from app.lib.i18n import _

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

MOST = 253 - len("assistant.")  # octets of a name (RFC 1035 §2.3.4), less what the longest address puts before it
_LOCAL = frozenset(("localhost", "local", "localdomain", "invalid", "onion", "arpa", "alt"))  # RFC 6761, 6762, 7686, 9476
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class DomainError(ValueError):
    """Why a domain can't be used, in the reader's language."""


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain as the DNS has it (`name`, an A-label) and as people read it (`shown`). `warnings` say what is odd about its letters; then
    it is shown as the DNS has it."""

    name: str
    shown: str
    warnings: tuple[str, ...] = ()

    @property
    def is_international(self) -> bool:
        """Whether it has letters that the DNS spells otherwise."""
        return self.name != self.shown


def read_domain(text: str, own_hosts: Collection[str] = ()) -> Domain:
    """The domain that somebody typed, also out of a whole address. Raises `DomainError`.

    Letters beyond ASCII are written as IDNA 2008 with UTS 46 has it. `own_hosts` are the server's standard hosts: letters that make a
    domain look like one of them are warned of.
    """
    typed = _host_in(text)
    _refuse_what_is_no_name(typed)
    try:
        name = idna.encode(typed, uts46=True, std3_rules=True, transitional=False).decode().lower()
        shown = idna.decode(name)
    except idna.IDNAError as error:
        raise DomainError(_syntax(typed)) from error
    _refuse_what_is_nobodys(name)
    warnings = tuple(_oddities(name, shown, own_hosts))
    return Domain(name, name if warnings else shown, warnings)


def shown_domain(name: str) -> str:
    """A domain as people read it, from its A-label; as it is, where its letters imitate others."""
    try:
        shown = idna.decode(name)
    except idna.IDNAError:
        return name
    return name if _oddities(name, shown, ()) else shown


def is_local(name: str) -> bool:
    """Whether a name only means something on one machine or network: alpina.localhost has no records in the DNS of the world."""
    return name.rpartition(".")[2] in _LOCAL


def parent_of(name: str) -> str:
    """The part of a domain that was registered: example.co.uk of my.example.co.uk."""
    return str(_suffixes().privatesuffix(name) or name)


def _host_in(text: str) -> str:
    text = text.strip()
    if "@" in text:
        raise DomainError(_("This is an email address. Enter only the part after the @."))
    if "/" in text:
        try:
            text = urlsplit(text if "//" in text else f"//{text}").hostname or ""
        except ValueError:
            raise DomainError(_syntax(text)) from None
    return text.removesuffix(".").removeprefix("*.")


def _refuse_what_is_no_name(typed: str) -> None:
    if not typed:
        raise DomainError(_("Please fill this in."))
    if len(typed) > MOST:
        raise DomainError(_too_long())
    if ":" in typed and "." in typed and typed.rpartition(":")[2].isdigit():
        raise DomainError(_("Leave out the port, the number after the colon."))
    if typed.startswith("[") or ":" in typed or _NUMBER.fullmatch(typed.rpartition(".")[2].lower()):
        raise DomainError(_("This is an address of numbers. A brand needs a domain name, such as example.org."))
    if typed.lower().rpartition(".")[2] in _LOCAL:
        raise DomainError(_("This name only means something on one machine or network. A brand needs a domain of the internet."))
    if "." not in typed.replace("。", "."):
        raise DomainError(_("This is only one word. A domain has a dot and an ending, such as example.org."))


def _refuse_what_is_nobodys(name: str) -> None:
    if len(name) > MOST:
        raise DomainError(_too_long())
    if _suffixes().publicsuffix(name) == name:
        why = _("“%(name)s” is an ending under which many people have domains, so it isn’t anybody’s own. Enter your domain before it.")
        raise DomainError(why % {"name": shown_domain(name)})


def _oddities(name: str, shown: str, own_hosts: Collection[str]) -> list[str]:
    """What to be careful about with letters beyond ASCII."""
    if name == shown:
        return []
    plain = _as_latin(shown)
    if any(plain == _as_latin(host) or plain == parent_of(host) for host in own_hosts):
        return [_("Its letters look the same as this server’s own address. People may take it for a fake.")]
    if any(_mixes_alphabets(label) for label in shown.split(".")):
        return [_("It mixes letters of different alphabets. Many browsers show such a domain only as “%(name)s”.") % {"name": name}]
    if plain.isascii():
        return [_("Its letters look like “%(plain)s”, which is another domain. People and browsers may take it for a fake.") % {"plain": plain}]
    return []


def _mixes_alphabets(label: str) -> bool:
    """Whether one label is in several alphabets. Japanese and Korean are, by nature (UTS 39 §5.1)."""
    from confusable_homoglyphs import categories

    scripts = {categories.alias(letter) for letter in label if not letter.isascii() or letter.isalpha()} - {"COMMON", "INHERITED"}
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)


_TOGETHER = (
    {"LATIN", "HAN", "HIRAGANA", "KATAKANA"}, {"LATIN", "HAN", "HANGUL"}, {"LATIN", "HAN", "BOPOMOFO"},
)


def _as_latin(text: str) -> str:
    """The text with each letter replaced by the ASCII letter that it looks like."""
    from confusable_homoglyphs import confusables

    plain = []
    for letter in text:
        found: Any = not letter.isascii() and confusables.is_confusable(letter, greedy=True, preferred_aliases=[])
        alike = [one["c"] for one in found[0]["homoglyphs"] if one["c"].isascii() and len(one["c"]) == 1] if found else []
        plain.append(alike[0].lower() if alike else letter)
    return "".join(plain)


def _syntax(typed: str) -> str:
    if any(len(label) > 63 for label in typed.split(".")):
        return _("A part between two dots is too long: at most 63 characters.")
    if " " in typed or "_" in typed:
        return _("A domain has no spaces or underscores.")
    return _("This isn’t a domain. It should look like example.org or my.example.org.")


def _too_long() -> str:
    return _("This is too long: the addresses would have more than 253 characters.")


@cache
def _suffixes() -> PublicSuffixList:
    """Mozilla's list, which the library brings along; it takes a tenth of a second to read."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
