"""litmus, which distributions have."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools.dav_suites.places import Place


def litmus(place: Place, folder: Path) -> bool:
    """RFC 4918."""
    return subprocess.run(["litmus", "-k", f"{place.url}dav/files/", place.name, place.password], cwd=folder).returncode == 0
