"""The calendar over HTTP: `pages` (days, weeks, months, years, a list), `events`, `calendars`, `finding` a time, and what is told live.

`shown.py` says how one occurrence looks to one reader, `layout.py` where it stands.
"""
