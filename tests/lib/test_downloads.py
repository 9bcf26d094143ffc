"""Names of files in headers."""

from __future__ import annotations

import pytest

from app.lib.downloads import name_in


@pytest.mark.parametrize(("header", "name"), [
    ('attachment; filename="a; b.txt"', "a; b.txt"), ("attachment; filename*=UTF-8''Pl%C3%A4ne.txt", "Pläne.txt"), ("attachment", ""), ("", ""),
    ('attachment; filename="Pläne.txt"'.encode().decode("latin-1"), "Pläne.txt"), ('attachment; filename="Pläne.txt"', "Pläne.txt"),
    ("attachment; filename*=undefined''%41", ""), ("attachment; filename*=idna''%ff", ""),
])
def test_the_name_of_what_is_sent(header: str, name: str) -> None:
    assert name_in(header) == name
