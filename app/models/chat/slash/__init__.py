"""Slash commands: `registry` what there is and how one is read, `people`, `channels`, `words` and `calls` the suite's own. Another room adds its own:

    from app.models.chat.slash.registry import Given, said, slash

    @slash("lunch", lambda: _("[day]"), lambda: _("Say what there is for lunch"))
    async def _lunch(given: Given) -> Answer: …
"""

from app.models.chat.slash import calls, channels, people, words
from app.models.chat.slash.registry import Answer, Given, offered, run

__all__ = ["Answer", "Given", "calls", "channels", "offered", "people", "run", "words"]
