"""What jobs need to know of the process they run in."""

from __future__ import annotations

from app.settings import Settings

_settings: Settings | None = None


def use(settings: Settings) -> None:
    """Run jobs with these settings from now on."""
    global _settings
    _settings = settings


def settings() -> Settings:
    """The settings in use. Raises RuntimeError before `use`."""
    if _settings is None:
        raise RuntimeError("jobs run only in a started app")
    return _settings
