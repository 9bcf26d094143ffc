"""HTML forms: say what a form holds, bind what was sent, and get every error at once.

    class SignIn(Form):
        email = EmailField()
        password = TextField(most=1024, strip=False)

    form = SignIn(await request.form())
    if form.is_valid: … form["email"] …
    else: form.errors["email"]; form.raw["email"] is what was typed
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from zoneinfo import available_timezones

from app.lib.i18n import _


class FieldError(ValueError):
    """Why a value won't do, in the reader's language."""


class Field:
    """One value of a form. `read` turns the text that was sent into a value or raises `FieldError`."""

    def __init__(self, *, required: bool = True, default: Any = None) -> None:
        self.required = required
        self.default = default

    def take(self, sent: Sequence[str]) -> Any:
        """The value of what was sent under this name (none, one or several texts)."""
        text = sent[-1] if sent else ""
        if not text.strip():
            if self.required:
                raise FieldError(_("Please fill this in."))
            return self.default
        return self.read(text)

    def read(self, text: str) -> Any:
        """The value of a text that isn't blank."""
        return text


class TextField(Field):
    """A text of at most `most` characters. A NUL never gets in: PostgreSQL can't store it."""

    def __init__(self, *, least: int = 0, most: int = 200, strip: bool = True, required: bool = True, default: str = "") -> None:
        super().__init__(required=required, default=default)
        self.least, self.most, self.strip = least, most, strip

    def read(self, text: str) -> str:
        text = (text.strip() if self.strip else text).replace("\x00", "").replace("\r\n", "\n")
        if len(text) > self.most:
            raise FieldError(_("This is too long: at most %(most)s characters, it has %(count)s.") % {"most": self.most, "count": len(text)})
        if len(text) < self.least:
            raise FieldError(too_short(self.least))
        return text


def too_short(least: int) -> str:
    """What is said to a text of fewer characters."""
    return _("This is too short: at least %(least)s characters.") % {"least": least}


class EmailField(TextField):
    """An email address, in lower case."""

    _FORM = re.compile(r"[^\s@<>()\[\],;:\"\\]+@(?:[^\s@.<>()\[\],;:\"\\]+\.)+[^\s@.<>()\[\],;:\"\\]{2,}")

    def __init__(self, *, required: bool = True) -> None:
        super().__init__(most=254, required=required)

    def read(self, text: str) -> str:
        email = super().read(text).lower()
        if not self._FORM.fullmatch(email):
            raise FieldError(_("This isn’t an email address. It should look like name@example.org."))
        return email


class ChoiceField(Field):
    """One of some values."""

    def __init__(self, choices: Sequence[str], *, required: bool = True, default: str = "") -> None:
        super().__init__(required=required, default=default)
        self.choices = choices

    def read(self, text: str) -> str:
        if text not in self.choices:
            raise FieldError(_("Please choose one of the offered values."))
        return text


class TimezoneField(Field):
    """The name of a time zone of the IANA database."""

    def read(self, text: str) -> str:
        if text not in available_timezones():
            raise FieldError(_("This time zone is unknown."))
        return text


class NumberField(Field):
    """A whole number within bounds."""

    def __init__(self, low: int, high: int, *, required: bool = True, default: int | None = None) -> None:
        super().__init__(required=required, default=default)
        self.low, self.high = low, high

    def read(self, text: str) -> int:
        text = text.strip()
        if not re.fullmatch(r"-?[0-9]{1,19}", text) or not self.low <= int(text) <= self.high:
            raise FieldError(_("This must be a whole number from %(low)s to %(high)s.") % {"low": self.low, "high": self.high})
        return int(text)


class CheckField(Field):
    """A checkbox: true when it was sent at all."""

    def take(self, sent: Sequence[str]) -> bool:
        return bool(sent) and sent[-1] not in ("", "0", "false", "off")


class ManyField(Field):
    """Several values under one name, each read by `one`."""

    def __init__(self, one: Field, *, most: int = 500, required: bool = False) -> None:
        super().__init__(required=required)
        self.one, self.most = one, most

    def take(self, sent: Sequence[str]) -> list[Any]:
        values = [self.one.read(text) for text in sent if text.strip()]
        if self.required and not values:
            raise FieldError(_("Please choose at least one."))
        if len(values) > self.most:
            raise FieldError(_("These are too many: at most %(most)s.") % {"most": self.most})
        return list(dict.fromkeys(values))


class Form:
    """A bound form. Values are in `values` (and `form["name"]`), errors by field name in `errors`, what was typed in `raw`."""

    fields: ClassVar[dict[str, Field]] = {}

    def __init_subclass__(cls) -> None:
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Field)}
        cls.fields = {**cls.fields, **own}

    def __init__(self, sent: Any = None, **raw: Any) -> None:
        self.values: dict[str, Any] = {}
        self.errors: dict[str, str] = {}
        self.raw: dict[str, Any] = dict(raw)
        if sent is not None:
            self._bind(sent)

    def _bind(self, sent: Any) -> None:
        for name, field in self.fields.items():
            texts = [value for value in _all(sent, name) if isinstance(value, str)]
            if texts:
                self.raw[name] = texts if isinstance(field, ManyField) else texts[-1]
            try:
                self.values[name] = field.take(texts)
            except FieldError as error:
                self.errors[name] = str(error)
        if not self.errors:
            self.check()

    def check(self) -> None:
        """Rules across fields: a form overrides this and calls `refuse`."""

    def refuse(self, name: str, why: str) -> None:
        """Say that a field won't do; an empty name is the form as a whole."""
        self.errors[name] = why

    @property
    def is_valid(self) -> bool:
        """Whether there are no errors."""
        return not self.errors

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def _all(sent: Any, name: str) -> list[Any]:
    if hasattr(sent, "getall"):
        return list(sent.getall(name, []))
    value = sent.get(name) if isinstance(sent, Mapping) else None
    return [] if value is None else value if isinstance(value, list) else [value]
