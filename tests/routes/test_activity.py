"""What one did, in words."""

from __future__ import annotations

import re
from pathlib import Path

from app.models.command import _inverses
from app.routes.activity_words import kinds


def test_every_change_is_called_something_that_people_read() -> None:
    written = [re.findall(r'(?:once\(\w+|undoes)[(,] ?"([a-z_]+\.[a-z_]+)"', file.read_text()) for file in Path("app").rglob("*.py")]
    made = {kind for found in written for kind in found} | {kind for kind in _inverses if not kind.startswith("test.")}
    assert len(made) > 100 and made - kinds().keys() == set()
